/** The name of the database: resolved anew for every connection, and not needed by those that are open. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, eventually, sleep, startLoad, startPostern } from '../support/process.ts'
import { shopServers } from '../support/shop-server.ts'
import { startProxy } from '../support/tcp-proxy.ts'

/** A process with an /etc/hosts of its own: no other process sees it. */
const withHosts = (file: string) => [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount --bind "$0" /etc/hosts && exec "$@"',
  file,
]

describe.each(shopServers)('$kind', ({ start, missing }) => {
  test('scenario 16: a name that moves is followed, one that is gone harms no open session', async (context) => {
    context.skip(missing !== undefined, missing)
    const { status } = spawnSync('unshare', ['--mount', 'true'])
    context.skip(status !== 0, 'this machine gives no mount namespace (needs root and unshare)')
    const folder = await mkdtemp(join(tmpdir(), 'postern-hosts-'))
    const hosts = join(folder, 'hosts')
    // Written in place: the file is mounted, not its name.
    const resolveTo = (address: string | undefined) =>
      writeFile(
        hosts,
        `127.0.0.1 localhost\n${address === undefined ? '' : `${address} the-database.test\n`}`,
      )
    await resolveTo('127.0.0.2')
    const server = await start()
    const old = await startProxy(() => server.port, { host: '127.0.0.2' })
    const next = await startProxy(() => server.port, { host: '127.0.0.3', port: old.port })
    const postern = await startPostern({
      database: server.url(old.port).replace('127.0.0.1', 'the-database.test'),
      config: { 'pools.max': 3, 'pools.maxLifetime': '4s' },
      under: withHosts(hosts),
      withinMs: 20_000,
    })
    try {
      expect(old.open()).toBeGreaterThan(0)
      expect(next.accepted()).toBe(0)
      const load = startLoad(`${postern.api}/orders?limit=1`, 2)
      const more = async () => {
        const asked = load.shots.length
        await eventually('more requests', () => load.shots.length > asked + 20, 10_000)
      }
      await more()
      // Open sessions need no name.
      await resolveTo(undefined)
      await more()
      expect(load.shots.filter((s) => s.status !== 200)).toEqual([])
      await resolveTo('127.0.0.3')
      // Sessions end at maxLifetime, and new ones go where the name leads now.
      await eventually('the new address is used', () => next.open() > 0, 15_000)
      await eventually('the old one drains', () => old.open() <= 1, 15_000)
      await more()
      // Before the move a session may have ended while the name led nowhere.
      const failed = load.shots.filter((s) => s.status !== 200)
      expect(failed.filter((s) => s.code !== 'database_unavailable')).toEqual([])
      await load.stop()

      // A name that leads nowhere when a connection is needed: refused, quickly, and well again with the name.
      await resolveTo(undefined)
      next.resetAll()
      old.resetAll()
      const refused = await eventually('a refusal', async () => {
        const answer = await ask(`${postern.api}/orders?limit=1`)
        return answer.status === 503 ? answer : undefined
      })
      expect(refused.ms).toBeLessThan(500 + 500)
      expect(
        JSON.stringify(await postern.line((l) => l.event === 'pool.create' && l['level'] === 'warn')),
      ).toMatch(/ENOTFOUND|EAI_AGAIN/)
      await sleep(500)
      await resolveTo('127.0.0.3')
      const back = performance.now()
      await eventually(
        'an answer',
        async () => (await ask(`${postern.api}/orders?limit=1`)).status === 200,
        15_000,
      )
      expect(performance.now() - back).toBeLessThan(8000)
    } finally {
      await postern.stop()
      await Promise.all([old.stop(), next.stop()])
      await server.stop()
      await rm(folder, { recursive: true })
    }
  })
})
