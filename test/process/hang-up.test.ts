/** Clients that hang up: what they asked for is given up in the database too, and nobody else notices. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginsPerTurn } from '#http/turnstile.ts'
import { ask, blockable, eventually, type Postern, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

describe.each(shopServers)('$kind', ({ start, missing }) => {
  describeUnless(missing)('clients that hang up', () => {
    let server: ShopServer
    let postern: Postern
    beforeAll(async () => {
      server = await start()
      postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 1, 'pools.acquireTimeout': '5s', 'deadlines.default': '20s' },
        preload: blockable(600),
      })
    })
    afterAll(async () => {
      await postern?.stop()
      await server?.stop()
    })

    const hangUp = new Error('hung up')
    const asked = (path: string, o: Parameters<typeof ask>[1] = {}) => {
      const abort = new AbortController()
      const outcome = ask(`${postern.api}${path}`, { ...o, signal: abort.signal }).catch(
        (error: unknown) => error,
      )
      return { hangUp: () => abort.abort(hangUp), outcome }
    }

    test('scenario 24: while the statement runs: it is cancelled within a second, and logged as 499', async () => {
      const client = asked('/rpc/nap?seconds=15')
      await eventually('the statement runs', async () => (await server.running('nap')) === 1)
      const at = performance.now()
      client.hangUp()
      await eventually('it has stopped', async () => (await server.running('nap')) === 0, 1500)
      expect(performance.now() - at).toBeLessThan(1000)
      const line = await postern.line((l) => l['status'] === 499)
      expect(line).toMatchObject({ level: 'info', code: 'client_closed', resource: 'nap' })
      expect((await ask(`${postern.api}/orders?id=1`)).status).toBe(200)
    })

    test('while it waits for a connection: it leaves the queue, and never reaches the database', async () => {
      const holder = asked('/rpc/nap?seconds=15')
      await eventually('the connection is busy', async () => (await server.running('nap')) === 1)
      const waiting = 'db_client_connection_pending_requests{db_client_connection_pool_name="primary"}'
      const client = asked('/orders', { method: 'POST', body: '{"id":3001,"note":"never"}' })
      await eventually('it waits', async () => (await postern.metric(waiting)) === 1)
      client.hangUp()
      await eventually('it has left', async () => (await postern.metric(waiting)) === 0, 1000)
      holder.hangUp()
      await eventually(
        'the connection is free',
        async () => (await ask(`${postern.api}/orders?id=3001`)).text === '[]',
      )
    })

    test('a write that was cancelled is not applied', async () => {
      const client = asked('/rpc/work', { method: 'POST', body: '{"new_id":3002}' })
      await eventually('the statement runs', async () => (await server.running('work')) === 1)
      client.hangUp()
      await eventually('it has stopped', async () => (await server.running('work')) === 0, 1500)
      expect(await server.sql('SELECT * FROM orders WHERE id = 3002')).toEqual([])
    })

    test('while they wait for their turn of the event loop: all are noted, and hardly one reaches the database', async () => {
      const { host, hostname, port } = new URL(postern.api)
      const open = await postern.descriptors()
      const clients = Array.from({ length: 60 }, () => connect(Number(port), hostname))
      await eventually(
        'all connections are accepted',
        async () => (await postern.descriptors()) >= open + clients.length,
      )
      const before = postern.requests().length
      const noted = () => postern.requests().slice(before)
      postern.signal('SIGUSR2')
      await eventually('the loop stands still', () => postern.output.stderr.includes('blocked'))
      clients.forEach((socket, i) => {
        const body = `{"id":${4001 + i},"note":"gone"}`
        socket.write(
          `POST /api/v1/orders HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          () => socket.destroy(),
        )
      })
      expect((await ask(`${postern.api}/orders?id=1`)).status).toBe(200)
      await eventually('each is noted, and so is the one that stays', () => noted().length > clients.length)
      // The request, the end of the connection and its close are noticed in three turns.
      const atMost = 3 * beginsPerTurn
      const gone = noted().filter((l) => l['status'] === 499).length
      expect(gone).toBeGreaterThanOrEqual(clients.length - atMost)
      const rows = await server.sql('SELECT id FROM orders WHERE id > 4000')
      expect(rows.length).toBeLessThanOrEqual(atMost)
    })

    test('an insert with an Idempotency-Key is done once, at whatever moment its client hung up', async () => {
      const statuses: unknown[] = []
      for (let i = 0; i < 100; i++) {
        const insert = {
          method: 'POST',
          body: `{"id":${5001 + i},"note":"once"}`,
          headers: { 'idempotency-key': `once-${i}` },
        }
        const client = asked('/orders', insert)
        await new Promise((resolve) => setTimeout(resolve, i % 5))
        client.hangUp()
        await client.outcome
        await eventually('the repetition is answered', async () => {
          const answer = await ask(`${postern.api}/orders`, insert)
          if (answer.code === 'idempotency_key_busy') return false
          statuses.push(answer.status)
          return true
        })
      }
      // Was the first one done and its key free, the second one would meet its row.
      expect(new Set(statuses)).toEqual(new Set([201]))
      expect(await server.sql('SELECT id FROM orders WHERE id > 5000')).toHaveLength(100)
    })

    test('scenario 25: nobody else is hit: 200 clients that hang up at any moment, and one that does not', async () => {
      let stop = false
      let answered = 0
      const others = (async () => {
        const statuses: number[] = []
        while (!stop) {
          statuses.push((await ask(`${postern.api}/orders?id=1`)).status)
          answered++
        }
        return statuses
      })()
      for (let i = 0; i < 200 || answered < 20; i++) {
        const client = asked(`/orders?id=1&note=a`)
        await new Promise((resolve) => setTimeout(resolve, i % 7))
        client.hangUp()
        await client.outcome
      }
      stop = true
      const statuses = await others
      expect(new Set(statuses)).toEqual(new Set([200]))
    })
  })
})
