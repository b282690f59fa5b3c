/** Columns as the protocol describes them → canonical types, for results that no catalogue knows: those of procedures. Pure. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'
import { type Fields, fieldBinary, fieldType, fieldUnsigned } from './packets.ts'

/** Type of the protocol → family as in types.ts, and canonical type; what is not here is text or bytes. */
const families: Readonly<Record<number, readonly [family: string, canonical: CanonicalType]>> = {
  1: ['tinyint', 'integer'],
  2: ['smallint', 'integer'],
  3: ['int', 'integer'],
  4: ['float', 'float'],
  5: ['double', 'float'],
  7: ['timestamp', 'timestamp'],
  8: ['bigint', 'integer'],
  9: ['mediumint', 'integer'],
  10: ['date', 'date'],
  11: ['time', 'time'],
  12: ['datetime', 'datetime'],
  13: ['year', 'integer'],
  16: ['bit', 'integer'],
  245: ['json', 'json'],
  246: ['decimal', 'decimal'],
}

/** Their names and types. Equal names are left to the client, as everywhere. */
export const describeFields = (fields: Fields): { name: string; type: ValueType }[] =>
  fields.codes.map((code, i) => ({
    name: fields.names[i] as string,
    type: typeOf(code, (fields.descriptions[i] as Buffer).readUInt32LE(lengthAt(fields.descriptions[i]))),
  }))

/** Where the display length of a column stands in its description. */
const lengthAt = (description: Buffer | undefined): number => (description?.length ?? 0) - 10

function typeOf(code: number, length: number): ValueType {
  const number = fieldType(code)
  const one = length === 1
  const plain = { ordered: true, comparable: true }
  // As in a table, tinyint(1) and bit(1) are a yes or no.
  if (number === 1 && one && !fieldUnsigned(code))
    return { ...plain, canonical: 'boolean', family: 'boolean', native: 'tinyint(1)' }
  if (number === 16 && one) return { ...plain, canonical: 'boolean', family: 'bit1', native: 'bit(1)' }
  const found = families[number]
  if (found === undefined)
    return fieldBinary(code)
      ? { ...plain, canonical: 'binary', family: 'blob', native: 'blob' }
      : { ...plain, canonical: 'string', family: 'text', native: 'text' }
  const [word, canonical] = found
  const family = canonical === 'integer' && fieldUnsigned(code) && number !== 13 ? `${word} unsigned` : word
  return { ...plain, canonical, family, native: family }
}
