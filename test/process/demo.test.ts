/** The demo: ready soon, its lines work as printed, and it leaves nothing behind, however it ends. */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Program, startProgram } from '../support/program.ts'

const run = promisify(execFile)
const anyPorts = ['data', 'observe', 'admin'].map((name) => `--listeners.${name}.port=0`)

/** The temporary folder of the program under test; the server's user must be able to reach what is in it. */
let folder: string
let demo: Program | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-demo-test-'))
  await chmod(folder, 0o711)
})
afterEach(async () => {
  demo?.kill('SIGKILL')
  await demo?.ended
  demo = undefined
  await rm(folder, { recursive: true, force: true })
})

async function startDemo(...args: string[]): Promise<{ port: number; databasePort: number }> {
  demo = startProgram(['demo', ...args], { TMPDIR: folder })
  await demo.says(/Ctrl-C ends all of it/, 40_000)
  const [, port] = await demo.says(/API +http:\/\/127\.0\.0\.1:(\d+)/)
  const [, databasePort] = await demo.says(/database +postgres:\/\/shop:\w+@127\.0\.0\.1:(\d+)\/shop/)
  return { port: Number(port), databasePort: Number(databasePort) }
}

/** Nothing listens there any more, and the temporary folder is empty. */
async function expectNothingLeft(databasePort: number): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(await readdir(folder)).toEqual([])
      const server = createServer()
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(databasePort, '127.0.0.1', resolve)
      })
      await new Promise((resolve) => server.close(resolve))
    },
    { timeout: 20_000, interval: 100 },
  )
}

test('is ready within seconds, and the lines it prints work when pasted into a shell', async (context) => {
  const curl = await run('curl', ['--version']).then(
    () => true,
    () => false,
  )
  context.skip(!curl, 'curl is not installed (Debian package curl)')
  const begun = performance.now()
  await startDemo(...anyPorts)
  // Five seconds on an idle machine; the suites share theirs, three files at a time.
  expect(performance.now() - begun).toBeLessThan(40_000)
  const lines = [...(demo?.output.stdout ?? '').matchAll(/^ {2}curl .*$/gm)].map(([line]) => line.trim())
  expect(lines).toHaveLength(3)
  const answers = []
  for (const line of lines) {
    const { stdout } = await run('sh', ['-c', line.replace('curl ', 'curl -sSf ')])
    answers.push(JSON.parse(stdout) as unknown)
  }
  const [orders, countries, paid] = answers
  expect(orders).toHaveLength(3)
  expect(orders).toMatchObject([
    { total: expect.stringMatching(/^\d+\.\d\d$/), customer: { country: expect.any(String) } },
    {
      items: expect.arrayContaining([
        { quantity: expect.any(Number), product: { name: expect.any(String) } },
      ]),
    },
    {},
  ])
  expect(countries).toContainEqual({
    country: 'DE',
    count: expect.any(Number),
    revenue_sum: expect.stringMatching(/^\d+\.\d\d$/),
  })
  expect(paid).toMatchObject({ id: 4990, status: 'paid' })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it in good order and leaves nothing behind',
  async (signal) => {
    const { databasePort } = await startDemo(...anyPorts)
    expect(await readdir(folder)).toHaveLength(1)
    demo?.kill(signal)
    expect(await demo?.ended).toBe(0)
    await expectNothingLeft(databasePort)
  },
)

test('a crash leaves nothing behind either', async () => {
  const { databasePort } = await startDemo(...anyPorts)
  demo?.kill('SIGKILL')
  expect(await demo?.ended).toBe('SIGKILL')
  await expectNothingLeft(databasePort)
})

test('follows a change of the schema while it runs', async () => {
  const { port } = await startDemo(...anyPorts)
  const [, url = ''] = /database +(\S+)/.exec(demo?.output.stdout ?? '') ?? []
  const { default: postgres } = await import('postgres')
  const sql = postgres(url, { max: 1 })
  await sql.unsafe(
    `CREATE TABLE wishes (id int PRIMARY KEY, wish text); INSERT INTO wishes VALUES (1, 'a boat')`,
  )
  await sql.end()
  await vi.waitFor(
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/wishes`)
      expect(await response.json()).toEqual([{ id: 1, wish: 'a boat' }])
    },
    // Announced, not polled: the poll comes every 10 s.
    { timeout: 5000, interval: 100 },
  )
})

test('says which port is taken and what to do, and leaves nothing behind', async () => {
  const squatter = createServer()
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, '127.0.0.1', () => {
      const address = squatter.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  })
  try {
    demo = startProgram(['demo', ...anyPorts.slice(1), `--listeners.data.port=${port}`], { TMPDIR: folder })
    expect(await demo.ended).toBe(1)
    expect(demo.output.stderr).toContain(`127.0.0.1:${port} is taken`)
    expect(demo.output.stderr).toContain('--listeners.data.port=0')
    expect(demo.output.stdout).toBe('')
    expect(await readdir(folder)).toEqual([])
  } finally {
    squatter.close()
  }
})

test('wrong configuration ends it before PostgreSQL is started', async () => {
  demo = startProgram(['demo', '--pools.max=none', '--pool.min=1'], { TMPDIR: folder })
  expect(await demo.ended).toBe(64)
  expect(demo.output.stderr).toContain('pools.max')
  expect(demo.output.stderr).toContain('pool.min')
  expect(demo.output.stderr).not.toContain('Starting PostgreSQL')
})
