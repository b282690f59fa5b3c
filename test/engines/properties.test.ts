/** Random requests against the whole gateway: valid ones answer as a plain model does, hostile ones never find a fault. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operators } from '#contract/request.ts'
import { type Answer, startGateway, type TestGateway } from '../support/gateway.ts'
import { mariadbMissing, startMariadb } from '../support/mariadb.ts'
import { mysqlMissing, startMysql, type TestMysql } from '../support/mysql.ts'
import { postgresMissing, postgresVersions, startPostgres } from '../support/postgres.ts'
import { sqlServerMissing, startSqlServer } from '../support/sqlserver.ts'
import { schemaText } from './engines.ts'
import { someArguments, someHeaders, someJson, someParameter, somePath, someValue } from './hostile.ts'
import { answerOf, mariadbModel, type Model, postgresModel, sqlServerModel } from './model.ts'
import { filterJson, filterParameters, orderText, queriesOf } from './model.requests.ts'
import { samplesOf as mysqlSamples } from './mysql/types.samples.ts'
import { madeTypes, samplesOf } from './postgres/types.samples.ts'
import { samples as sqlServerSamples } from './sqlserver/types.samples.ts'
import { checkAnswer } from './suite/context.ts'

const [version] = postgresVersions
const samples = samplesOf(version)

/** An engine with the suite's schema, the model, and a column of every type it has (c0, c1, …) in the table `everything`. */
interface Subject {
  readonly name: string
  readonly missing: string | undefined
  readonly model: Model
  readonly columns: number
  start(): Promise<{ url: string; stop(): Promise<void> }>
}

const postgres: Subject = {
  name: `PostgreSQL ${version}`,
  missing: postgresMissing(version),
  model: postgresModel,
  columns: samples.length,
  async start() {
    const server = await startPostgres({ version })
    const url = await server.createDatabase()
    const columns = samples.map(({ type }, i) => `c${i} ${type === 'char' ? '"char"' : type}`)
    await server.sql(url, `${await schemaText('postgres.sql')}; ${postgresModel.setup}`)
    await server.sql(url, `${madeTypes} CREATE TABLE everything (id int PRIMARY KEY, ${columns.join()})`)
    return { url, stop: () => server.stop() }
  },
}

/** @param native a type of the model's tables as this server has it */
const mysqlSubject = (
  name: 'MariaDB' | 'MySQL',
  missing: string | undefined,
  startServer: () => Promise<TestMysql>,
  native: (sql: string) => string = (sql) => sql,
): Subject => ({
  name,
  missing,
  model: mariadbModel,
  columns: mysqlSamples(name).length,
  async start() {
    const server = await startServer()
    const url = await server.createDatabase()
    const columns = mysqlSamples(name).map(({ type }, i) => `c${i} ${type}`)
    await server.sql(url, native(await schemaText('mysql.sql')))
    await server.sql(url, native(mariadbModel.setup))
    await server.sql(
      url,
      `SET sql_mode = 'NO_BACKSLASH_ESCAPES'; CREATE TABLE everything (id int PRIMARY KEY, ${columns.join()})`,
    )
    return { url, stop: () => server.stop() }
  },
})
const mariadb = mysqlSubject('MariaDB', mariadbMissing(), () => startMariadb())
const mysql = mysqlSubject(
  'MySQL',
  mysqlMissing(),
  async () => startMysql(),
  (sql) => sql.replaceAll(/\buuid\b/g, 'char(36)'),
)

const sqlServer: Subject = {
  name: 'SQL Server',
  missing: sqlServerMissing(),
  model: sqlServerModel,
  columns: sqlServerSamples.length,
  async start() {
    const server = await startSqlServer()
    const url = await server.createDatabase()
    const columns = sqlServerSamples.map(({ type }, i) => `c${i} ${type.replace('(v,', `(c${i},`)}`)
    await server.sql(url, await schemaText('sqlserver.sql'))
    await server.sql(url, sqlServerModel.setup)
    await server.sql(url, `CREATE TABLE everything (id int PRIMARY KEY, ${columns.join()})`)
    return { url, stop: () => server.stop() }
  },
}

const e = encodeURIComponent

/** Statuses of 500 and above that are documented answers to what a client may ask. */
const documented = new Set([501, 504])

for (const { name, missing, model, columns, start } of [postgres, mariadb, mysql, sqlServer])
  describe(name, () => {
    if (missing !== undefined) {
      it('answers random requests', ({ skip }) => skip(missing))
      return
    }
    let database: Awaited<ReturnType<Subject['start']>>
    let gateway: TestGateway
    beforeAll(async () => {
      database = await start()
      gateway = await startGateway({ url: database.url, config: { deadlines: { default: '10s' } } })
    })
    afterAll(async () => {
      await gateway?.stop()
      await database?.stop()
    })

    function checkHarmless(method: string, path: string, answer: Answer): void {
      if (answer.status >= 500 && !documented.has(answer.status))
        throw new Error(`${method} ${path}\n${answer.status} ${answer.text}\n${gateway.log().slice(-1500)}`)
      checkAnswer(method, path, answer)
    }

    it('answers valid reads as the model does, page by page', { timeout: 500_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(
          queriesOf(model),
          fc.integer({ min: 1, max: 25 }),
          fc.integer({ min: 0, max: 10 }),
          fc.boolean(),
          async (query, limit, offset, flat) => {
            const { filter, order, select } = query
            const parameters = [`select=${select.join()}`, `limit=${limit}`]
            const asParameters = flat && filter !== undefined ? filterParameters(filter) : undefined
            if (asParameters !== undefined) parameters.push(...asParameters)
            else if (filter !== undefined) parameters.push(`filter=${e(filterJson(filter))}`)
            if (order.length > 0) parameters.push(`order=${orderText(order)}`)
            if (offset > 0) parameters.push(`offset=${offset}`)
            const expected = answerOf(model, query)

            let path = `/api/v1/model?${parameters.join('&')}`
            for (let at = offset; ; at += limit) {
              const answer = await gateway.request('GET', path, { headers: { prefer: 'count=exact' } })
              expect(answer.text, path).toBe(`[${expected.slice(at, at + limit).join()}]`)
              expect(answer.headers['content-range'], path).toMatch(new RegExp(`/${expected.length}$`))
              const link = answer.headers['link']
              expect(link !== undefined, path).toBe(at + limit < expected.length)
              if (link === undefined) return
              path = /^<(.*)>; rel="next"$/.exec(link)?.[1] ?? ''
            }
          },
        ),
        { numRuns: 800, includeErrorInReport: true },
      )
    })

    it('embeds lists in lists as the model does', { timeout: 500_000 }, async () => {
      const childrenOf = (parent: string | null) => model.rows.filter((row) => row.parent_id === parent)
      const some = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })
      await fc.assert(
        fc.asyncProperty(queriesOf(model), some, some, async (query, limit, offset) => {
          const options = [
            ...(query.filter === undefined ? [] : [`filter=${filterJson(query.filter)}`]),
            ...(query.order.length === 0 ? [] : [`order=${orderText(query.order)}`]),
            ...(limit === undefined ? [] : [`limit=${limit}`]),
            ...(offset === undefined ? [] : [`offset=${offset}`]),
          ]
          const select = `id,model(id,model(${[...options, query.select.join()].join(';')}))`
          const path = `/api/v1/model?limit=100&select=${e(select)}`
          const inner = (id: string | null) =>
            answerOf(model, query, childrenOf(id)).slice(offset ?? 0, (offset ?? 0) + (limit ?? 100))
          const outer = (id: string | null) =>
            childrenOf(id).map((row) => `{"id":${row.id},"model":[${inner(row.id).join()}]}`)
          const rows = model.rows.map((row) => `{"id":${row.id},"model":[${outer(row.id).join()}]}`)
          expect((await gateway.request('GET', path)).text, path).toBe(`[${rows.join()}]`)
        }),
        { numRuns: 300, includeErrorInReport: true },
      )
    })

    it('finds no fault in whatever clients ask', { timeout: 500_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
          somePath,
          fc.array(someParameter, { maxLength: 4 }),
          someHeaders,
          fc.oneof(
            someJson,
            someArguments.map((args) => JSON.stringify(args)),
          ),
          async (method, path, parameters, headers, json) => {
            const url = `/api/v1/${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`
            const sends = method === 'POST' || method === 'PUT' || method === 'PATCH'
            const answer = await gateway.request(method, url, { headers, ...(sends && { body: json }) })
            checkHarmless(method, url, answer)
          },
        ),
        { numRuns: 9000, includeErrorInReport: true },
      )
    })

    it('finds no fault in values of every type', { timeout: 500_000 }, async () => {
      const column = fc.constantFrom(...Array.from({ length: columns }, (_, i) => `c${i}`))
      await fc.assert(
        fc.asyncProperty(
          column,
          fc.oneof(
            someValue.map((value) => JSON.stringify(value)),
            someJson,
          ),
          fc.constantFrom(...operators),
          async (name, json, operator) => {
            const headers = { 'content-type': 'application/json' }
            const put = await gateway.request('PUT', '/api/v1/everything/1', {
              body: `{"${name}":${json}}`,
              headers,
            })
            checkHarmless('PUT', json, put)
            const path = `/api/v1/everything?filter=${e(`{"${name}":{"${operator}":${json}}}`)}&order=-${name}`
            checkHarmless('GET', path, await gateway.request('GET', path))
          },
        ),
        { numRuns: 7000, includeErrorInReport: true },
      )
    })

    it('finds no fault in batches', { timeout: 500_000 }, async () => {
      const someItem = fc.record(
        {
          method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', ''),
          path: fc.oneof(
            somePath.map((path) => `/${path}`),
            someValue,
          ),
          body: fc.jsonValue({ maxDepth: 2 }),
          headers: fc.oneof(someHeaders, fc.jsonValue({ maxDepth: 1 })),
        },
        { requiredKeys: ['method'] },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(someItem, { maxLength: 4 }), async (items) => {
          checkHarmless(
            'POST',
            JSON.stringify(items),
            await gateway.request('POST', '/api/v1/batch', { body: items }),
          )
        }),
        { numRuns: 800, includeErrorInReport: true },
      )
    })

    it('answers bytes that are hardly HTTP with HTTP, and never with a fault', {
      timeout: 500_000,
    }, async () => {
      const someBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('GET', 'POST', 'get', 'BREW', ''),
          someBytes,
          someBytes,
          fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9'),
          fc.boolean(),
          async (method, path, header, version, absolute) => {
            const text = await gateway.raw(
              Buffer.concat([
                Buffer.from(`${method} ${absolute ? 'http://other.example' : ''}/api/v1/`),
                path,
                Buffer.from(` ${version}\r\nHost: localhost\r\nConnection: close\r\nX-Any: `),
                header,
                Buffer.from('\r\n\r\n'),
              ]),
            )
            const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text.toString('latin1'))?.[1] ?? 0)
            // The bytes may hold the end of the head, and what follows then is another request.
            expect(status, text.toString('latin1')).toBeGreaterThanOrEqual(200)
            expect(status, text.toString('latin1')).toBeLessThan(500)
          },
        ),
        { numRuns: 800, includeErrorInReport: true },
      )
    })

    it('still serves after all that', async () => {
      const answer = await gateway.request('GET', '/api/v1/tags/1')
      expect(answer.text).toBe('{"id":1,"label":"green"}')
    })
  })
