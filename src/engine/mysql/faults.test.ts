import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cancelled, SessionLost } from '#engine/session-errors.ts'
import { classify } from './faults.ts'
import { ServerError } from './server-error.ts'

const said = (errno: number, message = 'text of the server', sqlState = 'HY000') =>
  new ServerError({ errno, sqlState, message })
const kindOf = (error: unknown) => {
  const { kind, applied } = classify(error)
  return `${kind} ${applied}`
}

describe('server errors', () => {
  it('say whether their text is for logs', () => {
    const quotes = (errno: number, sqlState?: string) => said(errno, 'text', sqlState).quotesValues
    expect([quotes(1062, '23000'), quotes(1366), quotes(1644, '45000'), quotes(1406, '22001')]).toEqual(
      Array.from({ length: 4 }, () => true),
    )
    expect([quotes(1205), quotes(1146, '42S02'), quotes(1040, '08004')]).toEqual([false, false, false])
    expect(said(1205).code).toBe('1205')
  })

  it.each([
    [1062, 'unique no'],
    [1451, 'foreign_key no'],
    [1452, 'foreign_key no'],
    [1048, 'not_null no'],
    [1364, 'not_null no'],
    [3819, 'check no'],
    [4025, 'check no'],
    [1369, 'check no'],
    [1264, 'bad_value no'],
    [1265, 'bad_value no'],
    [1366, 'bad_value no'],
    [1292, 'bad_value no'],
    [1406, 'bad_value no'],
    [1142, 'denied no'],
    [1143, 'denied no'],
    [1044, 'denied no'],
    [1370, 'denied no'],
    [1045, 'auth no'],
    [1049, 'auth no'],
    [1146, 'missing_object no'],
    [1054, 'missing_object no'],
    [1305, 'missing_object no'],
    [1615, 'stale_plan no'],
    [1243, 'stale_plan no'],
    [1205, 'conflict no'],
    [1213, 'conflict no'],
    [3572, 'conflict no'],
    [3024, 'timeout no'],
    [1969, 'timeout no'],
    [1317, 'cancelled no'],
    [1401, 'unknown unknown'],
    [1040, 'busy no'],
    [1203, 'busy no'],
    [1226, 'busy no'],
    [1792, 'read_only no'],
    [1836, 'read_only no'],
    [1053, 'disconnected unknown'],
    [1927, 'disconnected unknown'],
    [2006, 'disconnected unknown'],
    [2013, 'disconnected unknown'],
    [1390, 'too_complex no'],
    [1153, 'too_complex no'],
    [1235, 'not_supported no'],
    [1288, 'not_supported no'],
    [1191, 'not_supported no'],
    [1064, 'unknown no'],
  ])('%i is %s', (errno, expected) => expect(kindOf(said(errno))).toBe(expected))

  it('that are not known go by the class of their SQLSTATE', () => {
    expect(kindOf(said(64_000, 'x', '22001'))).toBe('bad_value no')
    expect(kindOf(said(64_000, 'x', '40001'))).toBe('conflict no')
    expect(kindOf(said(64_000, 'x', '08S01'))).toBe('disconnected unknown')
    expect(kindOf(said(64_000))).toBe('unknown no')
  })

  it('of read-only servers are told from those of other options', () => {
    const text = (option: string) =>
      `The MariaDB server is running with the ${option} option so it cannot execute this statement`
    expect(kindOf(said(1290, text('--read-only')))).toBe('read_only no')
    expect(kindOf(said(1290, text('--super-read-only')))).toBe('read_only no')
    expect(kindOf(said(1290, text('--secure-file-priv')))).toBe('not_supported no')
  })

  it('of a value that its column cannot hold are told from those of columns that do not go together', () => {
    const text = (other: string) =>
      `Illegal mix of collations (latin1_swedish_ci,IMPLICIT) and (utf8mb4_bin,${other}) for operation '='`
    expect(kindOf(said(1267, text('COERCIBLE')))).toBe('bad_value no')
    expect(kindOf(said(1267, text('IMPLICIT')))).toBe('unknown no')
  })

  it('of an interrupted statement are the deadline’s when the session cancelled for it', () => {
    const error = said(1317, 'Query execution was interrupted')
    error.cancelled = 'deadline'
    expect(kindOf(error)).toBe('timeout no')
    error.cancelled = 'client'
    expect(kindOf(error)).toBe('cancelled no')
  })

  it('of what an XA transaction does not take are those of a routine that would end it, or of a deadlock before', () => {
    const text = (state: string) =>
      `XAER_RMFAIL: The command cannot be executed when global transaction is in the  ${state} state`
    expect(kindOf(said(1399, text('ACTIVE'), 'XAE07'))).toBe('cannot_commit no')
    expect(kindOf(said(1399, text('ROLLBACK ONLY'), 'XAE07'))).toBe('conflict no')
    expect(kindOf(said(1614, 'XA_RBDEADLOCK: Transaction branch was rolled back', 'XA102'))).toBe(
      'conflict no',
    )
    // Nothing of ours is in such a state: somebody else has ended it.
    expect(kindOf(said(1399, text('NON-EXISTING'), 'XAE07'))).toBe('unknown unknown')
  })

  it('come from the login too', () => {
    const error = Object.assign(new Error("Access denied for user 'x'@'y'"), {
      errno: 1045,
      sqlState: '28000',
    })
    expect(kindOf(error)).toBe('auth no')
    expect(kindOf(Object.assign(new Error('Too many connections'), { errno: 1040, sqlState: '08004' }))).toBe(
      'busy no',
    )
  })

  it('show number, state and text to logs', () =>
    expect(classify(said(1146, "Table 'a.b' doesn't exist", '42S02')).native).toBe(
      "1146 (42S02): Table 'a.b' doesn't exist",
    ))
})

describe('what a routine signals', () => {
  it('is raised, with its message', () =>
    expect(classify(said(1644, 'not today', '45000'))).toMatchObject({
      kind: 'raised',
      message: 'not today',
    }))

  it('means what its number means, where that can be meant', () => {
    expect(kindOf(said(1062, 'x', '45000'))).toBe('unique no')
    expect(kindOf(said(2006, 'x', '45000'))).toBe('raised no')
    expect(kindOf(said(30_001, 'x', '45000'))).toBe('raised no')
  })

  it('means what its SQLSTATE means, where that can be meant', () => {
    expect(kindOf(said(1644, 'x', '23000'))).toBe('check no')
    expect(kindOf(said(1644, 'x', '22000'))).toBe('bad_value no')
    expect(kindOf(said(1644, 'x', '08S01'))).toBe('raised no')
    expect(kindOf(said(1644, 'x', '99999'))).toBe('raised no')
    expect(kindOf(said(1643, 'x', '02000'))).toBe('raised no')
  })
})

describe('names in messages', () => {
  it.each([
    [1062, "Duplicate entry 'e' for key 'accounts_email_key'", { constraint: 'accounts_email_key' }],
    [1062, "Duplicate entry 'e' for key 'accounts.accounts_email_key'", { constraint: 'accounts_email_key' }],
    [1062, "Duplicate entry 'x' for key 'PRIMARY'", { constraint: 'PRIMARY' }],
    [1062, "Duplicate entry 'x' for key 'y'' for key 'z'", { constraint: 'z' }],
    [
      1452,
      'Cannot add or update a child row: a foreign key constraint fails (`suite`.`accounts`, CONSTRAINT `accounts_parent_fkey` FOREIGN KEY (`parent_id`) REFERENCES `accounts` (`id`))',
      { table: 'accounts', constraint: 'accounts_parent_fkey' },
    ],
    [
      1451,
      'Cannot delete or update a parent row: a foreign key constraint fails (`s`.`tick``s`, CONSTRAINT `a b` FOREIGN KEY (`x`) REFERENCES `t` (`id`))',
      { table: 'tick`s', constraint: 'a b' },
    ],
    [
      4025,
      'CONSTRAINT `accounts_age_check` failed for `suite`.`accounts`',
      { table: 'accounts', constraint: 'accounts_age_check' },
    ],
    [3819, "Check constraint 'accounts_age_check' is violated.", { constraint: 'accounts_age_check' }],
    [1048, "Column 'owner' cannot be null", { column: 'owner' }],
    [1364, "Field 'owner' doesn't have a default value", { column: 'owner' }],
    [1406, "Data too long for column 'owner' at row 1", { column: 'owner' }],
    [1264, "Out of range value for column 'big' at row 12", { column: 'big' }],
    [
      1366,
      "Incorrect integer value: 'x' for column `suite`.`accounts`.`age` at row 1",
      { table: 'accounts', column: 'age' },
    ],
    [1366, "Incorrect integer value: 'x' for column 'age' at row 1", { column: 'age' }],
    [1292, "Truncated incorrect DOUBLE value: 'x'", {}],
    [1062, 'Un autre texte', {}],
  ] as const)('%i %s', (errno, message, names) => {
    const { constraint, table, column } = classify(said(errno, message))
    expect({ constraint, table, column }).toEqual({
      constraint: undefined,
      table: undefined,
      column: undefined,
      ...names,
    })
  })
})

describe('the session', () => {
  it('that is lost may have written, when something was sent', () => {
    expect(kindOf(new SessionLost('closed', true))).toBe('disconnected unknown')
    expect(kindOf(new SessionLost('closed', false))).toBe('disconnected no')
    expect(
      kindOf(new SessionLost('closed', true, { cause: said(1927, 'Connection was killed', '70100') })),
    ).toBe('disconnected unknown')
    expect(kindOf(new SessionLost('gave up', true, { cancelled: 'deadline' }))).toBe('timeout unknown')
  })

  it('that cancelled says why', () => {
    expect(kindOf(new Cancelled('deadline'))).toBe('timeout no')
    expect(kindOf(new Cancelled('client'))).toBe('cancelled no')
  })
})

describe('the network', () => {
  it.each([
    ['ECONNREFUSED', 'disconnected no'],
    ['ECONNRESET', 'disconnected unknown'],
    ['PROTOCOL_CONNECTION_LOST', 'disconnected unknown'],
    ['HANDSHAKE_NO_SSL_SUPPORT', 'disconnected no'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'disconnected unknown'],
    ['WHATEVER', 'unknown unknown'],
  ])('%s is %s', (code, expected) => expect(kindOf(Object.assign(new Error('x'), { code }))).toBe(expected))
})

it('classifies whatever is thrown, without throwing', () =>
  fc.assert(
    fc.property(fc.anything(), fc.integer(), fc.string(), fc.string(), (thing, errno, message, state) => {
      expect(classify(thing).kind).toBeTypeOf('string')
      expect(classify(said(errno, message, state)).kind).toBeTypeOf('string')
    }),
  ))
