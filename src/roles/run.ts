/** Command line → command → role; everything but the process itself. */
import { GatewayError } from '#base/errors.ts'
import { nearest } from '#base/nearest.ts'
import { version } from './build.ts'
import type { Command } from './commands.ts'
import { commands, isCommand } from './commands.ts'
import { commandHelp, generalHelp } from './help.ts'
import type { RoleIo } from './role.ts'
import { exitCodes } from './role.ts'

const asksForHelp = (word: string | undefined): boolean => word === '--help' || word === '-h'

/**
 * Runs one command line.
 * @param io `argv` is everything after the name of the program
 * @returns the exit code
 */
export async function runCommandLine(io: RoleIo): Promise<number> {
  const [word, ...argv] = io.argv
  if (word === undefined) {
    io.stderr(generalHelp())
    return exitCodes.usage
  }
  if (word === '--version') {
    io.stdout(`postern ${version}\n`)
    return exitCodes.ok
  }
  const subject = word === 'help' ? argv[0] : word
  if (subject === undefined || asksForHelp(subject)) {
    io.stdout(generalHelp())
    return exitCodes.ok
  }
  if (!isCommand(subject)) {
    const names = Object.keys(commands)
    const meant = nearest(subject, [...names, 'help'])
    io.stderr(
      `postern: unknown command ${JSON.stringify(subject)}${meant ? `, did you mean ${meant}?` : `; there are ${names.join(', ')}`}\n`,
    )
    return exitCodes.usage
  }
  if (word === 'help' || argv.some(asksForHelp)) {
    io.stdout(commandHelp(subject))
    return exitCodes.ok
  }
  const command: Command = commands[subject]
  const role = await command.load()
  return role.run({ ...io, argv })
}

/**
 * Whatever was thrown, as one line: the message and what caused it; of the unforeseen also the name and the place it
 * comes from. Foreseen are our own errors, and those of the operating system (a port in use, a host unknown).
 */
export function faultInOneLine(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `unforeseen fault: ${String(thrown)}`
  const cause = thrown.cause instanceof Error ? ` (${thrown.cause.message})` : ''
  const foreseen = thrown instanceof GatewayError || 'syscall' in thrown
  const place = foreseen ? undefined : /^\s+at .*$/m.exec(thrown.stack ?? '')?.[0].trim()
  const name = foreseen ? '' : `${thrown.name}: `
  return `${name}${thrown.message}${cause}${place ? ` ${place}` : ''}`.replace(/\s+/g, ' ')
}
