import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#base/clock.ts'
import type { SchemaWatch } from '#engine/engine.ts'
import { announcerInstall, announcerUninstall } from '#engine/postgres/announcer.ts'
import { createSchemaWatch, type Listen, schemaChannel } from '#engine/postgres/changes.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { connect, type TestConnection } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

for (const version of postgresVersions) suite(version)

function suite(version: number) {
  const missing = postgresMissing(version)
  describeUnless(missing)(`PostgreSQL ${version} announcements`, () => {
    let server: TestPostgres
    let url: string
    let c: TestConnection
    /** What came on the channel since the test began. */
    let heard = 0
    let ear: TestConnection

    beforeAll(async () => {
      server = await startPostgres({ version })
      url = await server.createDatabase()
      c = await connect(url)
      ear = await connect(url, (channel) => {
        if (channel === schemaChannel) heard++
      })
      await ear.ask(`LISTEN ${schemaChannel}`)
      // Twice, because installing again must do no harm.
      for (const statement of [...announcerInstall, ...announcerInstall]) await c.ask(statement)
    })
    afterAll(async () => {
      await c?.close()
      await ear?.close()
      await server?.stop()
    })
    beforeEach(async () => {
      await ear.ask('SELECT 1')
      heard = 0
    })
    /** A notification is delivered before the answer of a later statement of the same session. */
    const heardAfter = async (statement: string) => {
      await c.ask(statement)
      await ear.ask('SELECT 1')
      return heard > 0
    }

    it.each([
      'CREATE TABLE a (id int PRIMARY KEY)',
      'ALTER TABLE a ADD b text',
      'ALTER TABLE a DROP b',
      'ALTER TABLE a ALTER id SET DEFAULT 1',
      'ALTER TABLE a ALTER id DROP DEFAULT',
      `COMMENT ON COLUMN a.id IS 'x'`,
      'GRANT SELECT ON a TO PUBLIC',
      `CREATE TYPE hue AS ENUM ('red')`,
      `ALTER TYPE hue ADD VALUE 'blue'`,
      `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
      'CREATE MATERIALIZED VIEW m AS SELECT * FROM a',
      'DROP MATERIALIZED VIEW m',
      'DROP TABLE a',
      'CREATE TABLE kept (id int)',
    ])('announces %s', async (statement) => {
      expect(await heardAfter(statement)).toBe(true)
    })

    it.each([
      'INSERT INTO kept VALUES (1)',
      'TRUNCATE kept',
      'ANALYZE kept',
      `CREATE TEMP TABLE passing (id serial PRIMARY KEY, note text DEFAULT '')`,
      'DROP TABLE passing',
    ])('does not announce %s', async (statement) => {
      expect(await heardAfter(statement)).toBe(false)
    })

    it('announces the DDL of users who own nothing of it', async () => {
      await server.sql(url, 'CREATE ROLE builder LOGIN; CREATE SCHEMA site AUTHORIZATION builder')
      const builder = await connect(url.replace('postgres@', 'builder@'))
      await ear.ask('SELECT 1')
      heard = 0
      await builder.ask('CREATE TABLE site.house (id int)')
      await ear.ask('SELECT 1')
      expect(heard).toBeGreaterThan(0)
      await builder.close()
    })

    describe('the watch', () => {
      const listen: Listen = async (channel, onNotify, onLost) => {
        const session = await connect(url, onNotify, onLost)
        await session.ask(`LISTEN ${channel}`)
        pid = String((await session.ask('SELECT pg_backend_pid()'))[0]?.[0])
        return () => session.close()
      }
      let pid: string | undefined
      let watch: SchemaWatch
      const listening = async () => {
        while (pid === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
        return pid
      }
      const never = new AbortController().signal

      it('is woken by DDL long before it would poll, and notices what it missed while it was cut off', async () => {
        watch = createSchemaWatch({ listen, pollMs: 30_000, clock: systemClock })
        const first = await listening()
        expect(await watch.next(never)).toBe('announced')
        await c.ask('CREATE TABLE woken (id int)')
        expect(await watch.next(never)).toBe('announced')
        pid = undefined
        await c.ask(`SELECT pg_terminate_backend(${first})`)
        expect(await watch.next(never)).toBe('announced')
        expect(await listening()).not.toBe(first)
        await watch.close()
      })
    })

    it('falls silent once the announcer is gone', async () => {
      for (const statement of [...announcerUninstall, ...announcerUninstall]) await c.ask(statement)
      expect(await heardAfter('CREATE TABLE unheard (id int)')).toBe(false)
    })
  })
}
