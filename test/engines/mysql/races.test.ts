/** Kills that race with the end of what they are to kill: whoever comes next on the session is never hit. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Compiled } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectMysql } from '#engine/mysql/driver.ts'
import { readTarget } from '#engine/mysql/target.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { flavours } from './servers.ts'

/** At least so many races, and so many of either outcome. */
const [leastRounds, leastEach] = [300, 20]
/** On a busy machine the outcomes may be one-sided for long. */
const mostRounds = 5000

const never = new AbortController().signal
/** No deadline of these tests is meant to be met: what is slow here is slow because of others. */
const within = (signal: AbortSignal = never) => ({
  deadline: clock.now() + 30_000,
  signal,
  format: 'array' as const,
})

/**
 * Goes through so many rows of a product, about a million in a second, and looks each time whether it was killed. SLEEP
 * would not do: MariaDB lets whoever kills a sleeper wait for its lock for a second.
 */
const work: Compiled = {
  text: 'SELECT COUNT(*) FROM (SELECT a.n FROM numbers a, numbers b, numbers c LIMIT ?) AS t',
  operation: 'select',
  bind: (values) => values as readonly string[],
  columns: [{ name: 'n', encoding: 'number', hidden: false }],
  prepare: true,
}

for (const { name, missing, start } of flavours)
  describe(`a kill on ${name}`, () => {
    if (missing !== undefined) {
      it('hits nobody else', ({ skip }) => skip(missing))
      return
    }
    let server: TestMysql
    let url: string
    beforeAll(async () => {
      server = await start()
      url = await server.createDatabase()
      const rows = Array.from({ length: 1000 }, (_, n) => `(${n})`).join()
      await server.sql(url, `CREATE TABLE numbers (n int PRIMARY KEY); INSERT INTO numbers VALUES ${rows}`)
    })
    afterAll(() => server?.stop())

    const open = () => {
      const options = databaseOptions.parse({ url, connectTimeout: '20s', tls: { mode: 'disable' } })
      const dependencies = { clock, observe: () => {}, pool: 'primary', statementTimeout: 30_000 }
      return connectMysql(readTarget(options), options, dependencies, within())
    }

    it('never hits the next statement, however close to the end of its own it comes', {
      timeout: 300_000,
    }, async () => {
      let c = await open()
      let [killed, late, lost] = [0, 0, 0]
      // Grows while statements end before their kill comes, and shrinks while they do not: so both stay close together.
      let rows = 1000
      for (let round = 0; round < mostRounds; round++) {
        if (round >= leastRounds && Math.min(killed, late) >= leastEach) break
        const caller = new AbortController()
        setTimeout(() => caller.abort(), round % 3)
        const outcome = await c.run(work, [String(Math.round(rows))], within(caller.signal)).then(
          () => undefined,
          (error: unknown) => error as { cancelled?: string; why?: string },
        )
        if (outcome === undefined) late++
        else {
          expect(outcome.cancelled ?? outcome.why).toBe('client')
          killed++
        }
        rows = outcome === undefined ? Math.min(rows * 1.3, 1e6) : Math.max(rows / 1.3, 1000)
        // A server that takes a second to confirm the kill, or to end what was killed, costs the session, and nothing else.
        if (!c.isUsable()) {
          lost++
          await c.close()
          c = await open()
        }
        // The neighbours: any error here would be a kill meant for somebody else.
        expect(Buffer.from((await c.run(work, ['500'], within())).body).toString()).toBe('[{"n":500}]')
        expect(await c.query('SELECT COUNT(*) FROM numbers', [], within())).toEqual([['1000']])
      }
      await c.close()
      expect(killed).toBeGreaterThanOrEqual(leastEach)
      expect(late).toBeGreaterThanOrEqual(leastEach)
      expect(lost).toBeLessThan(killed + late)
    })
  })
