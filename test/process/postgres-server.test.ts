/** The servers that tests run on: real, private, stoppable in every way, and gone when their process is gone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { postgresMissing, postgresVersions, startPostgres, type TestPostgres } from '../support/postgres.ts'

const support = join(import.meta.dirname, '../support/postgres.ts')

describe.each(postgresVersions)('PostgreSQL %s', (version) => {
  const missing = postgresMissing(version)
  let server: TestPostgres
  beforeAll(async () => {
    if (missing === undefined) server = await startPostgres({ version, settings: { max_connections: 37 } })
  })
  afterAll(() => server?.stop())

  test('is of that version, has the settings asked for, and gives every test a database of its own', async (context) => {
    context.skip(missing !== undefined, missing)
    const [one, two] = await Promise.all([server.createDatabase(), server.createDatabase('Two-2')])
    expect(
      await server.sql(one, `SELECT current_setting('server_version_num')::int / 10000 AS major`),
    ).toEqual([{ major: version }])
    expect(
      await server.sql(two, `SELECT current_database() AS name, current_setting('max_connections') AS max`),
    ).toEqual([{ name: 'Two-2', max: '37' }])
  })

  test('hangs while it is paused, and goes on afterwards', async (context) => {
    context.skip(missing !== undefined, missing)
    await server.pause()
    let answered = false
    const answer = server.sql(server.url(), 'SELECT 1 AS one').finally(() => (answered = true))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(answered).toBe(false)
    await server.resume()
    expect(await answer).toEqual([{ one: 1 }])
  })

  test('comes back on the same port with its data after a crash', async (context) => {
    context.skip(missing !== undefined, missing)
    const url = await server.createDatabase()
    await server.sql(url, 'CREATE TABLE kept AS SELECT 7 AS number')
    const before = server.pid
    await server.kill('SIGKILL')
    await expect(server.sql(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/)
    await server.restart()
    expect(server.pid).not.toBe(before)
    expect(await server.sql(url, 'TABLE kept')).toEqual([{ number: 7 }])
  })

  test('leaves no process and no folder behind when the process that started it is killed', async (context) => {
    context.skip(missing !== undefined, missing)
    const script = `
      import { startPostgres } from ${JSON.stringify(support)}
      const { pid, dataDir } = await startPostgres({ version: ${version} })
      process.stdout.write(JSON.stringify({ pid, dataDir }) + '\\n')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const { pid, dataDir } = JSON.parse(line.toString()) as { pid: number; dataDir: string }
    await access(dataDir)
    child.kill('SIGKILL')
    await vi.waitFor(
      async () => {
        await expect(access(dirname(dataDir))).rejects.toThrow('ENOENT')
        expect(() => process.kill(pid, 0)).toThrow('ESRCH')
      },
      { timeout: 20_000, interval: 100 },
    )
  })
})
