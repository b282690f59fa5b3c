/** Database faults in common words → the error codes clients see. The only place that knows both. */
import { GatewayError } from '#base/errors.ts'
import type { Fault } from '#engine/engine.ts'

export interface FaultSite {
  /** Whether the statement could have changed anything. */
  readonly write: boolean
  /** A procedure that may have committed before it failed. */
  readonly mayCommit?: boolean
  /** `url`: the values came from the query string or path; `body`: from a body. */
  readonly source: 'url' | 'body'
  /** Adds the database's own text; only in development. */
  readonly development: boolean
  /** Milliseconds that were left of the deadline when the trip began, for the message. */
  readonly budgetMs: number
  /** What the request's signal was aborted with, when it was. */
  readonly abortedFor?: unknown
}

/** A value that the engine has no form for is refused as the database would refuse it: by where it came from. */
export const refusedValue = (error: GatewayError, { source }: Pick<FaultSite, 'source'>): GatewayError =>
  error.code === 'bad_value' && source === 'url'
    ? new GatewayError('invalid_parameter', error.message, { facts: error.facts })
    : error

/** What the client is told of a fault. The fault's native text goes along as cause, for the log. */
export function errorOfFault(fault: Fault, cause: unknown, site: FaultSite): GatewayError {
  const facts: Record<string, unknown> = {}
  if (fault.constraint !== undefined) facts['constraint'] = fault.constraint
  if (fault.column !== undefined) facts['field'] = fault.column
  if (site.development) facts['database'] = fault.native
  const named = fault.constraint === undefined ? '' : ` (${fault.constraint})`
  const because = (
    code: ConstructorParameters<typeof GatewayError>[0],
    detail: string,
    retryAfter?: number,
  ) => new GatewayError(code, detail, { cause, facts, ...(retryAfter === undefined ? {} : { retryAfter }) })

  // A fault of no known kind is one of ours, or of a server beyond our knowledge: that is for the log, not for the client.
  if (site.write && fault.applied === 'unknown' && fault.kind !== 'unknown')
    return because(
      'outcome_unknown',
      site.mayCommit
        ? 'The procedure was interrupted, and may have committed all or a part of its work before. It was not repeated.'
        : 'The connection was lost after the write was sent: it may or may not have been applied. It was not repeated.',
    )
  switch (fault.kind) {
    case 'unique':
      return because('constraint_unique', `A row with these values exists already${named}.`)
    case 'foreign_key':
      return because(
        'constraint_foreign_key',
        `The row refers to one that does not exist, or is still referred to${named}.`,
      )
    case 'not_null':
      return because(
        'constraint_not_null',
        fault.column === undefined
          ? 'A field that must have a value has none.'
          : `The field ${fault.column} must have a value.`,
      )
    case 'check':
      // A read stores nothing: a value to compare with is none of its type, which is a domain.
      if (!site.write && site.source === 'url')
        return because('invalid_parameter', `A value of the request breaks a rule of its type${named}.`)
      return because('constraint_check', `A check constraint refuses the values${named}.`)
    case 'bad_value':
      return site.source === 'url'
        ? because(
            'invalid_parameter',
            'The database cannot read a value of the request as the type of its field.',
          )
        : because('bad_value', 'A value does not fit the type or range of its field.')
    case 'denied':
      return because('forbidden', 'The database user of this gateway may not do this.')
    case 'missing_object':
    case 'stale_plan':
      return because(
        'schema_changed',
        'The database schema has changed under the request; it is being read anew.',
        1,
      )
    case 'conflict':
      return because('conflict', 'The transaction collided with another one and was rolled back.', 1)
    case 'timeout':
      return because(
        'statement_timeout',
        `The statement did not end within the ${Math.round(site.budgetMs)} ms that were left of the deadline; it was cancelled in the database.`,
        1,
      )
    case 'cancelled': {
      const { abortedFor } = site
      if (abortedFor instanceof GatewayError)
        return new GatewayError(abortedFor.code, abortedFor.message, {
          cause,
          facts: { ...abortedFor.facts, ...facts },
        })
      // Nobody here asked for it.
      return because(
        'statement_timeout',
        'The statement was cancelled in the database, by a time-out of its own or an administrator.',
        1,
      )
    }
    case 'busy':
      return because('database_unavailable', 'The database takes no more connections, or is starting up.', 2)
    case 'read_only':
      return because('database_unavailable', 'The database is read-only at the moment.', 2)
    case 'auth':
      return because('database_unavailable', 'The database refuses the login of this gateway.', 5)
    case 'disconnected':
      return because('database_unavailable', 'The connection to the database was lost.', 1)
    case 'raised':
      if (site.development && fault.message !== undefined) facts['message'] = fault.message
      return because('routine_failed', 'A routine or trigger of the database refused the request.')
    case 'cannot_commit':
      return because(
        'routine_failed',
        'The routine ends its transaction (COMMIT, ROLLBACK, or what commits by itself), which it may not do here: a batch is one transaction, so call it by a request of its own.',
      )
    case 'too_complex':
      return because('too_complex', 'The database finds the request too complex.')
    case 'not_supported':
      return because('not_supported', 'The database cannot do this.')
    case 'unknown':
      return because(
        'internal',
        'The database answered with an unforeseen error; the log has it under the request id.',
      )
    default:
      return fault.kind satisfies never
  }
}
