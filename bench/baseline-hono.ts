/** The first yardstick: what a team writes by hand with Hono and postgres.js. Rows as objects, the driver's own pool of ten. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import postgres from 'postgres'
import { queries } from './queries.ts'

const sql = postgres(process.env['DATABASE_URL'] as string, { max: 10 })
const app = new Hono()
const run = (text: string, values: (string | number)[]) => sql.unsafe(text, values, { prepare: true })

app.get('/customers/:id', async (c) => {
  const [row] = await run(queries.customer, [Number(c.req.param('id'))])
  return row ? c.json(row) : c.json({ error: 'not found' }, 404)
})
app.get('/orders', async (c) => c.json(await run(queries.orders, [Number(c.req.query('limit') ?? 50)])))
app.get('/orders/deep', async (c) => {
  // Three statements stitched in the handler: what most services do.
  const orders = await run(queries.orders, [20])
  const [customers, items] = await Promise.all([
    sql.unsafe(queries.customersOf, [orders.map((o) => o['customer_id'])], { prepare: true }),
    sql.unsafe(queries.itemsOf, [orders.map((o) => o['id'])], { prepare: true }),
  ])
  const byId = new Map(customers.map((row) => [row['id'], row]))
  return c.json(
    orders.map((o) => ({
      ...o,
      customer: byId.get(o['customer_id']) ?? null,
      items: items.filter((i) => i['order_id'] === o['id']),
    })),
  )
})
app.get('/orders/deep-json', async (c) => c.json(await run(queries.ordersDeep, [20])))
app.post('/notes', async (c) => {
  const { author, body } = await c.req.json<{ author: string; body: string }>()
  const [row] = await run(queries.insertNote, [author, body])
  return c.json(row, 201)
})
app.get('/slow', async (c) => c.json(await run('SELECT pg_sleep(0.5)::text AS slept', [])))

serve({ fetch: app.fetch, port: Number(process.env['PORT']), hostname: '127.0.0.1' })
