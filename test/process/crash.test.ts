/** Faults that nobody caught: they are in the log, with what happened just before, and the process ends with 1. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, startPostern } from '../support/process.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  await server.sql(server.url(), `CREATE TABLE orders (id int PRIMARY KEY)`)
})
afterAll(() => server.stop())

test.each([
  ['uncaughtException', "throw new Error('boom')"],
  ['unhandledRejection', "void Promise.reject(new Error('boom'))"],
])('%s', async (where, code) => {
  const postern = await startPostern({
    database: server.url(),
    preload: `process.on('SIGUSR2', () => { ${code} })`,
  })
  await ask(`${postern.api}/orders`)
  postern.signal('SIGUSR2')
  expect(await postern.ended).toBe(1)
  expect(postern.output.stderr).toMatch(/^postern: Error: boom at /)
  expect(postern.log.filter((l) => l.event === 'fault')).toMatchObject([
    { level: 'error', where, error: { name: 'Error', message: 'boom' } },
  ])
  expect(postern.requests()).toHaveLength(1)
})
