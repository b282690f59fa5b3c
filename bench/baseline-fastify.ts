/** The second yardstick: what a team writes by hand with Fastify and pg. Named statements, pool of ten. */
import Fastify from 'fastify'
import pg from 'pg'
import { queries } from './queries.ts'

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
const app = Fastify()
const run = async (name: keyof typeof queries, values: unknown[]) =>
  (await pool.query({ name, text: queries[name], values })).rows as Record<string, unknown>[]

app.get<{ Params: { id: string } }>('/customers/:id', async (request, reply) => {
  const [row] = await run('customer', [Number(request.params.id)])
  return row ?? reply.code(404).send({ error: 'not found' })
})
app.get<{ Querystring: { limit?: string } }>('/orders', (request) =>
  run('orders', [Number(request.query.limit ?? 50)]),
)
app.get('/orders/deep', async () => {
  const orders = await run('orders', [20])
  const [customers, items] = await Promise.all([
    run('customersOf', [orders.map((o) => o['customer_id'])]),
    run('itemsOf', [orders.map((o) => o['id'])]),
  ])
  const byId = new Map(customers.map((row) => [row['id'], row]))
  return orders.map((o) => ({
    ...o,
    customer: byId.get(o['customer_id']) ?? null,
    items: items.filter((i) => i['order_id'] === o['id']),
  }))
})
app.get('/orders/deep-json', () => run('ordersDeep', [20]))
app.post<{ Body: { author: string; body: string } }>('/notes', async (request, reply) => {
  const [row] = await run('insertNote', [request.body.author, request.body.body])
  return reply.code(201).send(row)
})
app.get('/slow', async () => (await pool.query('SELECT pg_sleep(0.5)::text AS slept')).rows)

await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' })
