/** From the tokens of a server's error to what a client is told: numbers, texts as SQL Server 2022 writes them, names. */
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Compiled, Connection } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectSqlServer } from '#engine/sqlserver/driver.ts'
import { classify } from '#engine/sqlserver/faults.ts'
import { readTarget } from '#engine/sqlserver/target.ts'
import { errorOfFault } from '#gateway/faults.ts'
import { startTdsStub, type TdsStub } from '../../support/tds-stub.ts'

interface Said {
  readonly number: number
  readonly message: string
  readonly severity?: number
  readonly procedure?: string
}

const insert: Compiled = {
  text: 'INSERT',
  operation: 'insert',
  bind: () => [],
  columns: [],
  prepare: true,
}
const within = (ms: number) => ({ deadline: clock.now() + ms, signal: new AbortController().signal })

const stubs: TdsStub[] = []
afterEach(() => Promise.all(stubs.splice(0).map((stub) => stub.stop())))

async function connect(errors: readonly Said[], refuse?: Said): Promise<Connection> {
  const stub = await startTdsStub({
    refuse: () => refuse,
    answer: (request, reply) => {
      if (!request.text.includes('INSERT')) return
      for (const { number, message, ...rest } of errors) reply.error(number, message, rest)
    },
  })
  stubs.push(stub)
  const options = databaseOptions.parse({ url: stub.url })
  const d = { clock, observe: () => {}, pool: 'primary', statementTimeout: 2000 }
  return connectSqlServer(readTarget(options), options, d, within(5000))
}

/** What a client is told of the failure of a write with a body. */
const told = (error: unknown, development = false) => {
  const said = errorOfFault(classify(error), error, {
    write: true,
    source: 'body',
    development,
    budgetMs: 2000,
  })
  return { code: said.code, facts: said.facts, detail: said.message }
}

async function refusal(...errors: readonly Said[]): Promise<unknown> {
  const c = await connect(errors)
  try {
    return await c.run(insert, [], { ...within(1000), format: 'array' }).then(
      () => undefined,
      (error: unknown) => error,
    )
  } finally {
    await c.close()
  }
}

describe('a write that the database refuses', () => {
  it.each<[Said, string, Record<string, unknown>]>([
    [
      {
        number: 2627,
        severity: 14,
        message:
          "Violation of PRIMARY KEY constraint 'PK_users'. Cannot insert duplicate key in object 'dbo.users'. The duplicate key value is (7).",
      },
      'constraint_unique',
      { constraint: 'PK_users' },
    ],
    [
      {
        number: 2601,
        severity: 14,
        message:
          "Cannot insert duplicate key row in object 'dbo.users' with unique index 'users_email'. The duplicate key value is (a@b).",
      },
      'constraint_unique',
      { constraint: 'users_email' },
    ],
    [
      {
        number: 547,
        message:
          'The INSERT statement conflicted with the FOREIGN KEY constraint "orders_customer_fk". The conflict occurred in database "shop", table "dbo.customers", column \'id\'.',
      },
      'constraint_foreign_key',
      { constraint: 'orders_customer_fk' },
    ],
    [
      {
        number: 547,
        message:
          'The INSERT statement conflicted with the CHECK constraint "price_check". The conflict occurred in database "shop", table "dbo.products", column \'price\'.',
      },
      'constraint_check',
      { constraint: 'price_check' },
    ],
    [
      {
        number: 515,
        message:
          "Cannot insert the value NULL into column 'name', table 'shop.dbo.users'; column does not allow nulls. INSERT fails.",
      },
      'constraint_not_null',
      { field: 'name' },
    ],
    [
      {
        number: 2628,
        message:
          "String or binary data would be truncated in table 'shop.dbo.users', column 'name'. Truncated value: 'abc'.",
      },
      'bad_value',
      {},
    ],
    [{ number: 8114, message: 'Error converting data type nvarchar to bigint.' }, 'bad_value', {}],
    [
      {
        number: 229,
        severity: 14,
        message: "The INSERT permission was denied on the object 'users', database 'shop', schema 'dbo'.",
      },
      'forbidden',
      {},
    ],
    [{ number: 208, message: "Invalid object name 'dbo.users'." }, 'schema_changed', {}],
    [
      {
        number: 1205,
        severity: 13,
        message:
          'Transaction (Process ID 52) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.',
      },
      'conflict',
      {},
    ],
    [
      {
        number: 3906,
        message: 'Failed to update database "shop" because the database is read-only.',
      },
      'database_unavailable',
      {},
    ],
    [
      {
        number: 40501,
        severity: 20,
        message: 'The service is currently busy. Retry the request after 10 seconds. Code: 0.',
      },
      'database_unavailable',
      {},
    ],
    [{ number: 50000, message: 'stock is empty', procedure: 'take' }, 'routine_failed', {}],
    [
      {
        number: 4405,
        message:
          "View or function 'v' is not updatable because the modification affects multiple base tables.",
      },
      'not_supported',
      {},
    ],
    [{ number: 102, severity: 15, message: "Incorrect syntax near 'x'." }, 'internal', {}],
  ])('%o is %s', async (said, code, facts) => {
    const error = await refusal(said)
    expect(told(error)).toMatchObject({ code, facts })
    expect(JSON.stringify(told(error))).not.toContain(said.message)
  })

  it('shows the text of the database in development only', async () => {
    const error = await refusal({ number: 50000, message: 'stock is empty', procedure: 'take' })
    expect(told(error).facts).toEqual({})
    expect(told(error, true).facts).toEqual({
      database: '50000: stock is empty',
      message: 'stock is empty',
    })
  })

  it('is told by the first error, whose consequences the others are', async () => {
    const error = await refusal(
      { number: 50000, message: 'stock is empty', procedure: 'take' },
      { number: 3609, message: 'The transaction ended in the trigger. The batch has been aborted.' },
    )
    expect(told(error).code).toBe('routine_failed')
    expect(classify(error).message).toBe('stock is empty')
  })

  it('with its session leaves the outcome open', async () => {
    const error = await refusal({ number: 596, severity: 21, message: 'The session is in the kill state.' })
    expect(told(error).code).toBe('outcome_unknown')
  })
})

describe('a login that the server refuses', () => {
  it.each<[number, string]>([
    [18456, "Login failed for user 'tester'."],
    [4060, 'Cannot open database "shop" requested by the login. The login failed.'],
    [40613, "Database 'shop' on server 'db' is not currently available."],
    [17809, 'Could not connect because the maximum number of 10 user connections has already been reached.'],
  ])('%d leaves the database unavailable, in one attempt', async (number, message) => {
    const error = await connect([], { number, message }).then(
      () => undefined,
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ number, message })
    expect(told(error).code).toBe('database_unavailable')
    expect(stubs.at(-1)?.logins).toHaveLength(1)
  })
})
