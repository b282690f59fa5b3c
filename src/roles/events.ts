/** `postern events`: installs, removes and shows what makes the database announce changes of its schema. */
import { systemClock as clock } from '#base/clock.ts'
import type { ConfigFault } from '#config/fault.ts'
import { loadCommand } from '#config/load.ts'
import type { Announcer, AnnouncerStatus, Connection } from '#engine/engine.ts'
import { takeAction } from './actions.ts'
import { databaseTrouble } from './database-trouble.ts'
import { openDatabase } from './database.ts'
import { changeLines, refusalLines, statusLines, unknownLines } from './events-report.ts'
import { reportFaults } from './faults.ts'
import { eventsActions, eventsOptions } from './options.ts'
import { exitCodes, type RoleIo } from './role.ts'

const misplacedDryRun: ConfigFault = {
  key: '--dry-run',
  message: 'is for install and uninstall; status changes nothing',
  origin: 'command line',
}

/** Exit code 0: done, or for `status`: all is there; 1: not so, and why; 64: wrong arguments or configuration. */
export async function run(io: RoleIo): Promise<number> {
  const taken = takeAction(io, 'events', eventsActions)
  if ('code' in taken) return taken.code
  const { action } = taken
  const loaded = loadCommand({ argv: taken.argv, env: io.env }, eventsOptions)
  if ('faults' in loaded) return reportFaults(io, loaded.faults)
  const { config, options } = loaded
  const database = await openDatabase(config)
  const { engine } = database
  const { announcer } = engine
  const pollMs = config.schema.poll
  if (announcer === undefined) {
    for (const line of unknownLines(engine.kind, pollMs)) io.stderr(`postern: ${line}\n`)
    return action === 'uninstall' ? exitCodes.ok : exitCodes.failed
  }
  if (options['dry-run']) {
    if (action === 'status') return reportFaults(io, [misplacedDryRun])
    io.stdout(announcer.scripts[action])
    return exitCodes.ok
  }

  const { signal } = new AbortController()
  const within = (ms: number) => ({ deadline: clock.now() + ms, signal })
  let connection: Connection | undefined
  let status: AnnouncerStatus | undefined
  try {
    connection = await engine.connect(within(config.database.connectTimeout))
    status = await announcer.status(connection, within(config.schema.loadTimeout))
    const { lines, ok } =
      action === 'status'
        ? { lines: statusLines(engine.address, status, pollMs), ok: status.state === 'installed' }
        : await change(announcer, action, connection, within(config.schema.loadTimeout))
    for (const line of lines) io.stdout(`${line}\n`)
    return ok ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    const trouble = `${engine.address}: ${databaseTrouble(engine, error)}`
    for (const line of refusalLines(engine.classify(error), trouble, status, pollMs))
      io.stderr(`postern: ${line}\n`)
    return exitCodes.failed
  } finally {
    await connection?.close()
    await database.close()
  }
}

async function change(
  announcer: Announcer,
  action: 'install' | 'uninstall',
  connection: Connection,
  limits: { deadline: number; signal: AbortSignal },
): Promise<{ lines: string[]; ok: boolean }> {
  const made = await announcer[action](connection, limits)
  return {
    lines: changeLines(made),
    ok: made.after.state === (action === 'install' ? 'installed' : 'absent'),
  }
}
