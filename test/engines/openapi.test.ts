/** The served OpenAPI document: lints without a finding, describes what is answered, and makes a typed client that works. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import openapiTypes, { astToString } from 'openapi-typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { onEveryEngine, type SuiteDatabase } from './engines.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const here = join(import.meta.dirname, 'openapi')
const quiet = {
  ...process.env,
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  NO_COLOR: '1',
}

onEveryEngine('describes itself', ({ capabilities, start }) => {
  let database: SuiteDatabase
  let gateway: TestGateway
  let folder: string
  let documentFile: string
  // biome-ignore lint/suspicious/noExplicitAny: a document of any form
  let document: any
  beforeAll(async () => {
    database = await start()
    gateway = await startGateway({ url: database.url })
    // Where modules are found as in a user's project.
    folder = await mkdtemp(join(tmpdir(), 'postern-openapi-'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    documentFile = join(folder, 'openapi.json')
    const answer = await gateway.request('GET', '/api/v1/openapi.json')
    document = answer.json
    await writeFile(documentFile, answer.bytes)
  })
  afterAll(async () => {
    await gateway?.stop()
    await database?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  /** What the program prints; its exit code and output when it fails. */
  const output = (program: string, ...args: string[]) =>
    run(process.execPath, [program, ...args], { cwd: folder, env: quiet, maxBuffer: 1 << 26 }).then(
      ({ stdout }) => stdout,
      (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}`,
    )

  it('lints without an error or a warning', async () => {
    const cli = fileURLToPath(import.meta.resolve('@redocly/cli/bin/cli.js'))
    const text = await output(
      cli,
      'lint',
      documentFile,
      '--config',
      join(here, 'redocly.yaml'),
      '--format',
      'json',
    )
    const { totals, problems } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('\n}') + 2))
    const short = problems.map(
      (p: { ruleId: string; message: string; location: { pointer: string }[] }) =>
        `${p.ruleId}: ${p.message} ${p.location[0]?.pointer}`,
    )
    expect(short.slice(0, 20)).toEqual([])
    expect(totals).toMatchObject({ errors: 0, warnings: 0 })
  })

  it('has schemas that rows fit, and answers of every resource and function', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema(document, 'document')
    const fits = (pointer: string, value: unknown) => {
      const validate = ajv.compile({ $ref: `document#${pointer}` })
      expect(validate(value), `${pointer}: ${JSON.stringify(validate.errors)}`).toBe(true)
    }
    const escaped = (path: string) => encodeURIComponent(path.replaceAll('~', '~0').replaceAll('/', '~1'))
    for (const [path, operations] of Object.entries<Record<string, { responses: Record<string, unknown> }>>(
      document.paths,
    )) {
      if (operations['get'] === undefined || path.includes('{') || path.startsWith('/rpc/')) continue
      const answer = await gateway.request('GET', `/api/v1${path}`)
      fits(`/paths/${escaped(path)}/get/responses/200/content/application~1json/schema`, answer.json)
    }
    const orders = await gateway.request(
      'GET',
      '/api/v1/orders?select=*,customer(*),items(*,product(*)),billing_customer(*)',
    )
    fits('/paths/~1orders/get/responses/200/content/application~1json/schema', orders.json)
    const missing = await gateway.request('GET', '/api/v1/orders/99')
    fits('/components/schemas/Problem', missing.json)
    const batch = await gateway.request('POST', '/api/v1/batch', {
      body: [{ method: 'GET', path: '/tags/1' }],
    })
    fits('/paths/~1batch/post/responses/200/content/application~1json/schema', batch.json)
    for (const call of [
      capabilities.routines.defaults ? 'add_numbers?a=1' : 'add_numbers?a=1&b=10',
      'labels_up_to?n=3',
      'orders_of?customer=1',
      'cheapest?at_least=3',
      'cheapest?at_least=3000',
      'nothing_known',
      'split_name?full_name=a%20b',
      'exact_numbers?a=1&b=2',
    ]) {
      const path = `/rpc/${call.split('?')[0]}`
      const answer = await gateway.request('GET', `/api/v1/rpc/${call}`)
      expect(answer.status, call).toBe(200)
      fits(`/paths/${escaped(path)}/get/responses/200/content/application~1json/schema`, answer.json)
    }
  })

  it('has schemas of bodies that take what the gateway takes, and no more', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema(document, 'document')
    const bodyOf = (path: string) =>
      ajv.compile({
        $ref: `document#/paths/${path}/post/requestBody/content/application~1json/schema`,
      })
    const headers = { prefer: 'return=minimal' }
    const { overloads, unnamed, documents } = capabilities.routines
    for (const [path, body, isThere = true] of [
      ['accounts', { id: 900, owner: 'x' }],
      ['accounts', { owner: 'x', balance: 1.5, age: null, active: true, big: 9 }],
      ['accounts', [{ owner: 'x', balance: '1.5' }]],
      ['accounts', { age: 3 }],
      ['accounts', { owner: 'x', nothing: 1 }],
      ['accounts', { owner: 'x', doubled: 1 }],
      ['accounts', { owner: null }],
      ['accounts', { owner: 'x', active: 'maybe' }],
      ['accounts', { owner: 'x'.repeat(21) }],
      ['accounts', 5],
      ['rpc/describe_thing', { id: 5 }, overloads],
      ['rpc/describe_thing', { label: 'x' }, overloads],
      ['rpc/describe_thing', { other: 'x' }, overloads],
      ['rpc/add_numbers', { a: null, b: 1 }],
      ['rpc/add_numbers', { b: 1 }],
      ['rpc/sum_all', { numbers: [1, 2] }, unnamed],
      ['rpc/sum_all', {}, unnamed],
      ['rpc/nameless', { $1: 1, $2: 2 }, unnamed],
      ['rpc/echo_json', { document: [1, { a: null }] }, documents],
    ] as const) {
      if (!isThere) continue
      const { status } = await gateway.request('POST', `/api/v1/${path}`, { body, headers })
      const described = bodyOf(`~1${path.replaceAll('/', '~1')}`)(body)
      expect(`${path} ${JSON.stringify(body)}: ${described}`).toBe(
        `${path} ${JSON.stringify(body)}: ${status < 300}`,
      )
    }
  })

  it('names the headers of answers, and conditions on a row by its key', async () => {
    const told = ['etag', 'location', 'link', 'content-range']
    const minimal = { prefer: 'return=minimal, max-affected=9' }
    for (const [method, path, template, headers, body] of [
      ['GET', '/tags?limit=1', '/tags', { prefer: 'count=exact' }],
      ['GET', '/tags/1', '/tags/{key}', {}],
      ['GET', '/tags/1', '/tags/{key}', { 'if-none-match': '*' }],
      ['POST', '/files', '/files', {}, { path: 'described' }],
      ['POST', '/files', '/files', minimal, [{ path: 'described too' }]],
      ['PUT', '/files/described', '/files/{key}', {}, { size: 1 }],
      ['PUT', '/files/new', '/files/{key}', minimal, { size: 1 }],
      ['PATCH', '/files/new', '/files/{key}', minimal, { size: 2 }],
      ['PATCH', '/files?size=2', '/files', minimal, { size: 3 }],
      ['DELETE', '/files/new', '/files/{key}', {}],
      ['DELETE', '/files', '/files', minimal],
    ] as const) {
      const answer = await gateway.request(method, `/api/v1${path}`, { headers, body })
      const { responses } = document.paths[template][method.toLowerCase()]
      const described = Object.keys(responses[answer.status].headers ?? {}).map((name) => name.toLowerCase())
      const undescribed = Object.keys(answer.headers).filter(
        (name) => told.includes(name) && !described.includes(name),
      )
      expect(undescribed, `${method} ${path} ${answer.status}`).toEqual([])
    }
    for (const operation of ['get', 'patch', 'delete'])
      expect(document.paths['/files/{key}'][operation].parameters).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'size', in: 'query' }),
          { $ref: '#/components/parameters/filter' },
        ]),
      )
  })

  it('makes types with which a client reads and writes rows', async () => {
    await writeFile(join(folder, 'schema.ts'), astToString(await openapiTypes(document)))
    const client = await readFile(join(here, 'client.txt'), 'utf8')
    // Where there are no defaults every argument has to be given.
    const defaulted = capabilities.routines.defaults ? '{ a: 3 }' : '{ a: 3, b: 10 }'
    await writeFile(join(folder, 'client.ts'), client.replace('{ a: 3 }', defaulted))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2024',
          module: 'nodenext',
          strict: true,
          noEmit: true,
          allowImportingTsExtensions: true,
          skipLibCheck: true,
          types: ['node'],
        },
        files: ['client.ts'],
      }),
    )
    expect((await output(join(root, 'node_modules/typescript-7/bin/tsc'), '-p', folder)).slice(0, 3000)).toBe(
      '',
    )
    expect(JSON.parse(await output(join(folder, 'client.ts'), `${gateway.url}/api/v1`))).toEqual([
      ['20.00'],
      201,
      8,
      201,
      'none',
      'Ada',
      [10, 2],
      3,
      13,
      'row_not_found',
      204,
    ])
  })
})
