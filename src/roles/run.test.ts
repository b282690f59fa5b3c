import { expect, test } from 'vitest'
import { GatewayError } from '#base/errors.ts'
import { commands } from './commands.ts'
import { faultInOneLine, runCommandLine } from './run.ts'

async function run(...argv: string[]) {
  let stdout = ''
  let stderr = ''
  const code = await runCommandLine({
    argv,
    env: {},
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
  })
  return { code, stdout, stderr }
}

test('nothing at all is a wrong use, and shows the manual', async () => {
  expect(await run()).toMatchObject({ code: 64, stdout: '', stderr: expect.stringContaining('usage:') })
})

test.each(['--help', '-h', 'help'])('%s shows every command and every exit code', async (word) => {
  const { code, stdout, stderr } = await run(word)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  for (const exit of ['0', '1', '64']) expect(stdout).toMatch(new RegExp(`^  ${exit} `, 'm'))
})

test.each(Object.keys(commands))('%s has a manual, within 100 columns', async (name) => {
  const { code, stdout } = await run(name, '--pools.max=5', '--help')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`^  postern ${name} ([a-z|]+ )?\\[flags\\]$`, 'm'))
  expect(stdout.split('\n').filter((line) => line.length > 100 && !line.startsWith('  --'))).toEqual([])
  expect((await run('help', name)).stdout).toBe(stdout)
})

test('a command that reads the configuration shows every key as a flag, another does not', async () => {
  expect((await run('check', '--help')).stdout).toContain(
    '--database.tls.mode=<disable, prefer, require or verify-full>',
  )
  expect((await run('wait', '--help')).stdout).not.toContain('--database')
})

test('a command with actions names them, and does nothing without one', async () => {
  const { stdout } = await run('events', '--help')
  expect(stdout).toContain('  postern events install|uninstall|status [flags]\n')
  for (const action of ['install', 'uninstall', 'status'])
    expect(stdout).toMatch(new RegExp(`^  ${action} `, 'm'))
  expect(await run('events', '--database.url=postgres://127.0.0.1:1/x')).toMatchObject({
    code: 64,
    stdout: '',
  })
  expect(await run('events', 'status', '--dry-run', '--database.url=postgres://127.0.0.1:1/x')).toEqual({
    code: 64,
    stdout: '',
    stderr: expect.stringContaining('--dry-run: is for install and uninstall'),
  })
})

test('an unknown command is refused with the nearest one, or all', async () => {
  expect(await run('sevre')).toEqual({
    code: 64,
    stdout: '',
    stderr: 'postern: unknown command "sevre", did you mean serve?\n',
  })
  expect((await run('--pools.max=5')).stderr).toMatch(/there are serve, check, /)
})

test('a fault takes one line, with its cause and its place', () => {
  const line = faultInOneLine(new TypeError('one\ntwo', { cause: new Error('deep') }))
  expect(line).toMatch(/^TypeError: one two \(deep\) at .*run\.test\.ts/)
  const refused = new GatewayError('draining', 'The gateway shuts down.', { cause: new Error('deep') })
  expect(faultInOneLine(refused)).toBe('The gateway shuts down. (deep)')
  const inUse = Object.assign(new Error('listen EADDRINUSE 127.0.0.1:6420'), { syscall: 'listen' })
  expect(faultInOneLine(inUse)).toBe('listen EADDRINUSE 127.0.0.1:6420')
  expect(faultInOneLine('text')).toBe('unforeseen fault: text')
})
