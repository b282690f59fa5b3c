/** Wrong arguments and configuration end the real process with exit code 64, every fault at once, before anything is opened. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const main = join(import.meta.dirname, '../../src/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'postern-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Loaded before the program: says on standard error when it opens a port or a connection. */
const netProbe = `--import=data:text/javascript,${encodeURIComponent(`
  import { Server, Socket } from 'node:net'
  for (const [type, method] of [[Server, 'listen'], [Socket, 'connect']]) {
    const original = type.prototype[method]
    type.prototype[method] = function (...parameters) {
      process.stderr.write('PROBE ' + method + '\\n')
      return original.apply(this, parameters)
    }
  }
`)}`

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}
function postern(argv: string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [netProbe, main, ...argv], { cwd: folder, env })
    const outcome: Outcome = { code: null, stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...outcome, code }))
  })
}
function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

describe('check --offline', () => {
  test('is content with good configuration, says so and exits with 0', async () => {
    const config = write('good.yaml', "database: {url: 'postgres://shop:${PW}@db/shop'}\npools: {max: 5}\n")
    expect(await postern(['check', '--offline', `--config=${config}`], { PW: 'geheim' })).toEqual({
      code: 0,
      stdout: 'configuration: ok\n',
      stderr: '',
    })
  })

  test('reports the faults of file, environment and flags at once, and exits with 64', async () => {
    const config = write('bad.yaml', 'database:\n  hots: db\npools:\n  mx: 5\n  acquireTimeout: 500\n')
    const argv = ['check', '--offline', `--config=${config}`, '--pools.max=none', '--ofline']
    const { code, stdout, stderr } = await postern(argv, {
      POSTERN_POOLS_MNI: '1',
      POSTERN_LOG_LEVEL: 'loud',
    })
    expect(code).toBe(64)
    expect(stdout).toBe('')
    expect(stderr.trimEnd().split('\n')).toEqual([
      'postern: POSTERN_POOLS_MNI: unknown variable, did you mean POSTERN_POOLS_MIN? (environment)',
      'postern: --ofline: unknown flag, did you mean --offline? (command line)',
      'postern: database.hots: unknown key, did you mean database.host? (bad.yaml:2)',
      'postern: pools.mx: unknown key, did you mean pools.max? (bad.yaml:4)',
      'postern: database.url: give database.url, or database.host and the other parts (bad.yaml:1)',
      'postern: pools.max: expected a whole number, 1 to 1000, got "none" (flag --pools.max)',
      'postern: pools.acquireTimeout: expected a duration such as 500ms, 2s or 30m, 10ms to 1m, got 500 (bad.yaml:5)',
      'postern: log.level: expected one of error, warn, info or debug, got "loud" (environment POSTERN_LOG_LEVEL)',
    ])
  })

  test('gives the same as JSON', async () => {
    const { code, stdout, stderr } = await postern([
      'check',
      '--offline',
      '--format=json',
      '--database.host=db',
      '--pools.max=0',
    ])
    expect(code).toBe(64)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      faults: [
        {
          key: 'pools.max',
          message: 'expected a whole number, 1 to 1000, got 0',
          origin: 'flag --pools.max',
        },
      ],
      warnings: [],
      hints: [],
    })
  })

  test('reads a mounted ConfigMap, and passes over its machinery and the variables of Services', async () => {
    const mount = join(folder, 'mount')
    mkdirSync(join(mount, '..2026_11_25'), { recursive: true })
    writeFileSync(join(mount, '..2026_11_25', '10-base.yaml'), 'database: {host: db}\npools: {max: 5}\n')
    writeFileSync(join(mount, '..2026_11_25', '20-more.yaml'), 'pools: {min: 6}\n')
    symlinkSync('..2026_11_25', join(mount, '..data'))
    for (const name of ['10-base.yaml', '20-more.yaml']) symlinkSync(`..data/${name}`, join(mount, name))
    const { code, stderr } = await postern(['check', '--offline'], {
      POSTERN_CONFIG_DIR: mount,
      POSTERN_SERVICE_HOST: '10.0.0.7',
      POSTERN_PORT: 'tcp://10.0.0.7:6421',
      POSTERN_PORT_6421_TCP_ADDR: '10.0.0.7',
    })
    expect(stderr).toBe(`postern: pools.min: is 6, above pools.max (5) (${mount}/20-more.yaml:1)\n`)
    expect(code).toBe(64)
  })

  test('shows no secret, whatever is wrong', async () => {
    const config = write(
      'secret.yaml',
      "database: {url: 'oracle://u:geheim1@db/x', pasword: geheim2, password: [geheim3], port: '${S}'}\napi: {cursorSecret: geheim4}\n",
    )
    const broken = write('broken.yaml', 'database: {password: "geheim5\n')
    const env = { S: 'geheim6', POSTERN_DATABASE_PASWORD: 'geheim7', POSTERN_POOLS: 'geheim8' }
    const first = await postern(
      ['check', '--offline', `--config=${config}`, '--database.pasword', 'geheim9', 'geheim10'],
      env,
    )
    const second = await postern(['check', '--offline', `--config=${broken}`], env)
    expect([first.code, second.code]).toEqual([64, 64])
    expect(first.stderr.trimEnd().split('\n').length).toBeGreaterThanOrEqual(9)
    expect(second.stderr).toMatch(/not valid YAML: .* \(broken\.yaml:\d+:\d+\)/)
    expect(first.stdout + first.stderr + second.stdout + second.stderr).not.toContain('geheim')
  })
})

describe('serve', () => {
  test('with wrong configuration exits with 64 and opens neither port nor connection', async () => {
    const { code, stderr } = await postern([
      'serve',
      '--database.host=db',
      '--listeners.data.port=0',
      '--pools.mx=5',
    ])
    expect(code).toBe(64)
    expect(stderr).toBe('postern: --pools.mx: unknown flag, did you mean --pools.max? (command line)\n')
  })

  test('does not listen beyond loopback unless somebody wrote that nobody need log in', async () => {
    const { code, stderr } = await postern(['serve', '--database.host=db', '--listeners.data.host=0.0.0.0'])
    expect(code).toBe(64)
    expect(stderr).toMatch(
      /^postern: auth\.mode: listeners\.data\.host is 0\.0\.0\.0, .*write auth\.mode: none/,
    )
  })
})

describe('wait', () => {
  test('ends with 0 when the probe says ready, and with 1 and the last answer when it does not in time', async () => {
    let asked = 0
    const server = createServer((request, response) => {
      asked += 1
      const ready = request.url === '/later' && asked >= 3
      response.writeHead(ready ? 200 : 503).end('database: down')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const ready = await postern(['wait', `--url=${origin}/later`, '--interval=10ms', '--timeout=30s'])
      expect(ready.code).toBe(0)
      // The probe of this file works: asking is a connection.
      expect(ready.stderr).toContain('PROBE connect')
      const never = await postern(['wait', `--url=${origin}/never`, '--interval=10ms', '--timeout=3s'])
      expect(never.code).toBe(1)
      expect(never.stderr).toContain(`${origin}/never was not ready within 3s: status 503 database: down`)
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

describe('the command line', () => {
  test('knows its commands, and the nearest to what was written', async () => {
    const unknown = await postern(['chekc'])
    expect(unknown).toEqual({
      code: 64,
      stdout: '',
      stderr: 'postern: unknown command "chekc", did you mean check?\n',
    })
    const nothing = await postern([])
    expect(nothing.code).toBe(64)
    expect(nothing.stderr).toContain('usage:')
  })

  test('explains itself and tells its version', async () => {
    const help = await postern(['check', '--help'])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('--pools.acquireTimeout=<duration, 10ms to 1m>')
    const version = await postern(['--version'])
    expect(version).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^postern \d+\.\d+\.\d+\n$/),
      stderr: '',
    })
  })
})
