/** A primary that acknowledges commits before they are on disk: their tokens are good there, until it crashes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { postgresMissing } from '../support/postgres.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { describeUnless } from '../support/unless.ts'

describeUnless(postgresMissing(18))('synchronous_commit = off', () => {
  let cluster: Cluster
  let postern: Postern

  beforeAll(async () => {
    cluster = await startCluster({
      standbys: 1,
      setUp: 'CREATE TABLE notes (id int PRIMARY KEY, note text)',
      // Nothing but time would flush what is committed, and that takes ten seconds.
      settings: { synchronous_commit: 'off', wal_writer_delay: '10s', wal_writer_flush_after: '100MB' },
    })
    postern = await startPostern({
      database: cluster.url(cluster.primary),
      config: {
        'database.replicas': JSON.stringify([{ host: '127.0.0.1', port: cluster.standbys[0]?.port }]),
        'consistency.window': '0s',
      },
    })
    await eventually(
      'the replica serves',
      async () => (await postern.metric('postern_replica_serving{endpoint="replica-1"}')) === 1,
    )
  })
  afterAll(async () => {
    await postern?.stop()
    await cluster?.stop()
  })

  const write = async (id: number) => {
    const body = JSON.stringify({ id, note: 'x'.repeat(2000) })
    const answer = await ask(`${postern.api}/notes`, { method: 'POST', body })
    expect(answer.status).toBe(201)
    return String(answer.headers['postern-consistency'])
  }
  const read = (id: number, token: string) =>
    ask(`${postern.api}/notes/${id}?select=id`, { headers: { 'postern-consistency': token } })

  test('a token is good from the moment it is given out; after a crash that took the write it says so', async () => {
    let token = ''
    for (let id = 1; id <= 20; id++) {
      token = await write(id)
      expect(await read(id, token)).toMatchObject({ status: 200, text: `{"id":${id}}` })
    }
    for (let id = 21; id <= 40; id++) token = await write(id)
    const before = await cluster.query(
      cluster.primary,
      'SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() AS unflushed',
    )
    expect(before).toEqual([{ unflushed: true }])
    await cluster.primary.kill('SIGKILL')
    await cluster.primary.restart()
    await eventually(
      'the primary is found again, without the write',
      async () => (await read(40, token)).code === 'consistency_lost',
      10_000,
    )
    expect(await cluster.query(cluster.primary, 'SELECT id FROM notes WHERE id = 40')).toEqual([])
  })
})
