/** Roles on a real SQL Server: a read-only copy serves reads, and a primary that is set read-only takes writes again when it may. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { sqlServerMissing, startSqlServer, type TestSqlServer } from '../support/sqlserver.ts'
import { describeUnless } from '../support/unless.ts'

const missing = sqlServerMissing()

describeUnless(missing)('a SQL Server with a read-only copy of its database', () => {
  let server: TestSqlServer
  let gateway: TestGateway
  let url: string
  const alter = (database: string, state: string) =>
    server.sql(database, `ALTER DATABASE CURRENT SET ${state} WITH ROLLBACK IMMEDIATE`)
  const database = async (name: string) => {
    const made = await server.createDatabase()
    await server.sql(
      made,
      `CREATE TABLE orders (id int PRIMARY KEY, server varchar(20) NOT NULL); INSERT INTO orders VALUES (1, '${name}')`,
    )
    return made
  }
  const read = async (client: string) =>
    (
      await gateway.request('GET', '/api/v1/orders/1?select=server', {
        headers: { 'postern-client': client },
      })
    ).json.server
  let id = 1
  const write = () =>
    gateway.request('POST', '/api/v1/orders', {
      headers: { 'postern-client': 'writer' },
      body: { id: ++id, server: 'x' },
    })
  beforeAll(async () => {
    server = await startSqlServer()
    url = await database('primary')
    const copy = await database('copy')
    await alter(copy, 'READ_ONLY')
    gateway = await startGateway({ url, config: { database: { replicas: [{ url: copy }] } } })
  })
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
  })

  it('reads from the copy, but not what the caller has just written', async () => {
    await expect.poll(() => read('reader'), { timeout: 20_000 }).toBe('copy')
    const written = await write()
    expect(written.status).toBe(201)
    expect(written.headers['postern-consistency']).toBeUndefined()
    expect(await read('writer')).toBe('primary')
    expect(await read('reader')).toBe('copy')
  })

  it('refuses writes while the primary takes none, and takes them again', async () => {
    await alter(url, 'READ_ONLY')
    try {
      expect((await write()).json).toMatchObject({ status: 503, code: 'database_unavailable' })
      expect(await read('reader')).toBe('copy')
    } finally {
      await alter(url, 'READ_WRITE')
    }
    await expect.poll(async () => (await write()).status, { timeout: 20_000 }).toBe(201)
  })
})
