/** Several borrowers of one session on a real server: each gets its own answer, and nobody feels what befalls another. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { describeUnless } from '../../support/unless.ts'
import { compiled, itIsShared, limits, told } from '../shared-sessions.ts'
import { connect, type TestConnection } from './connection.ts'
import { flavours } from './servers.ts'

const echo = compiled('SELECT CAST(? AS CHAR) AS v')
/** Finds two rows where one is wanted when it is asked with 0. */
const fussy = compiled("SELECT CAST((SELECT 1 UNION ALL SELECT 2 FROM DUAL WHERE ? = '0') AS CHAR) AS v")
/** Reads a table, so that a kill is told by an error. */
const sleeper = compiled('SELECT CONCAT(SLEEP(?), one.v) AS v FROM one')

for (const { name, missing, start } of flavours) {
  describeUnless(missing)(`a shared session of ${name}`, () => {
    let server: TestMysql
    let url: string
    let c: TestConnection
    let watcher: TestConnection
    const sleeping = async () =>
      Number(
        (
          await watcher.ask(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT CONCAT(SLEEP%'",
          )
        )[0]?.[0],
      )

    beforeAll(async () => {
      server = await start()
      url = await server.createDatabase()
      await server.sql(url, "CREATE TABLE one (v CHAR(1)); INSERT INTO one VALUES ('.')")
      watcher = await connect(url)
    }, 60_000)
    afterAll(async () => {
      await watcher?.close()
      await server?.stop()
    })
    beforeEach(async () => {
      c = await connect(url)
    })
    afterEach(() => c.close())

    itIsShared({
      connection: () => c,
      reopen: async () => {
        await c.close()
        c = await connect(url)
      },
      share: (borrowers) => c.share(borrowers),
      echo,
      fussy,
      error: '1242',
      sleeper,
      slept: '[{"v":"0."}]',
    })

    it('answers each its own, equal statements and different ones, with one statement prepared of each', async () => {
      const prepared = async () =>
        Number((await c.ask("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'"))[0]?.[1])
      const before = await prepared()
      for (let trip = 0; trip < 3; trip++) {
        const { seats, over } = c.share(5)
        const answers = seats.map((seat, i) => told(seat.run(i === 3 ? fussy : echo, [String(i)], limits())))
        expect(await Promise.all(answers)).toEqual([
          '[{"v":"0"}]',
          '[{"v":"1"}]',
          '[{"v":"2"}]',
          '[{"v":"1"}]',
          '[{"v":"4"}]',
        ])
        await over
        expect(c.isUsable()).toBe(true)
      }
      expect((await prepared()) - before).toBe(2)
    })

    it('tells its role behind the statements of all', async () => {
      const { seats, over } = c.share(2)
      const first = told(seats[0]?.run(echo, ['a'], limits()))
      const role = seats[0]?.role(limits())
      await seats[1]?.close()
      expect(await first).toBe('[{"v":"a"}]')
      await over
      expect(await role).toBe('primary')
    })

    it('follows a table that changes between two trips', async () => {
      const star = compiled('SELECT * FROM shifty')
      await server.sql(url, 'CREATE TABLE shifty AS SELECT 1 AS v')
      const all = async () => {
        const { seats, over } = c.share(3)
        const answers = await Promise.all(seats.map((seat) => told(seat.run(star, [], limits()))))
        await over
        return new Set(answers)
      }
      expect(await all()).toEqual(new Set(['[{"v":"1"}]']))
      await server.sql(url, "ALTER TABLE shifty MODIFY v VARCHAR(20); UPDATE shifty SET v = 'text'")
      expect(await all()).toEqual(new Set(['[{"v":"text"}]']))
    })

    it('is ended in the server, with all that was still to come, when the last has left, and only then', async () => {
      const { seats, over } = c.share(3)
      const callers = seats.map(() => new AbortController())
      const answers = seats.map((seat, i) =>
        told(seat.run(sleeper, ['30'], limits(60_000, callers[i]?.signal as AbortSignal))),
      )
      await expect.poll(sleeping).toBe(1)
      callers[0]?.abort()
      callers[2]?.abort()
      expect(await Promise.all([answers[0], answers[2]])).toEqual(['client', 'client'])
      expect(await sleeping()).toBe(1)
      const began = clock.now()
      callers[1]?.abort()
      expect(await answers[1]).toBe('client')
      await over
      await expect.poll(sleeping, { timeout: 1000 }).toBe(0)
      expect(clock.now() - began).toBeLessThan(1200)
      expect(c.isUsable()).toBe(false)
    })

    it('tells all of them when the session is killed', async () => {
      const [[id] = []] = await c.ask('SELECT CONNECTION_ID()')
      const { seats, over } = c.share(2)
      const answers = seats.map((seat) => told(seat.run(sleeper, ['30'], limits(60_000))))
      await expect.poll(sleeping).toBe(1)
      await watcher.ask(`KILL ${id}`)
      for (const answer of await Promise.all(answers))
        expect(['SessionLost', '1317', '1927', '3169']).toContain(answer)
      await over
      expect(c.isUsable()).toBe(false)
    })
  })
}
