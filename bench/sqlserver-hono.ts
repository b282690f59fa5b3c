/** The yardstick on SQL Server: what a team writes by hand with Hono and tedious. Parameters, rows as objects, ten connections in a list. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { type Connection, Request, TYPES } from 'tedious'
import { connect } from '../test/support/sqlserver.ts'
import { queries } from './sqlserver-queries.ts'

type Row = Record<string, unknown>
const url = new URL(process.env['DATABASE_URL'] as string)

const idle = await Promise.all(Array.from({ length: 10 }, () => connect(url)))
const waiting: ((connection: Connection) => void)[] = []
const take = () => idle.pop() ?? new Promise<Connection>((resolve) => waiting.push(resolve))
const giveBack = (connection: Connection) => {
  const next = waiting.shift()
  if (next === undefined) idle.push(connection)
  else next(connection)
}

async function run(text: string, values: Record<string, string | number>): Promise<Row[]> {
  const connection = await take()
  try {
    return await new Promise<Row[]>((resolve, reject) => {
      const rows: Row[] = []
      const request = new Request(text, (error) => (error ? reject(error) : resolve(rows)))
      for (const [name, value] of Object.entries(values))
        request.addParameter(name, typeof value === 'number' ? TYPES.Int : TYPES.NVarChar, value)
      request.on('row', (cells: { metadata: { colName: string }; value: unknown }[]) => {
        const row: Row = {}
        for (const { metadata, value } of cells) row[metadata.colName] = value
        rows.push(row)
      })
      connection.execSql(request)
    })
  } finally {
    giveBack(connection)
  }
}

const app = new Hono()
app.get('/customers/:id', async (c) => {
  const [row] = await run(queries.customer, { id: Number(c.req.param('id')) })
  return row ? c.json(row) : c.json({ error: 'not found' }, 404)
})
app.get('/orders', async (c) =>
  c.json(await run(queries.orders, { limit: Number(c.req.query('limit') ?? 50) })),
)
app.get('/orders/deep-json', async (c) => {
  const orders = await run(queries.ordersDeep, { limit: 20 })
  const parsed = (text: unknown) => (typeof text === 'string' ? JSON.parse(text) : null)
  return c.json(
    orders.map((o) => ({ ...o, customer: parsed(o['customer']), items: parsed(o['items']) ?? [] })),
  )
})
app.post('/notes', async (c) => {
  const { author, body } = await c.req.json<{ author: string; body: string }>()
  const [row] = await run(queries.insertNote, { author, body })
  return c.json(row, 201)
})

serve({ fetch: app.fetch, port: Number(process.env['PORT']), hostname: '127.0.0.1' })
