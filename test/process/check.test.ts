/** `postern check` against a real database. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommandLine } from '#roles/run.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let server: TestPostgres
let url: string
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE customers (id int PRIMARY KEY, password text);
     CREATE TABLE orders (id int PRIMARY KEY, note text, customer_id int REFERENCES customers);
     CREATE VIEW open_orders AS SELECT * FROM orders;
     CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
     CREATE SCHEMA bare;`,
  )
})
afterAll(() => server.stop())

const check = (...argv: string[]) => run('check', ...argv)

async function run(...argv: string[]) {
  let stdout = ''
  let stderr = ''
  const code = await runCommandLine({
    argv,
    env: {},
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
  })
  return { code, stdout, stderr }
}

test('tells what it found in the database and exits with 0', async () => {
  const { code, stdout, stderr } = await check(`--database.url=${url}`)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    'configuration: ok',
    expect.stringMatching(/^database: 127\.0\.0\.1:\d+\/test_\w+, PostgreSQL 18\.\d+, primary$/),
    'tables: 2',
    'views: 1',
    'routines: 1',
    expect.stringMatching(/^hint: what announces schema changes is not installed, /),
    '',
  ])
})

test('a schema that holds nothing is a fault of the database: exit code 1', async () => {
  const { code, stdout } = await check(`--database.url=${url}`, '--api.schemas=public,bare', '--format=json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    faults: [{ key: 'api.schemas', message: expect.stringContaining('schema "bare" has no table') }],
    database: { role: 'primary', catalog: { tables: 2, views: 1, routines: 1, unmappable: [] } },
  })
})

test('warns of names that hide or rename nothing', async () => {
  const relations = {
    orders: { 'customer!customer_id': 'buyer', custmer: 'payer' },
    ordres: { customer: 'buyer' },
  }
  const { code, stderr } = await check(
    `--database.url=${url}`,
    '--api.hide=orders.note,ordres,answer,customers.pasword,public.open_*',
    `--api.relations=${JSON.stringify(relations)}`,
  )
  expect(code).toBe(0)
  expect(stderr.trimEnd().split('\n')).toEqual([
    'postern: warning: api.hide: "ordres" hides nothing that the database user may see',
    'postern: warning: api.hide: "customers.pasword" hides nothing that the database user may see',
    'postern: warning: api.relations: "orders" has no relation "custmer"',
    'postern: warning: api.relations: "ordres" has no relation "customer"',
  ])
})

test('a database that is not there, and a server that is not, are told apart', async () => {
  const missing = await check(`--database.url=${server.url('nowhere')}`)
  expect(missing.code).toBe(1)
  expect(missing.stderr).toMatch(
    /^postern: database: cannot connect: .*"nowhere" does not exist \(127\.0\.0\.1:\d+\/nowhere\)\n$/,
  )
  const nobody = await check('--database.url=postgres://u:geheim@127.0.0.1:1/x')
  expect(nobody.code).toBe(1)
  expect(nobody.stderr).toContain('nothing answers')
  expect(nobody.stderr).not.toContain('geheim')
})

test.each(['check', 'check --offline', 'serve', 'openapi', 'events status'])(
  '%s: a wrong parameter of the URL is a fault among the others, with exit code 64',
  async (command) => {
    const wrong = [`--database.url=${url}?colour=red`, '--pools.max=0']
    const { code, stderr } = await run(...command.split(' '), ...wrong)
    expect(code).toBe(64)
    expect(stderr).toMatch(/^postern: database\.url: has a parameter .*colour.*\(flag --database\.url\)$/m)
    expect(stderr).toMatch(/^postern: pools\.max: /m)
  },
)

test('warns where the numbers are more than the server allows', async () => {
  const limited = await server.createDatabase()
  await server.sql(
    limited,
    `CREATE TABLE orders (id int PRIMARY KEY); ALTER DATABASE "${limited.split('/').at(-1)}" CONNECTION LIMIT 12`,
  )
  const warnings = async (...argv: string[]) => (await check(`--database.url=${limited}`, ...argv)).stderr
  expect(await warnings('--pools.max=12')).toBe('')
  expect(await warnings('--pools.max=13')).toBe(
    'postern: warning: pools.max is 13, but the server allows 12 connections\n',
  )
  expect(await warnings('--pools.budget={"connections":13,"instances":2}')).toBe(
    'postern: warning: pools.budget.connections is 13, but the server allows 12\n',
  )
  expect(await warnings('--pools.budget={"connections":"auto","reserved":9,"instances":"auto"}')).toBe(
    'postern: warning: pools.budget leaves 3 connections, and needs 4: the server allows 12\n',
  )
  expect(await warnings('--pools.budget={"connections":"auto","instances":"auto"}')).toBe('')
})
