/** Inserts that come at once: they are committed together, and nobody feels what befalls another. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { type Sessions, watchSessions } from '../support/sessions.ts'

let server: TestPostgres
let url: string
let sessions: Sessions
let postern: Postern
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE events (id int PRIMARY KEY, note text);
     CREATE TABLE audited (id int PRIMARY KEY, at xid8);
     CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN NEW.at := pg_current_xact_id(); RETURN NEW; END';
     CREATE TRIGGER stamp BEFORE INSERT ON audited FOR EACH ROW EXECUTE FUNCTION stamp()`,
  )
  sessions = watchSessions(url)
  postern = await startPostern({
    database: url,
    // Whatever comes is admitted, however busy the machine is: here nobody is to be refused.
    config: {
      'pools.max': 2,
      'pools.queuePerConnection': 200,
      'pools.acquireTimeout': '20s',
      'pools.overload.lasting': '10m',
      'limits.eventLoopLag': '20s',
      'deadlines.default': '20s',
    },
  })
})
beforeEach(() => sessions.sql('TRUNCATE events, audited'))
afterAll(async () => {
  await postern.stop()
  await sessions.stop()
  await server.stop()
})

const post = (table: string, id: number) =>
  ask(`${postern.api}/${table}`, {
    method: 'POST',
    body: JSON.stringify({ id }),
    headers: { prefer: 'return=representation' },
  })
const ids = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

test('many at once are each answered with their own row, and take fewer transactions than they are', async () => {
  const answers = await Promise.all(ids(200).map((id) => post('events', id)))
  expect(answers.map((answer) => [answer.status, answer.json().id, answer.headers.location])).toEqual(
    ids(200).map((id) => [201, id, `/api/v1/events/${id}`]),
  )
  const [found] = await sessions.sql(
    'SELECT count(*)::int AS n, count(DISTINCT xmin::text)::int AS commits FROM events',
  )
  expect(found?.['n']).toBe(200)
  expect(Number(found?.['commits'])).toBeLessThan(150)
})

test('what exists already is a 409 to whoever sent it, and to nobody else', async () => {
  await sessions.sql('INSERT INTO events SELECT g FROM generate_series(10, 200, 10) g')
  const answers = await Promise.all(ids(200).map((id) => post('events', id)))
  expect(answers.map(({ status }) => status)).toEqual(ids(200).map((id) => (id % 10 === 0 ? 409 : 201)))
  for (const answer of answers) if (answer.status === 409) expect(answer.code).toBe('constraint_unique')
  const [found] = await sessions.sql('SELECT count(*)::int AS n FROM events')
  expect(found?.['n']).toBe(200)
})

test('who waits for a lock keeps nobody else', async () => {
  const holder = watchSessions(url)
  await holder.sql('BEGIN; INSERT INTO events VALUES (7)')
  try {
    const began = performance.now()
    let blocked = 'waits'
    const all = ids(20).map(async (id) => {
      const answer = await post('events', id)
      if (id === 7) blocked = String(answer.code ?? answer.status)
      return { id, answer, ms: performance.now() - began }
    })
    const others = await Promise.all(all.filter((_, i) => i !== 6))
    expect(others.map(({ answer }) => answer.status)).toEqual(ids(19).map(() => 201))
    // Patience of 250 ms, a cancel, and each by itself; the one that waits has a connection of its own until it is over.
    expect(Math.max(...others.map(({ ms }) => ms))).toBeLessThan(5000)
    expect(blocked).toBe('waits')
    await holder.sql('ROLLBACK')
    expect((await all[6])?.answer.status).toBe(201)
  } finally {
    await holder.stop()
  }
  expect((await sessions.sql('SELECT id FROM events ORDER BY 1')).map(({ id }) => id)).toEqual(ids(20))
})

test('a table with a trigger has each insert in a transaction of its own, from the moment it has one', async () => {
  const answers = await Promise.all(ids(100).map((id) => post('audited', id)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  const commits = async (table: string) =>
    Number((await sessions.sql(`SELECT count(DISTINCT xmin::text)::int AS n FROM ${table}`))[0]?.['n'])
  expect(await commits('audited')).toBe(100)
  await sessions.sql('CREATE TRIGGER late BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION stamp()')
  try {
    await sessions.sql('ALTER TABLE events ADD at xid8')
    await eventually(
      'the gateway knows',
      async () => Object.hasOwn((await post('events', 1000 + Math.floor(performance.now()))).json(), 'at'),
      30_000,
    )
    await sessions.sql('TRUNCATE events')
    await Promise.all(ids(100).map((id) => post('events', id)))
    expect(await commits('events')).toBe(100)
  } finally {
    await sessions.sql('DROP TRIGGER late ON events; ALTER TABLE events DROP at')
  }
})
