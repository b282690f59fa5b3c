/** What configuration changes of the API: schemas, hidden names, renamed relations, decimals, limits. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type ConfigInput, startGateway, type TestGateway } from '../support/gateway.ts'
import { onEveryEngine, type SuiteDatabase } from './engines.ts'

onEveryEngine('runs with other configurations', (engine) => {
  let database: SuiteDatabase
  let url: string
  let own: string
  let other: string
  const running: TestGateway[] = []
  beforeAll(async () => {
    database = await engine.start()
    url = database.url
    own = database.schema
    other = await database.another()
    await database.sql(
      `CREATE TABLE ${other}.orders (id int PRIMARY KEY, secret varchar(20), order_id int,
       FOREIGN KEY (order_id) REFERENCES ${own}.orders (id));
     INSERT INTO ${other}.orders VALUES (7, 'x', 1);
     CREATE TABLE ${other}.batch (id int PRIMARY KEY)`,
    )
    await database.sql(engine.negation(`${other}.add_numbers`))
  })
  afterEach(async () => {
    for (const gateway of running.splice(0)) await gateway.stop()
  })
  afterAll(() => database?.stop())

  async function configured(config: ConfigInput) {
    const gateway = await startGateway({ url, config })
    running.push(gateway)
    return async (path: string, headers: Record<string, string> = {}) => {
      const answer = await gateway.request('GET', `/api/v1${path}`, { headers })
      return `${answer.status} ${answer.text}`
    }
  }

  it('serves the default schema unless told otherwise', async () => {
    const get = await configured({})
    expect(await get('/orders/1?select=id')).toBe('200 {"id":1}')
    expect(await get(`/${other}.orders`)).toMatch(/^404 /)
    expect(await get('/batch')).toMatch(/^405 /)
  })

  it('serves the schemas it is told to; of two of one name the later one is reached by its schema', async () => {
    const get = await configured({ api: { schemas: [own, other] } })
    expect(await get('/orders/1?select=id')).toBe('200 {"id":1}')
    expect(await get(`/${other}.orders/7`)).toBe('200 {"id":7,"secret":"x","order_id":1}')
    expect(await get(`/${other}.orders?select=id,order(id)&order.id=1`)).toBe(
      '200 [{"id":7,"order":{"id":1}}]',
    )
    expect(await get(`/${other}.batch`)).toBe('200 []')
    expect(await get('/rpc/add_numbers?a=1&b=10')).toBe('200 11')
    expect(await get(`/rpc/${other}.add_numbers?a=1`)).toBe('200 -1')
    const later = await configured({ api: { schemas: [other, own] } })
    expect(await later('/orders/7?select=id')).toBe('200 {"id":7}')
    expect(await later(`/${own}.orders/1?select=id`)).toBe('200 {"id":1}')
  })

  it('says which schema is missing, and does not serve', async () => {
    const gateway = await startGateway({ url, config: { api: { schemas: ['nowhere'] } }, ready: false })
    running.push(gateway)
    await expect.poll(() => gateway.log(), { timeout: 10_000 }).toContain('nowhere')
    expect((await gateway.request('GET', '/api/v1/orders')).json).toMatchObject({
      status: 503,
      code: 'starting',
    })
  })

  it('hides what it is told to: as if it were not there', async () => {
    const get = await configured({
      api: {
        hide: ['profiles', `${own}.tags`, 'customers.email', 'customers.vip', 'sc*', '*.note', 'add_*'],
      },
    })
    for (const path of ['/profiles', '/tags', '/scores', '/rpc/add_numbers?a=1', '/rpc/add_file'])
      expect(await get(path), path).toMatch(/^404 .*"unknown_resource"/)
    expect(await get('/customers/1')).not.toContain('email')
    expect(await get('/orders/2')).not.toContain('gift')
    for (const query of [
      'select=email',
      'email=x',
      'order=email',
      'profiles.bio=x',
      'select=id,profiles(bio)',
      'filter={"email":null}',
    ]) {
      const answer = await get(`/customers?${query}`)
      expect(answer, query).toMatch(/^400 .*"unknown_(field|relation)"/)
      const { fields = [], relations = [], nearest = '' } = JSON.parse(answer.slice(4))
      expect([...fields, ...relations, nearest].join(), query).not.toMatch(/email|profiles/)
    }
    // The junction is still there, and now goes by the short name that the hidden table had.
    expect(await get('/products/2?select=tags(tag_id)')).toBe('200 {"tags":[{"tag_id":2}]}')
    const catalogue = (await get('')).match(/"vip"|"profiles"|"scores"|"add_file"|v1\/tags"/g)
    expect(catalogue).toBeNull()
    expect(await get('/openapi.json')).not.toMatch(/"vip"|"\/profiles"|"\/tags"|"\/scores"|add_file/)
  })

  it('renames relations', async () => {
    const get = await configured({
      api: {
        relations: {
          customers: { 'orders!customer_id': 'purchases', 'orders!billing_customer_id': 'bills' },
          orders: { billing_customer: 'payer' },
        },
      },
    })
    expect(await get('/customers/2?select=purchases(id),bills(id)')).toBe(
      '200 {"purchases":[{"id":3}],"bills":[{"id":2}]}',
    )
    expect(await get('/orders?select=id,payer(name)&payer.name=Ada')).toBe(
      '200 [{"id":1,"payer":{"name":"Ada"}}]',
    )
    expect(await get('/orders?select=billing_customer(id)')).toMatch(/^400 .*"unknown_relation"/)
  })

  it('writes decimals bare when told to, at the top and inside', async () => {
    const get = await configured({ api: { decimals: 'native' } })
    expect(await get('/orders/1?select=total,items(limit=1;price)')).toBe(
      '200 {"total":45.50,"items":[{"price":0.50}]}',
    )
    expect(await get('/orders/1?select=total', { accept: 'application/json; numbers=string' })).toBe(
      '200 {"total":"45.50"}',
    )
  })

  it('keeps to the limits it is told', async () => {
    const get = await configured({
      api: { defaultLimit: 2, maxLimit: 3, maxDepth: 1, maxConditions: 2, maxEmbeds: 1, maxListValues: 3 },
    })
    expect(await get('/scores?select=id')).toBe('200 [{"id":1},{"id":2}]')
    expect(await get('/scores?select=id&limit=3')).toBe('200 [{"id":1},{"id":2},{"id":3}]')
    for (const query of ['limit=4', 'id[in]=1,2,3,4', 'id=1&id=1&id=1'])
      expect(await get(`/scores?${query}`), query).toMatch(/^400 .*"(invalid_parameter|too_complex)"/)
    for (const select of ['customer(profiles(bio))', 'customer(id),items(line_no)'])
      expect(await get(`/orders?select=${select}`), select).toMatch(/^400 .*"too_complex"/)
    const lines = await get('/scores?select=id', { accept: 'application/x-ndjson' })
    expect(lines.trimEnd().split('\n')).toHaveLength(60)
  })

  it('shows the words of the database in development mode only', async () => {
    const path = '/rpc/refuse'
    const post = async (config: ConfigInput) => {
      const gateway = await startGateway({ url, config })
      running.push(gateway)
      return (await gateway.request('POST', `/api/v1${path}`, { body: { reason: 'because' } })).text
    }
    expect(await post({ api: { development: true } })).toContain('secret of the house: because')
    expect(await post({})).not.toContain('because')
  })

  it('logs at level debug what ran, with placeholders for every value', async () => {
    const gateway = await startGateway({ url, config: { log: { level: 'debug' } } })
    running.push(gateway)
    const row = (id: number) => ({
      id,
      name: 'geheim',
      email: `geheim${id}@x`,
      created_at: '2001-01-01T00:00:00Z',
      vip: false,
      credit: '48731.25',
    })
    const path = '/customers?name=geheim&credit=48731.25'
    const requests: readonly [string, string, unknown?][] = [
      ['POST', '/customers', row(7001)],
      ['POST', '/customers', [row(7002), row(7003)]],
      ['PUT', '/customers/7001', row(7001)],
      ['PATCH', path, { credit: '48731.25' }],
      ['GET', `${path}&select=id,orders!customer_id(id)&order=credit`],
      ['GET', '/rpc/add_numbers?a=48731&b=48731'],
      ['POST', '/batch', [{ method: 'POST', path: '/customers', body: row(7004) }]],
      ['DELETE', path],
    ]
    for (const [method, at, body] of requests) {
      const prefer = method === 'GET' ? 'count=exact' : 'max-affected=10'
      const headers: Record<string, string> = at.includes('credit=') ? { prefer } : {}
      const { status, text } = await gateway.request(method, `/api/v1${at}`, { body, headers })
      expect([method, at, status < 300, text]).toEqual([method, at, true, text])
    }
    const statements = () =>
      gateway
        .log()
        .split('\n')
        .filter((line) => line.includes('"event":"statement"'))
        .map((line) => (JSON.parse(line) as { text?: string }).text ?? '')
    await expect.poll(() => statements().length).toBe(requests.length)
    for (const text of statements()) expect(text).toMatch(/customers|add_numbers/)
    expect(gateway.log()).not.toMatch(/geheim|48731/)
  })
})
