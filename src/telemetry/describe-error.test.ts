import { describe, expect, test } from 'vitest'
import { GatewayError } from '#base/errors.ts'
import { describeError } from './describe-error.ts'

/** What a driver throws: statement and values hang on the error, some of them enumerable. */
function driverError(code: string, message: string): Error {
  const error = Object.assign(new Error(message), {
    name: 'PostgresError',
    code,
    severity: 'ERROR',
    detail: 'Key (email)=(secret@example.com) already exists.',
    where: 'SQL statement "secret"',
    hint: 'secret',
    internal_query: 'secret',
  })
  Object.defineProperty(error, 'query', { value: 'select secret', enumerable: false })
  Object.defineProperty(error, 'parameters', { value: ['secret'], enumerable: false })
  return error
}

describe('what the log holds of an error', () => {
  test('name, code and message, and nothing a driver hung on it', () => {
    const described = describeError(
      driverError('23505', 'duplicate key value violates unique constraint "u"'),
      {
        stack: true,
      },
    )
    expect(described).toMatchObject({
      name: 'PostgresError',
      code: '23505',
      message: 'duplicate key value violates unique constraint "u"',
    })
    expect(JSON.stringify(described)).not.toContain('secret')
    expect(described.stack?.[0]).toContain('describe-error.test.ts')
  })

  test.each([
    ['a data exception', driverError('22P02', 'invalid input syntax for type integer: "secret"')],
    ['what a routine raised', driverError('P0001', 'secret')],
    ['a server that says so', Object.assign(new Error("Duplicate entry 'secret'"), { quotesValues: true })],
    ['a piece of a body', new SyntaxError(`Unexpected token 's', "secret" is not valid JSON`)],
  ])('the message of %s is left out, in the stack as well', (_, error) => {
    const described = describeError(new GatewayError('internal', 'An unforeseen fault.', { cause: error }), {
      stack: true,
    })
    expect(described.cause?.name).toBe(error.name)
    expect(described.cause).not.toHaveProperty('message')
    expect(JSON.stringify(described)).not.toContain('secret')
  })

  test('a message that looks like frames does not get into the stack', () => {
    const error = driverError('22P02', 'bad:\n    at secret (secret.ts:1:1)')
    expect(JSON.stringify(describeError(error, { stack: true }))).not.toContain('secret')
  })

  test('causes are followed to a bounded depth, rings included', () => {
    const ring = new Error('ring')
    ring.cause = ring
    let depth = 0
    for (let d = describeError(ring, { stack: false }); d.cause; d = d.cause) depth++
    expect(depth).toBe(6)
  })

  test('the single failures of an AggregateError are shown', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    expect(describeError(new AggregateError([refused]), { stack: false })).toEqual({
      name: 'AggregateError',
      errors: [{ name: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' }],
    })
  })

  test('what is no error shows only its type', () => {
    expect(describeError('secret', { stack: true })).toEqual({ name: 'thrown string' })
    expect(describeError(null, { stack: true })).toEqual({ name: 'thrown object' })
    expect(describeError({ secret: 'secret' }, { stack: true })).toEqual({ name: 'Object', stack: [] })
  })
})
