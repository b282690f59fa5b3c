import { describe, expect, it } from 'vitest'
import { newValueOf } from './defaults.ts'

describe('a default that is an expression', () => {
  it.each([
    ['uuid()', 'UUID()'],
    ['uuid_short()', 'UUID_SHORT()'],
    ['uuid_to_bin(uuid(),true)', 'UUID_TO_BIN(UUID(), TRUE)'],
    ['bin_to_uuid(uuid_to_bin(uuid(), 1))', 'BIN_TO_UUID(UUID_TO_BIN(UUID(), 1))'],
    [String.raw`replace(uuid(),_utf8mb4\'-\',_utf8mb4\'\')`, "REPLACE(UUID(), '-', '')"],
    [String.raw`unhex(replace(uuid(),_latin1\'-\',_latin1\'\'))`, "UNHEX(REPLACE(UUID(), '-', ''))"],
    [
      String.raw`concat(_utf8mb4\'ord-\',lower(hex(random_bytes(8))))`,
      "CONCAT('ord-', LOWER(HEX(RANDOM_BYTES(8))))",
    ],
  ])('%s can be evaluated first', (text, made) => expect(newValueOf(text)).toBe(made))

  it.each([
    ['of another column', 'concat(uuid(),`c`)'],
    ['of time', 'CURRENT_TIMESTAMP(6)'],
    ['of arithmetic', 'floor((rand() * 100))'],
    ['of a function that is not known to be harmless', 'sleep(10)'],
    ['of a function of a schema', '`shop`.`uuid`()'],
    ['with a text that needs escapes', String.raw`concat(uuid(),_utf8mb4\'it\\\'s\')`],
    ['with a text that is not as MySQL prints it', "concat(uuid(),'a')"],
    ['with something behind it', 'uuid(),uuid()'],
    ['that is cut off', 'uuid('],
    ['with a subquery', '(select 1)'],
    ['with a comment', 'uuid()/**/'],
    ['that is a bare text', 'none'],
    ['without anything', ''],
  ])('%s cannot', (_, text) => expect(newValueOf(text)).toBeUndefined())
})
