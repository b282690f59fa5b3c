/** `postern check`: is the configuration right, and does the database fit it? */
import { systemClock } from '#base/clock.ts'
import type { ConfigFault } from '#config/fault.ts'
import { faultLine } from '#config/fault.ts'
import { loadCommand } from '#config/load.ts'
import type { DatabaseReport } from './check-database.ts'
import { inspectRedis, type RedisReport } from './check-redis.ts'
import { inspectDatabase } from './check-database.ts'
import { checkOptions } from './options.ts'
import type { RoleIo } from './role.ts'
import { exitCodes } from './role.ts'

/** Everything found out; printed as lines or as one JSON document. */
interface CheckReport {
  readonly ok: boolean
  readonly faults: readonly ConfigFault[]
  readonly warnings: readonly string[]
  readonly hints: readonly string[]
  /** Left out when the check ended before the database. */
  readonly database?: DatabaseReport
  /** Left out where none is configured. */
  readonly redis?: RedisReport
}

/** Exit code 0: all is right; 1: the database is not; 64: the configuration is not. */
export async function run(io: RoleIo): Promise<number> {
  const loaded = loadCommand(io, checkOptions)
  if ('faults' in loaded) {
    const format = loaded.options?.format ?? 'text'
    print(io, format, { ok: false, faults: loaded.faults, warnings: [], hints: [] })
    return exitCodes.usage
  }
  const { config, options } = loaded
  if (options.offline) {
    print(io, options.format, { ok: true, faults: [], warnings: [], hints: [] })
    return exitCodes.ok
  }
  const { openDatabase } = await import('./database.ts')
  const opened = await openDatabase(config)
  const [found, redis] = await Promise.all([
    inspectDatabase(opened, config, systemClock),
    inspectRedis(config, systemClock),
  ])
  await opened.close()
  const ok = found.faults.length === 0
  const warnings = [...found.warnings, ...(redis?.warnings ?? [])]
  print(io, options.format, { ok, ...found, warnings, ...(redis ? { redis: redis.redis } : {}) })
  return ok ? exitCodes.ok : exitCodes.failed
}

function print(io: RoleIo, format: 'text' | 'json', report: CheckReport): void {
  if (format === 'json') {
    io.stdout(`${JSON.stringify(report, undefined, 2)}\n`)
    return
  }
  for (const line of factLines(report)) io.stdout(`${line}\n`)
  for (const warning of report.warnings) io.stderr(`postern: warning: ${warning}\n`)
  for (const fault of report.faults) io.stderr(`postern: ${faultLine(fault)}\n`)
}

function factLines({ ok, database, hints, redis }: CheckReport): string[] {
  if (!database) return ok ? ['configuration: ok'] : []
  const { address, catalog } = database
  const lines = [
    'configuration: ok',
    `database: ${[address, database.server, database.role].filter(Boolean).join(', ')}`,
  ]
  for (const { name, address: at, role } of database.servers ?? [])
    lines.push(`server: ${name}, ${at}, ${role}`)
  if (redis) lines.push(`redis: ${redis.address}, ${redis.reached ? 'reached' : 'not reached'}`)
  if (!catalog) return lines
  const { tables, views, routines, unmappable } = catalog
  lines.push(`tables: ${tables}`, `views: ${views}`, `routines: ${routines}`)
  for (const { column, native, action } of unmappable)
    lines.push(`unmappable: ${column} (${native}), ${action === 'omit' ? 'left out' : 'served as text'}`)
  lines.push(...hints.map((hint) => `hint: ${hint}`))
  return lines
}
