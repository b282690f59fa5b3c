/** Gateways that share the workers of a SQL Server, and one whose user may not see the others. On a stub of the protocol. */
import { afterEach, expect, test } from 'vitest'
import { runCommandLine } from '#roles/run.ts'
import { type ConfigInput, startGateway, type TestGateway } from '../support/gateway.ts'
import { type ShopServer, startShopServer } from '../support/tds-shop.ts'

const servers: ShopServer[] = []
const gateways: TestGateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop()
  for (const server of servers.splice(0)) await server.stop()
})
async function shop(o: Parameters<typeof startShopServer>[1]): Promise<ShopServer> {
  const server = await startShopServer('a', o)
  servers.push(server)
  return server
}
async function gatewayOn(server: ShopServer, budget: NonNullable<ConfigInput['pools']>['budget']) {
  const gateway = await startGateway({ url: `${server.url}?encrypt=false`, config: { pools: { budget } } })
  gateways.push(gateway)
  const status = async () =>
    (await (await fetch(`${gateway.admin}/status`)).json()) as {
      budget: Record<string, unknown>
      pools: { max: number }[]
    }
  return { gateway, status, budget: async () => (await status()).budget }
}
const within = { timeout: 30_000 }

test('they find their shares by the list of sessions, and follow it', async () => {
  const server = await shop({ limits: { sessions: 32_767, workers: 40 } })
  const one = await gatewayOn(server, { connections: 'auto', instances: 'auto' })
  // 40, less two for one that may come, less one beside the pool.
  await expect
    .poll(one.budget, within)
    .toEqual({ connections: 40, instances: 1, reserved: 0, share: 37, blind: false })
  const two = await gatewayOn(server, { connections: 'auto', instances: 'auto' })
  for (const { budget } of [one, two])
    await expect.poll(budget, within).toMatchObject({ instances: 2, share: 18, blind: false })
})

test('a user that sees nobody else keeps one connection where others are to be counted, and it is said', async () => {
  const server = await shop({ seen: false, limits: { sessions: 100, workers: 40 } })
  const { gateway, status } = await gatewayOn(server, { connections: 'auto', instances: 'auto' })
  await expect.poll(() => gateway.log(), within).toContain('"event":"unseen"')
  const line = gateway
    .log()
    .split('\n')
    .find((one) => one.includes('"event":"unseen"'))
  expect(JSON.parse(line ?? '')).toMatchObject({ level: 'warn', endpoint: 'primary', what: 'peers' })
  // Longer than a share takes to grow.
  await new Promise((resolve) => setTimeout(resolve, 4000))
  const { budget, pools } = await status()
  expect(budget).toMatchObject({ blind: true, instances: 0 })
  expect(pools[0]?.max).toBe(1)
  // Granted while it runs.
  server.seen = true
  await expect.poll(async () => (await status()).budget, within).toMatchObject({ blind: false, share: 37 })
})

test('a user that sees nobody else is told the limit all the same', async () => {
  const server = await shop({ seen: false, limits: { sessions: 100, workers: 40 } })
  const { budget } = await gatewayOn(server, { connections: 'auto', instances: 4, reserved: 20 })
  await expect.poll(budget, within).toMatchObject({ connections: 100, instances: 4, share: 20, blind: false })
})

test('the check tells of it before: a fault where others are to be counted, a warning where lag is to be measured', async () => {
  const server = await shop({ seen: false })
  let stderr = ''
  const check = (...argv: string[]) => {
    stderr = ''
    return runCommandLine({
      argv: ['check', `--database.url=${server.url}?encrypt=false`, ...argv],
      env: {},
      stdout: () => {},
      stderr: (text) => {
        stderr += text
      },
    })
  }
  expect(await check()).toBe(0)
  expect(stderr).toBe('')
  const remedy = 'GRANT VIEW SERVER STATE TO [app], in master'
  expect(await check('--pools.budget={"connections":"auto","instances":"auto"}')).toBe(1)
  expect(stderr).toContain('pools.budget.instances')
  expect(stderr).toContain(remedy)
  expect(await check('--pools.budget={"connections":"auto","instances":4}')).toBe(0)
  expect(stderr).toMatch(/warning: how many statements the server runs at once is not seen/)
  expect(await check('--database.replicas=[{"host":"127.0.0.1"}]')).toBe(0)
  expect(stderr).toMatch(/warning: how far replicas are behind is not seen.*GRANT VIEW SERVER STATE/)
  server.seen = true
  expect(await check('--pools.budget={"connections":"auto","instances":"auto"}')).toBe(0)
})
