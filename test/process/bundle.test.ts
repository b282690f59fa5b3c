/** The bundle as the image runs it: compiled by V8 beforehand, and none the worse where that does not fit. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileFlags, imageFlags } from '../../scripts/image-command.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, startPostern } from '../support/process.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

let server: TestPostgres
let url: string
let dist: string
beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'postern-dist-'))
  await run(process.execPath, [join(root, 'scripts/build.ts'), dist])
  await run(process.execPath, [...compileFlags, join(dist, 'compile.js')])
  server = await startPostgres({ version: 18 })
  url = await server.createDatabase()
  await server.sql(
    url,
    "CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'a')",
  )
})
afterAll(async () => {
  await server?.stop()
  await rm(dist, { recursive: true, force: true })
})

const versionBy = async (flags: readonly string[]) => {
  const { stdout, stderr } = await run(process.execPath, [...flags, join(dist, 'start.js'), '--version'])
  return stdout + stderr
}
const version = /^postern \d+\.\d+\.\d+\n$/

test('is compiled with the flags that it runs with', () => {
  expect(compileFlags).toEqual(imageFlags)
})

test('is taken as compiled by V8, every file of it', async () => {
  const files = ['main.js', ...(await readdir(join(dist, 'chunks'))).filter((name) => name.endsWith('.js'))]
  // A module that is given anything but what V8 would have made of it with these flags throws.
  const check = `
    import { readFileSync } from 'node:fs'
    import { setFlagsFromString } from 'node:v8'
    import { SourceTextModule } from 'node:vm'
    // As main.js does, before most of them are loaded.
    setFlagsFromString('--no-allocation-site-pretenuring')
    for (const name of ${JSON.stringify(files)}) {
      const code = readFileSync(name === 'main.js' ? name : 'chunks/' + name, 'utf8')
      new SourceTextModule(code, { cachedData: readFileSync('compiled/' + name + '.bin') })
    }
    console.log('taken')`
  const take = (flags: readonly string[]) =>
    run(process.execPath, [...flags, '--input-type=module', '-e', check], { cwd: dist })
  expect(files.length).toBeGreaterThan(20)
  expect((await take(imageFlags)).stdout).toBe('taken\n')
  await expect(take([...imageFlags, '--stack-size=900'])).rejects.toThrow(
    'ERR_VM_MODULE_CACHED_DATA_REJECTED',
  )
})

test('serves, and keeps standard error to itself', async () => {
  const postern = await startPostern({ database: url, program: [...imageFlags, join(dist, 'start.js')] })
  try {
    expect((await ask(`${postern.api}/orders`)).json()).toEqual([{ id: 1, note: 'a' }])
    expect((await ask(`${postern.api}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' })
    expect(postern.output.stderr).toBe('')
  } finally {
    expect(await postern.stop()).toBe(0)
  }
})

test('allocates nothing of requests where only full collections look', async () => {
  const flags = [...imageFlags, '--max-semi-space-size=1', '--trace-pretenuring-statistics']
  const postern = await startPostern({ database: url, program: [...flags, join(dist, 'start.js')] })
  try {
    const client = async () => {
      for (let i = 0; i < 60; i++) expect((await ask(`${postern.api}/orders/1`)).status).toBe(200)
    }
    await Promise.all(Array.from({ length: 64 }, client))
    expect(postern.output.stdout).not.toMatch(/ => tenure$/m)
  } finally {
    expect(await postern.stop()).toBe(0)
  }
})

test('runs with other flags, and without those that it needs for this', async () => {
  expect(await versionBy([...imageFlags, '--stack-size=900'])).toMatch(version)
  expect(await versionBy([])).toMatch(version)
})

test('runs when what was compiled is damaged, cut short or gone', async () => {
  const compiled = join(dist, 'compiled')
  const [first = ''] = (await readdir(compiled)).filter((name) => name.startsWith('chunk-'))
  await truncate(join(compiled, first), 1000)
  await writeFile(join(compiled, 'main.js.bin'), 'no code of V8')
  expect(await versionBy(imageFlags)).toMatch(version)
  await rm(compiled, { recursive: true })
  expect(await versionBy(imageFlags)).toMatch(version)
})
