/** `make test`: runs the suites named in the arguments (default: all), and says at the end what passed, failed and was skipped, and why. */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Reporter, startVitest, type TestModule } from 'vitest/node'
import { installTestPackages } from './test-packages.ts'
import { type Result, summary, type Told } from './tally.ts'

const root = join(import.meta.dirname, '..')
const bin = join(root, 'node_modules/.bin')

/** One command is one check; it passes when every part ends with 0. Quick ones first. */
const checks: Readonly<Record<string, readonly (readonly string[])[]>> = {
  format: [['biome', 'format']],
  lint: [
    ['oxlint', '--type-aware'],
    ['node', 'scripts/walls.ts'],
  ],
  types: [['node', 'node_modules/typescript-7/bin/tsc', '-p', '.']],
  dead: [['knip', '--no-progress']],
}

/** The projects of vitest.config.ts. */
const projects = ['unit', 'engines', 'process', 'faults', 'manifests', 'chart', 'docs']

/** What only these need is installed for them. */
const needPackages = new Set(['engines', 'process', 'faults', 'manifests', 'chart', 'docs'])

async function runCheck(name: string): Promise<Result> {
  const failures: Told[] = []
  for (const [command = '', ...args] of checks[name] ?? []) {
    const code = await run(command, args)
    if (code !== 0) failures.push({ test: [command, ...args].join(' '), why: `ended with ${code}` })
  }
  return { suite: name, passed: failures.length === 0 ? 1 : 0, failures, skips: [], repeated: [] }
}

function run(command: string, args: readonly string[]): Promise<number | string> {
  return new Promise((resolve, reject) => {
    // The programs of npm packages ask the PATH for `node`: it must be the one of this project.
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }
    const child = spawn(join(bin, command), args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
}

async function runProject(name: string): Promise<Result> {
  const failures: Told[] = []
  const skips: Told[] = []
  const repeated: Told[] = []
  let passed = 0
  const collect: Reporter = {
    onTestRunEnd(modules, unhandled) {
      if (modules.length === 0) failures.push({ test: name, why: 'no test files' })
      for (const module of modules) {
        for (const error of troubleOutsideTests(module)) failures.push({ test: place(module), why: error })
        for (const test of module.children.allTests()) {
          const result = test.result()
          const told = (why: string) => ({ test: `${place(module)} > ${test.fullName}`, why })
          const [first] = result.errors ?? []
          if (result.state === 'skipped') skips.push(told(result.note ?? reasonInName(test.fullName)))
          else if (result.state !== 'passed') failures.push(told(first?.message ?? 'it did not end'))
          else {
            passed++
            if (first !== undefined) repeated.push(told(first.message))
          }
        }
      }
      failures.push(
        ...unhandled.map((error) => ({
          test: name,
          why: `unhandled ${error.name ?? 'error'}: ${error.message}`,
        })),
      )
    },
  }
  const vitest = await startVitest([], {
    root,
    project: [name],
    watch: false,
    passWithNoTests: true,
    reporters: ['default', collect],
  })
  await vitest.close()
  return { suite: name, passed, failures, skips, repeated }
}

/** Errors of a file or of its hooks, which are no test's own. */
function troubleOutsideTests(module: TestModule): string[] {
  const suites = [...module.children.allSuites()]
  return [...module.errors(), ...suites.flatMap((suite) => suite.errors())].map((error) => error.message)
}

const place = (module: TestModule): string => module.relativeModuleId

/** A block that is skipped as a whole carries the reason in its name. */
const reasonInName = (name: string): string =>
  /NOT TESTED ON .*? starts one|[\w ]+ is not installed \(.*?\)/.exec(name)?.[0] ?? `no reason given: ${name}`

const { positionals } = parseArgs({ allowPositionals: true })
const known = [...Object.keys(checks), ...projects]
const wanted = positionals.length > 0 ? positionals : known
const unknown = wanted.filter((name) => !known.includes(name))
if (unknown.length > 0) throw new Error(`no suite ${unknown.join(', ')}; there are ${known.join(', ')}`)

const notes = wanted.some((name) => needPackages.has(name)) ? installTestPackages() : []
const results: Result[] = []
for (const name of known.filter((candidate) => wanted.includes(candidate))) {
  console.log(`\n=== ${name}`)
  results.push(name in checks ? await runCheck(name) : await runProject(name))
}
const { text, failed } = summary({ results, notes })
process.exitCode = failed > 0 ? 1 : 0
console.log(`\n${text}`)
