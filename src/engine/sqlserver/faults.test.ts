import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cancelled, SessionLost } from '#engine/session-errors.ts'
import { classify } from './faults.ts'
import { Interrupted, ServerError } from './server-error.ts'

const said = (number: number, message = 'text of the server', severity = 16) =>
  new ServerError({ number, class: severity, state: 1, message, procName: '' })
const driver = (code: string, message = code, more: ErrorOptions = {}) =>
  Object.assign(new Error(message, more), { code })
const short = (error: unknown) => {
  const { kind, applied } = classify(error)
  return `${kind} ${applied}`
}

describe('an error of the server', () => {
  it('says whether its text is for logs', () => {
    expect([2627, 245, 50_000, 51_000].map((number) => said(number).quotesValues)).toEqual(
      Array.from({ length: 4 }, () => true),
    )
    expect([1205, 208, 18_456].map((number) => said(number).quotesValues)).toEqual([false, false, false])
    expect(said(1205).code).toBe('1205')
  })

  it.each([
    [2627, 'unique no'],
    [2601, 'unique no'],
    [515, 'not_null no'],
    [513, 'check no'],
    [550, 'check no'],
    [220, 'bad_value no'],
    [241, 'bad_value no'],
    [242, 'bad_value no'],
    [245, 'bad_value no'],
    [271, 'bad_value no'],
    [273, 'bad_value no'],
    [295, 'bad_value no'],
    [544, 'bad_value no'],
    [2628, 'bad_value no'],
    [8114, 'bad_value no'],
    [8115, 'bad_value no'],
    [8134, 'bad_value no'],
    [8152, 'bad_value no'],
    [8169, 'bad_value no'],
    [9420, 'bad_value no'],
    [13609, 'bad_value no'],
    [229, 'denied no'],
    [230, 'denied no'],
    [262, 'denied no'],
    [916, 'auth no'],
    [4060, 'auth no'],
    [18456, 'auth no'],
    [18487, 'auth no'],
    [40615, 'auth no'],
    [207, 'missing_object no'],
    [208, 'missing_object no'],
    [2812, 'missing_object no'],
    [8144, 'missing_object no'],
    [334, 'stale_plan no'],
    [1205, 'conflict no'],
    [1222, 'conflict no'],
    [3960, 'conflict no'],
    [41302, 'conflict no'],
    [954, 'read_only no'],
    [976, 'read_only no'],
    [978, 'read_only no'],
    [979, 'read_only no'],
    [983, 'read_only no'],
    [3906, 'read_only no'],
    [982, 'busy no'],
    [3908, 'busy no'],
    [3958, 'busy no'],
    [4221, 'busy no'],
    [40613, 'busy no'],
    [3947, 'conflict no'],
    [3948, 'conflict no'],
    [701, 'busy no'],
    [1105, 'busy no'],
    [9002, 'busy no'],
    [10928, 'busy no'],
    [10929, 'busy no'],
    [17809, 'busy no'],
    [40197, 'busy no'],
    [40501, 'busy no'],
    [40613, 'busy no'],
    [49918, 'busy no'],
    [8003, 'too_complex no'],
    [8623, 'too_complex no'],
    [511, 'too_complex no'],
    [4405, 'not_supported no'],
    [7601, 'not_supported no'],
    [3609, 'raised no'],
    [50000, 'raised no'],
    [51234, 'raised no'],
    [2147483647, 'raised no'],
    [102, 'unknown no'],
    [1, 'unknown no'],
  ])('%d is %s', (number, expected) => {
    expect(short(said(number))).toBe(expected)
  })

  it.each([
    [
      2627,
      "Violation of UNIQUE KEY constraint 'users_email_key'. Cannot insert duplicate key in object 'dbo.users'. The duplicate key value is (a@b).",
      { kind: 'unique', constraint: 'users_email_key', table: 'users' },
    ],
    [
      2627,
      "Violation of PRIMARY KEY constraint 'it's. a key'. Cannot insert duplicate key in object 'dbo.it's'. The duplicate key value is ('. Cannot insert duplicate key in object 'dbo.fake'.).",
      { kind: 'unique', constraint: "it's. a key", table: "it's" },
    ],
    [
      2601,
      "Cannot insert duplicate key row in object 'dbo.users' with unique index 'users_email'. The duplicate key value is (a@b).",
      { kind: 'unique', constraint: 'users_email', table: 'users' },
    ],
    [
      547,
      'The INSERT statement conflicted with the FOREIGN KEY constraint "orders_customer_fk". The conflict occurred in database "shop", table "dbo.customers", column \'id\'.',
      { kind: 'foreign_key', constraint: 'orders_customer_fk', table: 'customers' },
    ],
    [
      547,
      'The DELETE statement conflicted with the REFERENCE constraint "orders_customer_fk". The conflict occurred in database "shop", table "dbo.orders", column \'customer_id\'.',
      { kind: 'foreign_key', constraint: 'orders_customer_fk', table: 'orders' },
    ],
    [
      547,
      'The UPDATE statement conflicted with the SAME TABLE REFERENCE constraint "parent_fk". The conflict occurred in database "shop", table "dbo.tree", column \'parent\'.',
      { kind: 'foreign_key', constraint: 'parent_fk', table: 'tree' },
    ],
    [
      547,
      'The MERGE statement conflicted with the CHECK constraint "price_check". The conflict occurred in database "shop", table "dbo.products", column \'price\'.',
      { kind: 'check', constraint: 'price_check', table: 'products' },
    ],
    [
      547,
      'The INSERT statement conflicted with the CHECK constraint "of the row". The conflict occurred in database "shop", table "dbo.products".',
      { kind: 'check', constraint: 'of the row', table: 'products' },
    ],
    [
      515,
      "Cannot insert the value NULL into column 'first name', table 'shop.dbo.users'; column does not allow nulls. INSERT fails.",
      { kind: 'not_null', column: 'first name', table: 'users' },
    ],
  ])('%d names what it is about: %s', (number, message, expected) => {
    const { native, applied, ...rest } = classify(said(number, message))
    expect(rest).toEqual(expected)
    expect(applied).toBe('no')
    expect(native).toMatch(/^\d+: [A-Z]/)
  })

  it('is told without the values of the row', () => {
    expect(
      classify(said(2601, "… with unique index 'i'. The duplicate key value is (secret)."))['native'],
    ).toBe("2601: … with unique index 'i'.")
    expect(
      classify(
        said(
          2628,
          "String or binary data would be truncated in table 't', column 'c'. Truncated value: 'secret'.",
        ),
      ).native,
    ).not.toContain('secret')
  })

  it('carries a message only when a routine raised it on purpose', () => {
    expect(classify(said(50_000)).message).toBe('text of the server')
    expect(classify(said(2627))).not.toHaveProperty('message')
  })

  it('that ends the session leaves the outcome open, unless it refuses the login', () => {
    expect(short(said(596, 'killed', 21))).toBe('disconnected unknown')
    expect(short(said(823, 'I/O error', 24))).toBe('disconnected unknown')
    expect(short(said(2627, 'odd', 20))).toBe('disconnected unknown')
    expect(short(said(18456, 'refused', 20))).toBe('auth no')
    expect(short(said(17809, 'too many', 20))).toBe('busy no')
  })
})

describe('an attention of ours', () => {
  it('has changed nothing where the server took the transaction back, else nobody knows', () => {
    expect(short(new Interrupted('deadline', true))).toBe('timeout no')
    expect(short(new Interrupted('deadline', false))).toBe('timeout unknown')
    expect(short(new Interrupted('client', false))).toBe('cancelled unknown')
    expect(short(new Cancelled('client'))).toBe('cancelled no')
  })
})

describe('a lost session', () => {
  it('leaves the outcome unknown only when a statement was under way', () => {
    expect(short(new SessionLost('closed', true))).toBe('disconnected unknown')
    expect(short(new SessionLost('closed', false))).toBe('disconnected no')
    expect(short(new SessionLost('closed', true, { cause: driver('ECLOSE') }))).toBe('disconnected unknown')
    expect(short(new SessionLost('x', true, { cancelled: 'deadline' }))).toBe('timeout unknown')
  })

  it('believes the server that says why it hangs up', () => {
    expect(classify(new SessionLost('closed', true, { cause: said(596, 'killed', 21) }))).toEqual({
      kind: 'disconnected',
      applied: 'unknown',
      native: '596: killed',
    })
  })
})

describe('an error of the network or the driver', () => {
  it.each([
    ['ECONNREFUSED', 'disconnected no'],
    ['CONNECT_TIMEOUT', 'disconnected no'],
    ['EENCRYPT', 'disconnected no'],
    ['EINSTLOOKUP', 'disconnected no'],
    ['ELOGIN', 'auth no'],
    ['ESOCKET', 'disconnected unknown'],
    ['ETIMEOUT', 'disconnected unknown'],
    ['ECLOSE', 'disconnected unknown'],
    ['ECONNRESET', 'disconnected unknown'],
    ['EPARAM', 'unknown no'],
    ['ERR_INVALID_ARG_TYPE', 'unknown unknown'],
  ])('%s is %s', (code, expected) => {
    expect(short(driver(code))).toBe(expected)
  })

  it('is looked for beneath what tedious wraps it in', () => {
    const refused = new AggregateError([driver('ECONNREFUSED')], 'Could not connect (sequence)')
    const wrapped = driver('ESOCKET', 'Failed to connect to db:1433 - Could not connect', { cause: refused })
    expect(classify(wrapped)).toEqual({
      kind: 'disconnected',
      applied: 'no',
      native: 'ECONNREFUSED: ECONNREFUSED',
    })
    const reset = driver('ESOCKET', 'Failed to connect to db:1433 - reset', { cause: driver('ECONNRESET') })
    expect(short(reset)).toBe('disconnected no')
    const later = driver('ESOCKET', 'Connection lost - reset', { cause: driver('ECONNRESET') })
    expect(short(later)).toBe('disconnected unknown')
  })

  it('takes the reason of an aborted signal for what it is', () => {
    expect(short(AbortSignal.abort().reason)).toBe('cancelled no')
    expect(short(new DOMException('late', 'TimeoutError'))).toBe('timeout no')
  })
})

describe('anything else', () => {
  it('is unknown, also as to its outcome', () => {
    for (const thrown of [undefined, null, 'text', 7, {}, new TypeError('bug')])
      expect(short(thrown)).toBe('unknown unknown')
  })

  it('never makes classify throw, whatever the number and the message', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.nat(25), (number, message, severity) => {
        expect(classify(said(number, message, severity)).native).toContain(String(number))
      }),
    )
  })
})
