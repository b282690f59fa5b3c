/** An availability group of SQL Server: who serves reads, what is lag, and a primary that moves. On stubs of the protocol, as no package brings a server. */
import { afterEach, describe, expect, it } from 'vitest'
import { type ConfigInput, startGateway, type TestGateway } from '../support/gateway.ts'
import { type ShopServer, startShopServer } from '../support/tds-shop.ts'

const servers: ShopServer[] = []
const gateways: TestGateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop()
  for (const server of servers.splice(0)) await server.stop()
})

async function member(name: string, o: Parameters<typeof startShopServer>[1] = {}): Promise<ShopServer> {
  const server = await startShopServer(name, o)
  servers.push(server)
  return server
}

/** Reads of a caller that has not written, and writes of others. */
async function gatewayOf(
  hosts: readonly ShopServer[],
  replicas: readonly ShopServer[],
  config: ConfigInput = {},
) {
  const at = hosts.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const gateway = await startGateway({
    url: `sqlserver://tester:s%40cret@${at}/shop?encrypt=false`,
    config: {
      ...config,
      database: { ...config.database, replicas: replicas.map(({ port }) => ({ host: '127.0.0.1', port })) },
    },
  })
  gateways.push(gateway)
  const read = async (headers: Record<string, string> = { 'postern-client': 'reader' }) => {
    const answer = await gateway.request('GET', '/api/v1/orders?select=server', { headers })
    return answer.status === 200 ? (answer.json[0].server as string) : `${answer.status} ${answer.json.code}`
  }
  const write = (client = 'writer') =>
    gateway.request('POST', '/api/v1/orders', {
      headers: { prefer: 'return=minimal', 'postern-client': client },
      body: { server: 'x', id: 1 },
    })
  const metric = async (series: string) => {
    const text = await (await fetch(`${gateway.observe}/metrics`)).text()
    const line = text.split('\n').find((one) => one.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length))
  }
  const events = (event: string) =>
    gateway
      .log()
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line))
  const serves = (name: string, yes: boolean) =>
    expect
      .poll(() => metric(`postern_replica_serving{endpoint="${name}"}`), { timeout: 20_000 })
      .toBe(yes ? 1 : 0)
  return { gateway, read, write, metric, events, serves }
}

describe('reads', () => {
  it('go to a secondary as those of somebody who only reads, writes to the primary', async () => {
    const a = await member('a')
    // Whoever does not say that it only reads is refused.
    const b = await member('b', { role: 'secondary', lets: 'readers' })
    const { read, write, serves } = await gatewayOf([a], [b])
    await serves('replica-1', true)
    expect(await read()).toBe('b')
    const written = await write()
    expect(written.status).toBe(201)
    expect(a.writes).toHaveLength(1)
    expect(b.logins.every(({ readOnly }) => readOnly)).toBe(true)
    expect(a.logins.some(({ readOnly }) => readOnly)).toBe(false)
    // There is no position to ask for: the window alone lets a caller read what it wrote.
    expect(written.headers['postern-consistency']).toBeUndefined()
    expect(await read({ 'postern-client': 'writer' })).toBe('a')
    expect(await read()).toBe('b')
    expect(await read({ 'postern-consistency': 'c1.AAAA' })).toBe('400 malformed_header')
  })

  it('leave a secondary that falls behind, and come back; an idle primary is no lag', async () => {
    const a = await member('a')
    const b = await member('b', { role: 'secondary' })
    const { read, serves, metric } = await gatewayOf([a], [b], { database: { maxLag: '1s' } })
    await serves('replica-1', true)
    // Its last commit was redone long ago by its clock, and there is none that it lacks.
    expect(await metric('postern_replica_lag_seconds{endpoint="replica-1"}')).toBe(0)
    a.lsn += 1n
    await serves('replica-1', false)
    expect(await read()).toBe('a')
    b.lsn = a.lsn
    await serves('replica-1', true)
    expect(await read()).toBe('b')
  })

  it('go on where lag may not be seen, and the log says what is missing', async () => {
    const a = await member('a', { seen: false })
    const b = await member('b', { role: 'secondary', seen: false })
    const { read, serves, events, metric } = await gatewayOf([a], [b], { database: { maxLag: '100ms' } })
    await serves('replica-1', true)
    a.lsn += 1n
    await expect.poll(() => events('unseen').length).toBe(2)
    expect(events('unseen')).toMatchObject(
      ['primary', 'replica-1'].map((endpoint) => ({
        level: 'warn',
        endpoint,
        what: 'lag',
        remedy: 'GRANT VIEW SERVER STATE TO [app], in master',
      })),
    )
    expect(await read()).toBe('b')
    expect(await metric('postern_replica_lag_seconds{endpoint="replica-1"}')).toBeUndefined()
  })

  it('leave a secondary that lets nobody in any more, and return', async () => {
    const a = await member('a')
    const b = await member('b', { role: 'secondary' })
    const { read, serves } = await gatewayOf([a], [b])
    await serves('replica-1', true)
    b.lets = 'nobody'
    b.kick()
    expect(await read()).toBe('a')
    await serves('replica-1', false)
    b.lets = 'readers'
    await serves('replica-1', true)
    expect(await read()).toBe('b')
  })
})

describe('a failover', () => {
  const found = (metric: (series: string) => Promise<number | undefined>, host: string) =>
    expect
      .poll(() => metric(`postern_endpoint_role{endpoint="${host}",role="primary"}`), { timeout: 20_000 })
      .toBe(1)

  it('is noticed by the write that is refused: every session of the old primary goes, and the write is done once on the new one', async () => {
    const a = await member('a')
    const b = await member('b', { role: 'secondary' })
    const { write, metric, events } = await gatewayOf([a, b], [])
    await found(metric, 'host-1')
    expect((await write()).status).toBe(201)
    // Sessions of before stay open and read-only: the state in which pools have failed for days.
    a.role = 'secondary'
    b.role = 'primary'
    expect((await write()).status).toBe(201)
    expect([a.writes.length, b.writes.length]).toEqual([1, 1])
    await found(metric, 'host-2')
    await expect.poll(() => events('writer').at(-1)).toMatchObject({ to: 'host-2', why: 'found' })
  })

  it('refuses writes while nobody is primary, and finds the new one within a look', async () => {
    const a = await member('a')
    // As a rule a secondary lets nobody in that wants to write.
    const b = await member('b', { role: 'secondary', lets: 'nobody' })
    const { write, metric } = await gatewayOf([a, b], [])
    await found(metric, 'host-1')
    expect((await write()).status).toBe(201)
    a.role = b.role = 'resolving'
    a.kick()
    const refused = await write()
    expect(refused.status).toBe(503)
    a.role = 'secondary'
    a.lets = 'nobody'
    b.role = 'primary'
    await found(metric, 'host-2')
    await expect.poll(async () => (await write()).status, { timeout: 20_000 }).toBe(201)
    expect(a.writes).toHaveLength(1)
  })

  it('that leaves sessions in a database between two roles ends them', async () => {
    const a = await member('a')
    const b = await member('b', { role: 'secondary' })
    const { write, metric } = await gatewayOf([a, b], [])
    await found(metric, 'host-1')
    expect((await write()).status).toBe(201)
    // Error 983 on a session that is still there.
    a.role = 'resolving'
    b.role = 'primary'
    expect((await write()).status).toBe(201)
    expect(b.writes).toHaveLength(1)
  })

  it('behind one name ends the sessions of before, and writes go on where the name leads to', async () => {
    const listener = await member('listener')
    const { write, events } = await gatewayOf([listener], [])
    expect((await write()).status).toBe(201)
    // The name still leads to the old primary, and its sessions to it live on.
    listener.role = 'secondary'
    const refused = await write()
    expect(refused.json).toMatchObject({ status: 503, code: 'database_unavailable' })
    expect(listener.writes).toHaveLength(1)
    await expect.poll(() => events('pool.create').length).toBeGreaterThan(0)
    listener.role = 'primary'
    await expect.poll(async () => (await write()).status, { timeout: 20_000 }).toBe(201)
  })

  it('with two primaries at once refuses every write, loudly', async () => {
    const a = await member('a')
    const b = await member('b', { role: 'secondary' })
    const { write, metric, events, read } = await gatewayOf([a, b], [])
    await found(metric, 'host-1')
    b.role = 'primary'
    // A look that fails on a busy machine makes one of them doubtful for a moment.
    await expect
      .poll(async () => (await write()).json, { timeout: 20_000 })
      .toMatchObject({ status: 503, code: 'database_unavailable', primaries: ['host-1', 'host-2'] })
    await expect
      .poll(() => events('writer'))
      .toContainEqual(expect.objectContaining({ level: 'error', why: 'several' }))
    const before = [a.writes.length, b.writes.length] as const
    a.role = 'secondary'
    await expect.poll(async () => (await write()).status, { timeout: 20_000 }).toBe(201)
    expect([a.writes.length, b.writes.length]).toEqual([before[0], before[1] + 1])
    expect(await read()).toBe('b')
  })
})
