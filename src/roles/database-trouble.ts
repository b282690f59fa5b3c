/** What a database did wrong, for the person who gave the command. */
import { GatewayError } from '#base/errors.ts'
import type { Engine, Fault } from '#engine/engine.ts'

const words: Partial<Record<Fault['kind'], string>> = {
  auth: 'the server refuses the user, the password or the database',
  disconnected: 'nothing answers, or the connection was lost',
  timeout: 'no answer in time',
  cancelled: 'no answer in time',
  busy: 'the server takes no more connections',
  denied: 'the database user may not',
}

/** What went wrong and what the server says about it, in one line. Whoever runs the check may see the server's words. */
export function databaseTrouble(engine: Engine, error: unknown): string {
  const inner = error instanceof GatewayError ? (error.cause ?? error) : error
  if (inner instanceof GatewayError) return inner.message
  const { kind, native } = engine.classify(inner)
  return [words[kind], native].filter(Boolean).join(': ').replace(/\s+/g, ' ')
}
