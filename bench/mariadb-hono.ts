/** The yardstick on MariaDB: what a team writes by hand with Hono and mysql2. Prepared statements, rows as objects, the driver's own pool of ten. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import { queries } from './mariadb-queries.ts'

const pool = mysql.createPool({
  uri: process.env['DATABASE_URL'] as string,
  connectionLimit: 10,
  timezone: 'Z',
})
const app = new Hono()
const run = async (text: string, values: (string | number)[]) =>
  (await pool.execute<RowDataPacket[]>(text, values))[0]

app.get('/customers/:id', async (c) => {
  const [row] = await run(queries.customer, [Number(c.req.param('id'))])
  return row ? c.json(row) : c.json({ error: 'not found' }, 404)
})
app.get('/orders', async (c) => c.json(await run(queries.orders, [Number(c.req.query('limit') ?? 50)])))
app.get('/orders/deep-json', async (c) => {
  // The server says which texts are JSON, and mysql2 parses them.
  const orders = await run(queries.ordersDeep, [20])
  return c.json(orders.map((o) => ({ ...o, items: (o['items'] as unknown[] | null) ?? [] })))
})
app.post('/notes', async (c) => {
  const { author, body } = await c.req.json<{ author: string; body: string }>()
  const [row] = await run(queries.insertNote, [author, body])
  return c.json(row, 201)
})

serve({ fetch: app.fetch, port: Number(process.env['PORT']), hostname: '127.0.0.1' })
