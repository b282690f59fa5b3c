/** What a database did wrong, for the person who gave the command. */
import { GatewayError } from '#base/errors.ts'
import type { Engine, Fault } from '#engine/engine.ts'

const kinds: Partial<Record<Fault['kind'], string>> = {
  auth: 'the server refuses the user, the password or the database',
  disconnected: 'nothing answers, or the connection was lost',
  timeout: 'no answer in time',
  cancelled: 'no answer in time',
  busy: 'the server takes no more connections',
  denied: 'the database user may not',
}

/** Codes of faults of a connection → words, where somebody does answer. */
const answered: readonly (readonly [RegExp, string])[] = [
  [
    /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY)_|ERR_TLS_CERT_)/,
    'the server answers, but its certificate is not accepted',
  ],
  [
    /^(TLS_REFUSED|HANDSHAKE_|EENCRYPT|ETDS|NOT_MYSQL|EPROTO|ERR_(SSL|TLS)_)/,
    'something answers, but without the TLS that is asked for, or in another protocol',
  ],
]

/** What went wrong and what the server says about it, in one line. Whoever runs the check may see the server's words. */
export function databaseTrouble(engine: Engine, error: unknown): string {
  const inner = error instanceof GatewayError ? (error.cause ?? error) : error
  if (inner instanceof GatewayError) return inner.message
  const { kind, native } = engine.classify(inner)
  const words =
    (kind === 'disconnected' ? answered.find(([code]) => code.test(native))?.[1] : undefined) ?? kinds[kind]
  return [words, native].filter(Boolean).join(': ').replace(/\s+/g, ' ')
}
