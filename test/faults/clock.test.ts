/** The wall clock jumps: nothing that lasts expires for it, because nothing that lasts is measured by it. */
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, eventually, startLoad, startPostern } from '../support/process.ts'
import { shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

/** Where Debian puts it; the packages of other processors differ in the folder alone. */
const library = ['x86_64', 'aarch64']
  .map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketime.so.1`)
  .find(existsSync)

describe.each(shopServers)('$kind', ({ missing, start }) => {
  describeUnless(missing)('the wall clock', () => {
    test('scenario 44: an hour forth and two hours back: no request fails, no connection, answer or circuit expires', async (context) => {
      context.skip(library === undefined, 'libfaketime is not installed (Debian package libfaketime)')
      const folder = await mkdtemp(join(tmpdir(), 'postern-clock-'))
      const offset = join(folder, 'offset')
      const jump = async (to: string) => {
        await writeFile(`${offset}.new`, `${to}\n`)
        await rename(`${offset}.new`, offset)
      }
      await jump('+0')
      const server = await start()
      const postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 4, 'idempotency.keep': '10m' },
        env: {
          LD_PRELOAD: library as string,
          FAKETIME_TIMESTAMP_FILE: offset,
          FAKETIME_NO_CACHE: '1',
          // The system's monotonic clock does not jump either.
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
        },
        withinMs: 30_000,
      })
      try {
        const create = () =>
          ask(`${postern.api}/orders`, {
            method: 'POST',
            body: '{"id":3001}',
            headers: { 'idempotency-key': 'once' },
          })
        expect((await create()).status).toBe(201)
        await Promise.all([1, 2, 3].map(() => ask(`${postern.api}/orders?limit=9`)))
        const load = startLoad(`${postern.api}/orders?limit=3`, 3)
        const more = async () => {
          const asked = load.shots.length
          await eventually('more requests', () => load.shots.length > asked + 40, 10_000)
        }
        await more()
        const shownBy = () => Date.parse(String(postern.log.at(-1)?.['time']))
        for (const to of ['+3600', '-3600', '+0']) {
          const before = shownBy()
          await jump(to)
          await more()
          // The log shows it: this clock did jump.
          expect(Math.abs(shownBy() - before)).toBeGreaterThan(3_000_000)
          const again = await create()
          expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true'])
        }
        const shots = await load.stop()
        expect(shots.filter((s) => s.status !== 200)).toEqual([])
        for (const reason of ['lifetime', 'idle', 'leak', 'broken', 'validation'])
          expect([reason, await postern.metric(`postern_pool_evictions_total{reason="${reason}"}`)]).toEqual([
            reason,
            0,
          ])
        expect(postern.log.filter((l) => ['breaker', 'database.down', 'fault'].includes(l.event))).toEqual([])
        expect((await ask(`${postern.observe}/readyz`)).status).toBe(200)
      } finally {
        await postern.stop()
        await server.stop()
        await rm(folder, { recursive: true })
      }
    })
  })
})
