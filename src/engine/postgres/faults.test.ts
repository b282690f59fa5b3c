import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cancelled, SessionLost } from '#engine/session-errors.ts'
import { classify } from './faults.ts'
import { ServerError } from './server-error.ts'

const said = (code: string, more: Partial<ServerError['fields']> = {}) =>
  new ServerError({
    severity: 'ERROR',
    code,
    message: 'text of the server',
    detail: 'Key (email)=(a@b) already exists.',
    constraint: undefined,
    table: undefined,
    column: undefined,
    routine: undefined,
    pointed: true,
    ...more,
  })
const fatal = (code: string) => said(code, { severity: 'FATAL' })
const network = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })
const short = (error: unknown) => {
  const { kind, applied } = classify(error)
  return `${kind} ${applied}`
}

describe('an error of the server', () => {
  it.each([
    ['23505', 'unique no'],
    ['23P01', 'unique no'],
    ['23503', 'foreign_key no'],
    ['23001', 'foreign_key no'],
    ['23502', 'not_null no'],
    ['23514', 'check no'],
    ['44000', 'check no'],
    ['22P02', 'bad_value no'],
    ['22003', 'bad_value no'],
    ['21000', 'bad_value no'],
    ['428C9', 'bad_value no'],
    ['42501', 'denied no'],
    ['42P01', 'missing_object no'],
    ['42703', 'missing_object no'],
    ['42883', 'missing_object no'],
    ['3F000', 'missing_object no'],
    ['26000', 'stale_plan no'],
    ['0A000', 'not_supported no'],
    ['40001', 'conflict no'],
    ['40P01', 'conflict no'],
    ['55P03', 'conflict no'],
    ['40003', 'unknown unknown'],
    ['08006', 'disconnected unknown'],
    ['08007', 'disconnected unknown'],
    ['08P01', 'unknown no'],
    ['57014', 'cancelled no'],
    ['57P01', 'disconnected unknown'],
    ['57P02', 'disconnected unknown'],
    ['57P03', 'busy no'],
    ['53300', 'busy no'],
    ['53200', 'busy no'],
    ['25006', 'read_only no'],
    ['28P01', 'auth no'],
    ['3D000', 'auth no'],
    ['54001', 'too_complex no'],
    ['2D000', 'cannot_commit no'],
    ['P0001', 'raised no'],
    ['45000', 'raised no'],
    ['PT404', 'raised no'],
    ['42P08', 'unknown no'],
    ['42601', 'unknown no'],
    ['XX000', 'unknown no'],
  ])('%s is %s', (code, expected) => {
    expect(short(said(code))).toBe(expected)
  })

  it('carries the names of what it is about, and its text without the values in its detail', () => {
    const names = { constraint: 'users_email_key', table: 'users', column: 'email' }
    expect(classify(said('23505', names))).toEqual({
      kind: 'unique',
      applied: 'no',
      ...names,
      native: '23505: text of the server',
    })
  })

  it('carries a message only when a routine raised it on purpose', () => {
    expect(classify(said('P0001')).message).toBe('text of the server')
    expect(classify(said('23505'))).not.toHaveProperty('message')
  })

  it('lets a routine choose the code of a constraint, but not pretend that the connection is lost', () => {
    const raised = (code: string) => short(said(code, { routine: 'exec_stmt_raise' }))
    expect(raised('23514')).toBe('check no')
    expect(raised('22023')).toBe('bad_value no')
    expect(raised('40001')).toBe('conflict no')
    for (const code of ['08007', '57P01', '57P03', '53300', '25006', '26000', '57014', '40003', 'XX000'])
      expect(raised(code)).toBe('raised no')
  })

  it('tells a plan gone stale from what is not supported by the function that says so', () => {
    expect(short(said('0A000', { routine: 'RevalidateCachedQuery' }))).toBe('stale_plan no')
  })

  it('tells a value that is no name from a statement that names what is not there', () => {
    for (const code of ['42P01', '42704', '42883', '3F000', '42601', '42602']) {
      expect(short(said(code, { pointed: false }))).toBe('bad_value no')
      expect(short(said(code))).not.toBe('bad_value no')
    }
    expect(short(said('42501', { pointed: false }))).toBe('denied no')
  })

  it('is a time-out when the session cancelled for the deadline', () => {
    const cancelled = (why: 'deadline' | 'client', code = '57014') =>
      short(Object.assign(said(code), { cancelled: why }))
    expect(cancelled('deadline')).toBe('timeout no')
    expect(cancelled('client')).toBe('cancelled no')
    expect(cancelled('deadline', '23505')).toBe('unique no')
  })
})

describe('an error that ends the session', () => {
  it.each([
    ['28P01', 'auth no'],
    ['28000', 'auth no'],
    ['3D000', 'auth no'],
    ['42501', 'auth no'],
    ['53300', 'busy no'],
    ['57P03', 'busy no'],
    ['25P03', 'disconnected no'],
    ['57P05', 'disconnected no'],
    ['57P01', 'disconnected unknown'],
    ['57P02', 'disconnected unknown'],
    ['08P01', 'disconnected unknown'],
    ['53200', 'disconnected unknown'],
    ['XX000', 'disconnected unknown'],
    ['23505', 'disconnected unknown'],
  ])('FATAL %s is %s', (code, expected) => {
    expect(short(fatal(code))).toBe(expected)
  })

  it('never knows the outcome after a PANIC', () => {
    expect(short(said('53100', { severity: 'PANIC' }))).toBe('disconnected unknown')
  })
})

describe('a lost session', () => {
  it('leaves the outcome unknown only when a statement was under way', () => {
    expect(short(new SessionLost('closed', true))).toBe('disconnected unknown')
    expect(short(new SessionLost('closed', false))).toBe('disconnected no')
    expect(short(new SessionLost('closed', true, { cause: network('ECONNRESET') }))).toBe(
      'disconnected unknown',
    )
    expect(short(new SessionLost('closed', false, { cause: network('ECONNRESET') }))).toBe('disconnected no')
  })

  it('believes the server that says why it hangs up', () => {
    const lost = new SessionLost('closed', true, { cause: fatal('57P01') })
    expect(classify(lost)).toEqual({
      kind: 'disconnected',
      applied: 'unknown',
      native: '57P01: text of the server',
    })
    expect(short(new SessionLost('closed', true, { cause: fatal('25P03') }))).toBe('disconnected no')
  })

  it('is a time-out or a cancel when the session gave up for that', () => {
    expect(short(new SessionLost('x', true, { cancelled: 'deadline' }))).toBe('timeout unknown')
    expect(short(new SessionLost('x', true, { cancelled: 'client' }))).toBe('cancelled unknown')
    expect(short(new SessionLost('x', false, { cancelled: 'deadline' }))).toBe('timeout no')
    expect(short(new Cancelled('client'))).toBe('cancelled no')
    expect(short(new Cancelled('deadline'))).toBe('timeout no')
  })
})

describe('an error of the network or the driver', () => {
  it.each([
    ['ECONNREFUSED', 'disconnected no'],
    ['ENOTFOUND', 'disconnected no'],
    ['CONNECT_TIMEOUT', 'disconnected no'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'disconnected no'],
    ['SASL_SIGNATURE_MISMATCH', 'auth no'],
    ['MAX_PARAMETERS_EXCEEDED', 'too_complex no'],
    ['CONNECTION_CLOSED', 'disconnected unknown'],
    ['CONNECTION_DESTROYED', 'disconnected unknown'],
    ['ECONNRESET', 'disconnected unknown'],
    ['EPIPE', 'disconnected unknown'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'disconnected unknown'],
    ['ERR_INVALID_ARG_TYPE', 'unknown unknown'],
  ])('%s is %s', (code, expected) => {
    expect(short(network(code))).toBe(expected)
  })

  it('has applied nothing when it comes from connecting', () => {
    expect(short(network('ETIMEDOUT'))).toBe('disconnected unknown')
    expect(short(network('ETIMEDOUT', { syscall: 'connect' }))).toBe('disconnected no')
  })

  it('reads what postgres.js throws at login', () => {
    const login = Object.assign(new Error('password authentication failed'), {
      name: 'PostgresError',
      severity: 'FATAL',
      code: '28P01',
      routine: 'auth_failed',
    })
    expect(classify(login)).toEqual({
      kind: 'auth',
      applied: 'no',
      native: '28P01: password authentication failed',
    })
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

  it('never makes classify throw, whatever the code', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('ERROR', 'FATAL', 'PANIC'), (code, severity) => {
        expect(classify(said(code, { severity })).native).toContain(code)
        expect(classify(network(code)).native).toContain(code)
      }),
    )
  })
})
