/** The database is killed and comes back while the gateway works: everybody gets an answer, and nothing acknowledged is lost. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, eventually, type Postern, sleep, startLoad, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

const poolMax = 4

/** What a client may be told while the database is away. */
const outageCodes = [
  'database_unavailable',
  'breaker_open',
  'pool_timeout',
  'queue_full',
  'statement_timeout',
  'deadline_exceeded',
]

describe.each(shopServers)('$kind', ({ start, missing }) => {
  describeUnless(missing)('a crash of the database', () => {
    let server: ShopServer
    let postern: Postern
    beforeAll(async () => {
      server = await start()
      await server.sql('CREATE TABLE events (id int PRIMARY KEY)')
      postern = await startPostern({ database: server.url(), config: { 'pools.max': poolMax } })
    })
    afterAll(async () => {
      await postern?.stop()
      await server?.stop()
    })

    test('scenario 11: under load: no request without an answer, and all is well within three seconds of the restart', async () => {
      await server.sql('DELETE FROM events')
      const reads = startLoad(`${postern.api}/orders?limit=10`, 6)
      const written: { id: number; outcome: number | string }[] = []
      let writing = true
      const writer = (async () => {
        for (let id = 1; writing; id++) {
          const answer = await ask(`${postern.api}/events`, { method: 'POST', body: `{"id":${id}}` })
          written.push({ id, outcome: answer.code ?? answer.status })
          await sleep(5)
        }
      })()
      const end = async () => {
        writing = false
        const [shots] = await Promise.all([reads.stop(), writer])
        return shots
      }
      try {
        await eventually('work is done', () => reads.shots.length > 50 && written.length > 10)
        await server.kill()
        await sleep(1500)
        await server.restart()
        const up = performance.now()

        let most = 0
        const back = () => reads.shots.find((s) => s.began > up && s.status === 200)
        await eventually(
          'an answer of the restarted database',
          async () => {
            most = Math.max(most, await server.all())
            return back()
          },
          6000,
        )
        expect((back()?.ended ?? 0) - up).toBeLessThan(3000)
        await eventually('writes work too', () => written.at(-1)?.outcome === 201, 3000)
        for (let i = 0; i < 20; i++) most = Math.max(most, await server.all())
        // Beside the pool there may be one that listens for schema changes, or ends a statement.
        expect(most).toBeLessThanOrEqual(poolMax + 1)

        const shots = await end()
        expect(shots.filter((s) => s.error !== undefined)).toEqual([])
        for (const code of new Set(shots.map((s) => s.code ?? s.status)))
          expect([200, ...outageCodes]).toContain(code)
        expect(shots.some((s) => s.code === 'database_unavailable')).toBe(true)

        // What was acknowledged is there; what was refused is not; of the rest the client was told that it may be either.
        const found = new Set((await server.sql('SELECT id FROM events')).map((row) => row['id']))
        const because = (fits: (outcome: number | string) => boolean) =>
          written.filter((w) => fits(w.outcome)).map((w) => w.id)
        expect(because((o) => o === 201).filter((id) => !found.has(id))).toEqual([])
        expect(because((o) => o !== 201 && o !== 'outcome_unknown').filter((id) => found.has(id))).toEqual([])
        for (const { outcome } of written) expect([201, 'outcome_unknown', ...outageCodes]).toContain(outcome)
        expect(because((o) => o === 'outcome_unknown').length).toBeLessThanOrEqual(1)
      } finally {
        await end()
      }
    })

    test('scenario 2: when connections are refused, requests are too: within 50 ms, with the time of the next attempt', async () => {
      await server.shutDown()
      try {
        const first = await eventually('the pool knows', async () => {
          const answer = await ask(`${postern.api}/orders`)
          return answer.code === 'database_unavailable' ? answer : undefined
        })
        const answers = []
        for (let i = 0; i < 21; i++) answers.push(await ask(`${postern.api}/orders`))
        for (const { code } of answers) expect(['database_unavailable', 'breaker_open']).toContain(code)
        expect(answers.every((a) => Number(a.headers['retry-after']) >= 1)).toBe(true)
        const ms = answers.map((a) => a.ms).sort((a, b) => a - b)
        expect(ms[10]).toBeLessThan(50)
        expect(first.json()).toMatchObject({ pool: 'primary', size: poolMax, inUse: 0, idle: 0 })
        // An outage is neither told in the answer (no address, no text of the server) nor a fault of ours.
        for (const { text } of answers) expect(text).not.toMatch(/127\.0\.0\.1|ECONN|postgres|maria|mysql/i)
        expect(postern.log.filter((l) => l.event === 'fault')).toEqual([])

        await eventually(
          'it is unready',
          async () => (await ask(`${postern.observe}/readyz`)).status === 503,
          9000,
        )
        expect((await ask(`${postern.observe}/livez`)).status).toBe(200)
        expect((await ask(`${postern.observe}/startupz`)).status).toBe(200)
      } finally {
        await server.restart()
      }
      const up = performance.now()
      await eventually(
        'an answer',
        async () => (await ask(`${postern.api}/orders?limit=1`)).status === 200,
        6000,
      )
      expect(performance.now() - up).toBeLessThan(2000)
      await eventually('readiness', async () => (await ask(`${postern.observe}/readyz`)).status === 200, 3000)
    })
  })
})
