/** What a client may be told while the database is away or has no time: of a write, that it has certainly not happened. */
export const refusals: ReadonlySet<string> = new Set([
  'database_unavailable',
  'breaker_open',
  'pool_timeout',
  'queue_full',
  'overloaded',
  'statement_timeout',
  'deadline_exceeded',
])
