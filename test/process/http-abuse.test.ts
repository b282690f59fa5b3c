/** Clients that break the rules of HTTP, or stretch them: refused in a form that programs can read, and nobody else notices. */
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, sleep, startPostern } from '../support/process.ts'

let server: TestPostgres
let postern: Postern
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  const url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'a'), (2, 'b');
     CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(seconds)'`,
  )
  postern = await startPostern({
    database: url,
    config: {
      'limits.body': '64KiB',
      'limits.bodies': '1MiB',
      'limits.bodyTimeout': '2s',
      'limits.headers': '4KiB',
      'limits.url': '2KiB',
      'deadlines.default': '500ms',
    },
  })
})
afterAll(async () => {
  await postern.stop()
  await server.stop()
})

// However rude one client was, the next one is served, and nothing unforeseen has happened.
async function stillWell() {
  expect((await ask(`${postern.api}/orders?id=1`)).status).toBe(200)
  expect(postern.log.filter((l) => l.event === 'fault' || l['status'] === 500)).toEqual([])
  expect(postern.output.stderr).toBe('')
}
afterEach(stillWell)

interface Raw {
  readonly socket: Socket
  text(): string
  /** The connection has ended on both sides. */
  readonly closed: Promise<void>
}
function raw(text: string | readonly string[], listener = postern.data): Raw {
  const { hostname, port } = new URL(listener)
  const socket = connect(Number(port), hostname)
  let got = ''
  socket.setEncoding('latin1').on('data', (part: string) => {
    got += part
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  for (const part of typeof text === 'string' ? [text] : text) socket.write(part)
  return { socket, text: () => got, closed }
}

/** Status, headers and problem document of the one answer on a connection. */
function parsed(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 2)]),
  )
  return { status: Number(first.split(' ')[1]), headers, body, problem: () => JSON.parse(body) }
}

test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['a version of the future', 'GET /api/v1/orders HTTP/9.9\r\nhost: x\r\n\r\n', 400],
  ['no Host', 'GET /api/v1/orders HTTP/1.1\r\n\r\n', 400],
  ['a Host that is none', 'GET /api/v1/orders HTTP/1.1\r\nhost: a b/?\r\n\r\n', 400],
  ['two Hosts', 'GET /api/v1/orders HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n', 400],
  ['the same Host twice', 'GET /api/v1/orders HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n', 400],
  [
    'two lengths',
    'POST /api/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    400,
  ],
  [
    'length and chunks',
    'POST /api/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'chunks that are none',
    'POST /api/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    400,
  ],
  ['a header with a NUL', 'GET /api/v1/orders HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n', 400],
])('%s', async (_, text, status) => {
  const client = raw(text)
  await eventually('an answer', () => client.text().includes('}'))
  const answer = parsed(client.text())
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.problem().code).toBe('malformed_request')
  client.socket.destroy()
})

test('headers that are too large: 431 as a problem document, and the connection ends', async () => {
  const client = raw(`GET /api/v1/orders HTTP/1.1\r\nhost: x\r\nbig: ${'x'.repeat(20_000)}\r\n\r\n`)
  await client.closed
  const answer = parsed(client.text())
  expect(answer.status).toBe(431)
  expect(answer.headers['connection']).toBe('close')
  expect(answer.problem()).toMatchObject({ status: 431, code: 'headers_too_large', limit: 6144 })
  await postern.line((l) => l['code'] === 'headers_too_large' && l['route'] === '_OTHER')
})

test('headers above their own limit are refused, also where a short URL leaves room in the head', async () => {
  const head = (bytes: number) =>
    `GET /api/v1/orders?id=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\nbig: ${'x'.repeat(bytes)}\r\n\r\n`
  const large = raw(head(4096))
  await large.closed
  expect(parsed(large.text()).problem()).toMatchObject({
    status: 431,
    code: 'headers_too_large',
    limit: 4096,
  })
  const small = raw(head(4000))
  await small.closed
  expect(parsed(small.text()).status).toBe(200)
})

test('headers are counted in bytes, however many there are', async () => {
  const fields = 'a: b\r\n'.repeat(1500)
  const client = raw(`GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${fields}\r\n`, postern.observe)
  await client.closed
  expect(parsed(client.text())).toMatchObject({ status: 200, body: 'ok\n' })
})

test('a web page of another origin cannot have a browser write: 403, and nothing is written', async () => {
  const head = 'POST /api/v1/orders HTTP/1.1\r\nhost: localhost\r\norigin: http://evil.example\r\n'
  const client = raw(`${head}connection: close\r\ncontent-length: 9\r\n\r\n{"id":92}`)
  await client.closed
  expect(parsed(client.text()).problem()).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await ask(`${postern.api}/orders?id=92`)).text).toBe('[]')
})

test('an expectation that nobody meets: 417 as a problem document', async () => {
  const client = raw(post('content-length: 9\r\nexpect: miracles') + '{"id":91}')
  await client.closed
  expect(parsed(client.text()).problem()).toMatchObject({ status: 417, code: 'expectation_failed' })
  expect((await ask(`${postern.api}/orders?id=91`)).text).toBe('[]')
})

test('OPTIONS * tells what the server as a whole can do', async () => {
  const client = raw('OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await client.closed
  const { status, headers, body } = parsed(client.text())
  expect({ status, allow: headers['allow'], body }).toEqual({
    status: 204,
    allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    body: '',
  })
})

test('a Transfer-Encoding that is not read: 501, and nothing is written', async () => {
  const client = raw(`${post('transfer-encoding: gzip, chunked')}9\r\n{"id":90}\r\n0\r\n\r\n`)
  await client.closed
  expect(parsed(client.text()).problem()).toMatchObject({ status: 501, code: 'not_supported' })
  expect((await ask(`${postern.api}/orders?id=90`)).text).toBe('[]')
})

test('a URL that is too long: 414', async () => {
  const answer = await ask(`${postern.api}/orders?note=${'x'.repeat(3000)}`)
  expect(answer.status).toBe(414)
  expect(answer.json()).toMatchObject({ code: 'url_too_long', limit: 2048 })
})

test('a head that never ends is cut off after ten seconds', async () => {
  const began = performance.now()
  const client = raw('GET /api/v1/orders HTTP/1.1\r\nhost: x\r\n')
  const drip = setInterval(() => client.socket.write('a: b\r\n'), 500)
  await client.closed
  clearInterval(drip)
  expect(parsed(client.text()).status).toBe(408)
  expect(performance.now() - began).toBeLessThan(15_000)
})

test('pipelined requests are answered in order, also when the first is the slowest', async () => {
  const get = (path: string) => `GET /api/v1${path} HTTP/1.1\r\nhost: x\r\n\r\n`
  const client = raw([
    get('/rpc/nap?seconds=0.2'),
    get('/orders?id=1&select=note') + get('/orders?id=2&select=note'),
  ])
  await eventually('three answers', () => client.text().split('HTTP/1.1 200').length === 4)
  const bodies = client
    .text()
    .split('\r\n\r\n')
    .slice(1)
    .map((b) => b.split('HTTP/1.1')[0])
  expect(bodies).toEqual(['1', '[{"note":"a"}]', '[{"note":"b"}]'])
  client.socket.destroy()
})

test('any number of pipelined requests are answered, though no more are read than some wait for an answer', async () => {
  const many = 5000
  const client = raw([
    'GET /api/v1/rpc/nap?seconds=0.2 HTTP/1.1\r\nhost: x\r\n\r\n',
    'OPTIONS /api/v1/orders HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(many),
  ])
  await eventually('all answers', () => client.text().split('HTTP/1.1 204').length === many + 1)
  client.socket.destroy()
})

test('a client that pipelines without end fills no memory and keeps nobody from being served', async () => {
  const before = await postern.rss()
  const client = raw('')
  const requests = 'GET /api/v1/rpc/nap?seconds=0.05 HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1000)
  let sent = 0
  const flood = () => {
    while (client.socket.writable && sent < 500_000) {
      sent += 1000
      if (!client.socket.write(requests)) return
    }
  }
  client.socket.on('drain', flood)
  flood()
  await sleep(2000)
  client.socket.destroy()
  await stillWell()
  expect(((await postern.rss()) - before) / 1024 ** 2).toBeLessThan(256)
})

test('rubbish behind a request does not spoil its answer', async () => {
  const client = raw('GET /api/v1/rpc/nap?seconds=0.2 HTTP/1.1\r\nhost: x\r\n\r\nrubbish\r\n\r\n')
  await client.closed
  const answer = parsed(client.text())
  expect(answer.status).toBe(200)
  expect(answer.body).toBe('1')
})

test('a client that closes its half counts as gone: nothing else tells that a process has ended', async () => {
  const began = performance.now()
  const client = raw('GET /api/v1/rpc/nap?seconds=0.4 HTTP/1.1\r\nhost: x\r\n\r\n')
  await sleep(100)
  client.socket.end()
  await client.closed
  expect(performance.now() - began).toBeLessThan(390)
  await postern.line((l) => l['status'] === 499 && l['resource'] === 'nap')
})

test('the target may be a whole URL, as clients of proxies send it', async () => {
  const client = raw(
    'GET http://shop.example/api/v1/orders?id=1&select=note HTTP/1.1\r\nhost: shop.example\r\n\r\n',
  )
  await eventually('an answer', () => client.text().includes(']'))
  expect(parsed(client.text()).body).toBe('[{"note":"a"}]')
  client.socket.destroy()
})

test('HTTP/1.0 without Host is served', async () => {
  const client = raw('GET /api/v1/orders?id=1&select=note HTTP/1.0\r\n\r\n')
  await client.closed
  expect(parsed(client.text())).toMatchObject({ status: 200, body: '[{"note":"a"}]' })
})

const post = (headers: string) =>
  `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`

test('a body slower than limits.bodyTimeout: 408; its own time is not that of the statement', async () => {
  const client = raw([post('content-length: 100'), '{"id":'])
  const began = performance.now()
  await eventually('an answer', () => client.text().includes('}'))
  expect(performance.now() - began).toBeGreaterThanOrEqual(1950)
  expect(parsed(client.text()).problem()).toMatchObject({ status: 408, code: 'request_timeout' })
  client.socket.destroy()

  // Slower than the deadline, but in time for a body: the deadline begins with the work.
  const slow = raw([post('content-length: 9'), '{"id"'])
  await sleep(600)
  slow.socket.write(':50}')
  await eventually('an answer', () => slow.text())
  expect(parsed(slow.text()).status).toBe(201)
  slow.socket.destroy()
})

test('a body that is too large by its Content-Length: 413, before any of it is sent', async () => {
  const client = raw(post('content-length: 1000000000\r\nexpect: 100-continue'))
  await eventually('an answer', () => client.text().includes('}'))
  expect(client.text()).not.toContain('100 Continue')
  expect(parsed(client.text()).problem()).toMatchObject({
    status: 413,
    code: 'body_too_large',
    limit: 65_536,
  })
  client.socket.destroy()
})

test('a body that is wanted is asked for', async () => {
  const client = raw(post('content-length: 9\r\nexpect: 100-continue'))
  await eventually('it is asked for', () => client.text().startsWith('HTTP/1.1 100 Continue'))
  client.socket.write('{"id":51}')
  await eventually('an answer', () => client.text().includes('201'))
  client.socket.destroy()
})

test('a body that is too large by its chunks: 413, without reading all of it', async () => {
  const client = raw(post('transfer-encoding: chunked'))
  const chunk = `10000\r\n${'x'.repeat(0x1_0000)}\r\n`
  let sent = 0
  let over = false
  void client.closed.then(() => {
    over = true
  })
  // A client that would go on for a gigabyte.
  while (!over && sent < 1024 ** 3) {
    sent += chunk.length
    if (!client.socket.write(chunk))
      await Promise.race([new Promise((resolve) => client.socket.once('drain', resolve)), client.closed])
  }
  expect(sent).toBeLessThan(256 * 1024 ** 2)
  expect(parsed(client.text()).problem()).toMatchObject({ status: 413, code: 'body_too_large' })
})

test('bodies that wait to be whole have a bound together, and small ones always have room', async () => {
  // Each grows to 64 KiB, so that sixteen of them would fill the room.
  const parts = Array.from({ length: 20 }, () =>
    raw([post('content-length: 65000'), '{"note":"', 'n'.repeat(60_000)]),
  )
  await eventually('one is refused', () => parts.some((client) => client.text()))
  const refused = parts.find((client) => client.text()) as Raw
  expect(parsed(refused.text()).problem()).toMatchObject({ code: 'overloaded', limit: 1024 ** 2 })
  expect((await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":61}' })).status).toBe(201)
  for (const client of parts) client.socket.destroy()
  // What they took is given back.
  const body = JSON.stringify({ id: 62, note: 'n'.repeat(60_000) })
  await eventually(
    'a large one is taken',
    async () => (await ask(`${postern.api}/orders`, { method: 'POST', body })).status === 201,
  )
})

test('a body in chunks of one byte costs its size, not a hundred times that', async () => {
  const before = await postern.rss()
  const text = `{"id":60,"note":"${'n'.repeat(40_000)}"}`
  const client = raw([
    post('transfer-encoding: chunked'),
    `${[...text].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`,
  ])
  await eventually('an answer', () => client.text())
  expect(parsed(client.text()).status).toBe(201)
  expect(((await postern.rss()) - before) / 1024 ** 2).toBeLessThan(64)
  client.socket.destroy()
})

test('a client that hangs up in the middle of its body is logged as 499', async () => {
  const client = raw([post('content-length: 100'), '{"id":70'])
  await sleep(100)
  client.socket.destroy()
  await postern.line((l) => l['status'] === 499 && l['method'] === 'POST')
})

test('conditional headers that cannot be read are refused before anything is written', async () => {
  const answer = await ask(`${postern.api}/orders`, {
    method: 'POST',
    body: '{"id":80}',
    headers: { 'if-none-match': 'not an etag' },
  })
  expect(answer.status).toBe(400)
  expect(answer.code).toBe('malformed_header')
  expect((await ask(`${postern.api}/orders?id=80`)).text).toBe('[]')
})

test('methods that nobody knows are refused, and CONNECT and Upgrade change nothing', async () => {
  expect((await ask(`${postern.api}/orders`, { method: 'PROPFIND' })).status).toBe(405)
  const connecting = raw('CONNECT example:443 HTTP/1.1\r\nhost: example:443\r\n\r\n')
  await connecting.closed
  expect(connecting.text()).not.toContain(' 200 ')
  const upgrading = await ask(`${postern.api}/orders?id=1`, {
    headers: { connection: 'upgrade', upgrade: 'websocket' },
  })
  expect(upgrading.status).toBe(200)
})
