/** Inserts that come at once while sessions end, connections break and the database crashes: what was said of each is so. */
import { Agent } from 'node:http'
import { beforeEach, describe, expect, test } from 'vitest'
import { ask, eventually, type Postern, sleep, startPostern } from '../support/process.ts'
import { refusals } from '../support/refusals.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const firstId = 100_000
const clients = 24

/** Clients that insert one row after the other; once `repeat` was called, each tenth of them twice. */
function startInserts(postern: Postern) {
  const said = { done: new Set<number>(), refused: new Set<number>(), unknown: new Set<number>() }
  const wrong: string[] = []
  let next = firstId
  let taken = 0
  let stopped = false
  let repeats = false
  const post = (id: number, agent: Agent) =>
    ask(`${postern.api}/orders`, { method: 'POST', body: JSON.stringify({ id, note: 'n' }), agent }).then(
      (answer) => answer.code ?? answer.status,
      () => 'no answer',
    )
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let round = 0; !stopped; round++) {
      const id = next++
      const outcome = await post(id, agent)
      if (outcome === 201) said.done.add(id)
      else if (outcome === 'outcome_unknown' || outcome === 'no answer') said.unknown.add(id)
      else if (refusals.has(String(outcome))) said.refused.add(id)
      else wrong.push(`${id}: ${outcome}`)
      if (outcome !== 201 || !repeats || round % 10 !== 0) continue
      const again = await post(id, agent)
      if (again === 'constraint_unique') taken++
      else if (again !== 'outcome_unknown' && again !== 'no answer' && !refusals.has(String(again)))
        wrong.push(`${id} again: ${again}`)
    }
    agent.destroy()
  }
  const all = Array.from({ length: clients }, client)
  return {
    said,
    wrong,
    taken: () => taken,
    repeat: () => {
      repeats = true
    },
    stop: async () => {
      stopped = true
      await Promise.all(all)
    },
  }
}

describe.each(shopServers)('$kind', ({ kind, start, missing }) => {
  beforeEach((context) => context.skip(missing !== undefined, missing))

  test('what was acknowledged is there, what was refused is not, and only of the rest nobody knows', {
    timeout: 120_000,
  }, async () => {
    // A commit is written out, so that it survives the end of the process; by default test servers are quicker than that.
    const server: ShopServer = await start(
      kind === 'postgres' ? { synchronous_commit: 'on' } : { 'innodb-flush-log-at-trx-commit': 2 },
    )
    const proxy: TcpProxy = await startProxy(() => server.port)
    const postern = await startPostern({
      database: server.url(proxy.port),
      config: {
        'pools.max': 3,
        'pools.queuePerConnection': 20,
        'deadlines.default': '2s',
        'breaker.maxOpenFor': '1s',
      },
    })
    try {
      const load = startInserts(postern)
      const goesOn = async () => {
        const before = load.said.done.size
        await eventually('inserts are done', () => load.said.done.size > before + 200, 30_000)
      }
      await goesOn()
      for (let i = 0; i < 3; i++) {
        await server.endSessions()
        await goesOn()
        proxy.resetAll()
        await goesOn()
      }
      // A repetition fails whoever travels with it, and has inserts travel alone for a while.
      load.repeat()
      await eventually('some are there already', () => load.taken() > 20, 30_000)
      await server.pause()
      await sleep(700)
      await server.resume()
      await goesOn()
      await server.kill()
      await server.restart()
      await goesOn()
      await load.stop()

      expect(load.wrong).toEqual([])
      const { done, refused, unknown } = load.said
      const there = new Set(
        (await server.sql(`SELECT id FROM orders WHERE id >= ${firstId}`)).map(({ id }) => Number(id)),
      )
      expect([...done].filter((id) => !there.has(id))).toEqual([])
      expect([...refused].filter((id) => there.has(id))).toEqual([])
      expect([...there].filter((id) => !done.has(id) && !unknown.has(id))).toEqual([])
      // Of each connection that broke, those under way: three connections, sixteen statements on each at most.
      expect(unknown.size).toBeLessThan(8 * clients)
      if (kind === 'postgres') {
        const [commits] = await server.sql(
          `SELECT count(DISTINCT xmin::text)::int AS n FROM orders WHERE id >= ${firstId}`,
        )
        expect(Number(commits?.['n'])).toBeLessThan(0.97 * there.size)
      }
    } finally {
      await postern.stop()
      await proxy.stop()
      await server.stop()
    }
  })
})
