/** `postern events` against real databases: what it makes, what that is good for, and what it leaves behind. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommandLine } from '#roles/run.ts'
import { postgresMissing, postgresVersions, startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, startPostern } from '../support/process.ts'

async function postern(...argv: string[]) {
  let stdout = ''
  let stderr = ''
  const code = await runCommandLine({
    argv,
    env: {},
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
  })
  return { code, stdout, stderr }
}

const theFunction = 'function postern.announce_schema_change()'
const parts = [
  'schema postern',
  theFunction,
  'event trigger postern_ddl_command_end',
  'event trigger postern_sql_drop',
]
const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('')
const made = text(...parts.map((part) => `made: ${part}`), 'announcements: installed')
const removed = text(...parts.map((part) => `removed: ${part}`), 'announcements: not installed')

describe.each(postgresVersions)('postern events on PostgreSQL %i', (version) => {
  const missing = postgresMissing(version)
  let server: TestPostgres
  /** An empty database, and the command as the superuser and as a user who owns the database and nothing else. */
  const setup = async () => {
    const url = await server.createDatabase()
    const { pathname } = new URL(url)
    await server.sql(url, `ALTER DATABASE "${pathname.slice(1)}" OWNER TO owner`)
    const as = (user: string) => `--database.url=${url.replace('postgres@', `${user}@`)}`
    return {
      url,
      sql: (statements: string) => server.sql(url, statements),
      asSuperuser: (action: string, ...flags: string[]) =>
        postern('events', action, as('postgres'), ...flags),
      asOwner: (action: string, ...flags: string[]) => postern('events', action, as('owner'), ...flags),
    }
  }
  /** Everything of ours, and whatever else there could be of its kinds. */
  const leftovers = `SELECT evtname::text AS name FROM pg_event_trigger
    UNION ALL SELECT oid::regprocedure::text FROM pg_proc
      WHERE pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')`

  beforeAll(async () => {
    if (missing !== undefined) return
    server = await startPostgres({ version })
    await server.sql(server.url(), 'CREATE ROLE owner LOGIN')
  })
  afterAll(() => server?.stop())

  test('installs in one go, says what it made, and does nothing the second time', async (context) => {
    context.skip(missing !== undefined, missing)
    const { asSuperuser, asOwner, sql } = await setup()
    expect(await asSuperuser('install')).toEqual({ code: 0, stdout: made, stderr: '' })
    const [before] = await sql(`SELECT string_agg(oid::text, ',' ORDER BY oid) AS oids FROM pg_event_trigger`)
    const again = { code: 0, stdout: 'announcements: installed\nthere was nothing to do\n', stderr: '' }
    expect(await asSuperuser('install')).toEqual(again)
    // Nothing is written, so that even a user without rights may make sure of it at every deployment.
    expect(await asOwner('install')).toEqual(again)
    expect(await sql(`SELECT string_agg(oid::text, ',' ORDER BY oid) AS oids FROM pg_event_trigger`)).toEqual(
      [before],
    )
  })

  test('a gateway that would poll once an hour then serves a new table within a second', async (context) => {
    context.skip(missing !== undefined, missing)
    const { url, sql, asSuperuser } = await setup()
    await sql('CREATE TABLE first (id int PRIMARY KEY)')
    expect((await asSuperuser('install')).code).toBe(0)
    const gateway = await startPostern({
      database: url.replace('postgres@', 'owner@'),
      config: { 'schema.poll': '1h' },
    })
    try {
      const served = (table: string) =>
        eventually(`${table} is served`, async () => (await ask(`${gateway.api}/${table}`)).status === 200)
      await sql('GRANT SELECT ON first TO owner')
      await served('first')
      const took: number[] = []
      for (const table of ['second', 'third', 'fourth']) {
        await sql(`CREATE TABLE ${table} (id int PRIMARY KEY); GRANT SELECT ON ${table} TO owner`)
        const began = performance.now()
        await served(table)
        took.push(performance.now() - began)
      }
      // A busy machine may hold up one of them.
      expect(Math.min(...took)).toBeLessThan(1000)
    } finally {
      await gateway.stop()
    }
  })

  test('a user who is no superuser is refused, told why and what happens instead, and nothing is changed', async (context) => {
    context.skip(missing !== undefined, missing)
    const { sql, asOwner } = await setup()
    const { code, stdout, stderr } = await asOwner('install', '--schema.poll=7s')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^postern: user "owner" may not install and uninstall: it is no superuser /),
      expect.stringMatching(
        /^postern: 127\.0\.0\.1:\d+\/\w+: the database user may not: 42501: .*"postern_ddl_command_end"$/,
      ),
      'postern: nothing was changed',
      'postern: gateways look for schema changes every 7s (schema.poll)',
      '',
    ])
    expect(await sql(leftovers)).toEqual([])
    expect(await asOwner('status')).toMatchObject({
      code: 1,
      stderr: '',
      stdout: expect.stringMatching(/^announcements: not installed$/m),
    })
  })

  test('uninstalling leaves nothing of it, and needs the rights of its owner', async (context) => {
    context.skip(missing !== undefined, missing)
    const { sql, asSuperuser, asOwner } = await setup()
    await asSuperuser('install')
    expect(await asOwner('uninstall')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('nothing was changed'),
    })
    expect((await asOwner('status')).code).toBe(0)
    expect(await asSuperuser('uninstall')).toEqual({ code: 0, stdout: removed, stderr: '' })
    expect(await sql(leftovers)).toEqual([])
    expect(await asOwner('uninstall')).toEqual({
      code: 0,
      stdout: 'announcements: not installed\nthere was nothing to do\n',
      stderr: '',
    })
  })

  test.for<[string, string, string, string[]]>([
    ['was there before', 'CREATE SCHEMA postern', '', ['postern']],
    ['holds something else', '', 'CREATE TABLE postern.mine (id int)', ['postern']],
  ])('a schema that %s stays when it is uninstalled', async ([, before, after, left], context) => {
    context.skip(missing !== undefined, missing)
    const { sql, asSuperuser } = await setup()
    await sql(before)
    await asSuperuser('install')
    await sql(after)
    expect(await asSuperuser('uninstall')).toMatchObject({
      code: 0,
      stdout: text(...parts.slice(1).map((part) => `removed: ${part}`), 'announcements: not installed'),
    })
    expect((await sql(leftovers)).map(({ name }) => name)).toEqual(left)
  })

  test.for<[string, string, string | undefined]>([
    ['a trigger that was switched off', 'ALTER EVENT TRIGGER postern_sql_drop DISABLE', parts[3]],
    [
      'a function of another version',
      `CREATE OR REPLACE FUNCTION postern.announce_schema_change() RETURNS event_trigger
       LANGUAGE plpgsql SET search_path = '' AS 'BEGIN NOTIFY postern_schema; END'`,
      theFunction,
    ],
    [
      'a trigger on another event',
      `DROP EVENT TRIGGER postern_sql_drop; CREATE EVENT TRIGGER postern_sql_drop ON ddl_command_end
       EXECUTE FUNCTION postern.announce_schema_change()`,
      parts[3],
    ],
    ['a missing trigger', 'DROP EVENT TRIGGER postern_ddl_command_end', parts[2]],
  ])('%s is out of date, and made anew', async ([what, damage, part], context) => {
    context.skip(missing !== undefined, missing)
    const { sql, asSuperuser, asOwner } = await setup()
    await asSuperuser('install')
    await sql(damage)
    const gone = what === 'a missing trigger'
    const status = await asOwner('status')
    expect(status).toMatchObject({ code: 1, stderr: '' })
    expect(status.stdout.split('\n')).toEqual([
      expect.stringMatching(/^database: 127\.0\.0\.1:\d+\/\w+$/),
      'announcements: out of date',
      ...parts.map((one) => {
        const state = gone ? 'missing' : 'there, but not as this version makes it'
        return `${one}: ${one === part ? state : 'there'}`
      }),
      expect.stringMatching(/^user "owner" may not install and uninstall: it is no superuser /),
      'until it is installed, gateways look for schema changes every 10s (schema.poll)',
      '',
    ])
    expect(await asSuperuser('install')).toEqual({
      code: 0,
      stdout: text(`${gone ? 'made' : 'made anew'}: ${part}`, 'announcements: installed'),
      stderr: '',
    })
    expect(await asSuperuser('status')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('user "postgres" may install and uninstall: it is a superuser'),
    })
  })

  test('a function that somebody else put there before does not stay theirs', async (context) => {
    context.skip(missing !== undefined, missing)
    const { sql, asSuperuser } = await setup()
    const theirs = `CREATE SCHEMA postern AUTHORIZATION owner; SET ROLE owner;
      CREATE FUNCTION postern.announce_schema_change() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'`
    const owners = `SELECT proowner::regrole::text AS function, array_agg(evtowner::regrole::text) AS triggers
      FROM pg_event_trigger t JOIN pg_proc p ON p.oid = t.evtfoid GROUP BY 1`
    await sql(theirs)
    expect((await asSuperuser('install')).code).toBe(0)
    expect(await sql(owners)).toEqual([{ function: 'postgres', triggers: '{postgres,postgres}' }])
    await sql('ALTER FUNCTION postern.announce_schema_change() OWNER TO owner')
    expect(await asSuperuser('status')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('out of date'),
    })
    expect((await asSuperuser('install')).code).toBe(0)
    expect(await sql(owners)).toEqual([{ function: 'postgres', triggers: '{postgres,postgres}' }])
  })

  test('several that install at once do not get in each other’s way', async (context) => {
    context.skip(missing !== undefined, missing)
    const { sql, asSuperuser } = await setup()
    const all = await Promise.all(Array.from({ length: 4 }, () => asSuperuser('install')))
    expect(all.filter(({ code, stderr }) => code === 0 && stderr === '')).toHaveLength(4)
    expect(all.filter(({ stdout }) => stdout === made)).toHaveLength(1)
    await Promise.all(Array.from({ length: 4 }, () => asSuperuser('uninstall')))
    expect(await sql(leftovers)).toEqual([])
  })

  test('--dry-run prints scripts that do the same, without asking the database', async (context) => {
    context.skip(missing !== undefined, missing)
    const { sql, asSuperuser } = await setup()
    const nowhere = '--database.url=postgres://nobody@127.0.0.1:1/nowhere'
    const script = async (action: string) => {
      const { code, stdout, stderr } = await postern('events', action, nowhere, '--dry-run')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      return stdout
    }
    await sql(await script('install'))
    expect((await asSuperuser('status')).code).toBe(0)
    await sql(await script('uninstall'))
    expect(await sql(leftovers)).toEqual([])
  })

  test('check gives a hint until it is installed', async (context) => {
    context.skip(missing !== undefined, missing)
    const { url, asSuperuser } = await setup()
    const hint =
      'what announces schema changes is not installed, so gateways look for schema changes every 10s (schema.poll); postern events install makes it known within a second'
    const before = await postern('check', `--database.url=${url}`, '--format=json')
    expect(before.code).toBe(0)
    expect(JSON.parse(before.stdout)).toMatchObject({ ok: true, hints: [hint] })
    expect((await postern('check', `--database.url=${url}`)).stdout).toContain(`\nhint: ${hint}\n`)
    await asSuperuser('install')
    expect(
      JSON.parse((await postern('check', `--database.url=${url}`, '--format=json')).stdout),
    ).toMatchObject({ ok: true, hints: [] })
  })
})

test('a server that is not there is told plainly, without the password', async () => {
  const { code, stdout, stderr } = await postern(
    'events',
    'install',
    '--database.url=postgres://u:geheim@127.0.0.1:1/x',
  )
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^postern: 127\.0\.0\.1:1\/x: nothing answers, or the connection was lost: .*\n$/)
  expect(stderr).not.toContain('geheim')
})
