/** Runs the real program as a child process, as a user would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const main = join(import.meta.dirname, '../../src/main.ts')

/** A running `postern`. */
export interface Program {
  readonly pid: number
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  /** Resolves when standard output matches; rejects with all output when the program ends before, or after `ms`. */
  says(pattern: RegExp, ms?: number): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts `postern` with these arguments; `env` is all of its environment but the PATH. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text))
  const ended = endOf(child)
  return {
    pid: child.pid ?? 0,
    output,
    ended,
    kill: (signal) => void child.kill(signal),
    says: (pattern, ms = 20_000) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) =>
          reject(new Error(`${why} before it said ${pattern}\n${output.stdout}\n${output.stderr}`))
        const look = () => {
          const match = pattern.exec(output.stdout)
          if (!match) return
          clearTimeout(timer)
          child.stdout.off('data', look)
          resolve(match)
        }
        const timer = setTimeout(() => fail(`${ms} ms passed`), ms)
        void ended.then((code) => fail(`ended with ${code}`))
        child.stdout.on('data', look)
        look()
      }),
  }
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'))
  })
}
