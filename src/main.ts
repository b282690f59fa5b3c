#!/usr/bin/env node
/** The process: arguments and environment in, exit code out. The only file that reads argv or exits. */
import { setFlagsFromString } from 'node:v8'
import { exitCodes } from './roles/role.ts'
import { faultInOneLine, runCommandLine } from './roles/run.ts'

// As the image does on its command line, where it must be for what was compiled before (docs/adr/0018, 0019).
setFlagsFromString('--no-allocation-site-pretenuring')

const { stdout, stderr } = process

function fail(thrown: unknown): never {
  stderr.write(`postern: ${faultInOneLine(thrown)}\n`)
  process.exit(exitCodes.failed)
}

// Rejections that nobody handles end here too.
process.on('uncaughtException', fail)
// Whoever read our output has gone (`postern openapi | head`): there is nobody left to tell.
stdout.on('error', () => process.exit(exitCodes.failed))

// Timers of the clock keep no process alive; a role at work does.
const { port1: alive } = new MessageChannel()
alive.ref()

const code = await runCommandLine({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: (text) => stdout.write(text),
  stderr: (text) => stderr.write(text),
})
// Exits by force, as a socket somebody forgot must not keep a finished command running; but not before all is written.
stdout.write('', () => process.exit(code))
