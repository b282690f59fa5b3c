/** Observation → one JSON line, or none: the table of what is worth a line, at which level, with which words. */
import type { Clock } from '#base/clock.ts'
import { decimalText } from '#base/decimals.ts'
import type { Observation } from '#base/observation.ts'
import { describeError } from './describe-error.ts'
import type { LogOptions } from './options.ts'

type Level = LogOptions['level']
type Kind = Observation['kind']
type Of<K extends Kind> = Extract<Observation, { kind: K }>

interface Line<K extends Kind> {
  readonly level: Level | ((o: Of<K>) => Level)
  /** The same words each time, so that lines can be grouped; what differs is in the fields. */
  readonly msg: string
  readonly fields: (o: Of<K>) => object
}

const error = (thrown: unknown) => describeError(thrown, { stack: false })
const faulty = (thrown: unknown) => describeError(thrown, { stack: true })

// null: only metrics want it. Requests have their own writer below, because every request comes through it.
const table: { readonly [K in Exclude<Kind, 'request'>]: Line<K> | null } = {
  statement: {
    level: 'debug',
    msg: 'statement ran',
    fields: (o) => ({
      pool: o.pool,
      operation: o.operation,
      resource: o.resource,
      ms: round(o.ms),
      fault: o.error,
      text: o.text,
    }),
  },
  'pool.wait': null,
  'pool.use': null,
  'pool.timeout': null,
  shed: null,
  idempotency: null,
  'pool.create': {
    level: (o) => (o.error === undefined ? 'debug' : 'warn'),
    msg: 'connection opened, or failed to open',
    fields: (o) => ({
      pool: o.pool,
      ms: round(o.ms),
      ...(o.error === undefined ? {} : { error: error(o.error) }),
    }),
  },
  'pool.evict': {
    level: (o) =>
      o.reason === 'readonly'
        ? 'warn'
        : o.reason === 'broken' || o.reason === 'validation'
          ? 'info'
          : 'debug',
    msg: 'connection closed by the pool',
    fields: ({ pool, reason }) => ({ pool, reason }),
  },
  'pool.leak': {
    level: 'error',
    msg: 'connection was not given back in time and is closed',
    fields: (o) => ({ pool: o.pool, heldMs: round(o.heldMs) }),
  },
  budget: {
    level: 'info',
    msg: 'share of the connection budget changed',
    fields: ({ pool, from, to, instances, connections, blind }) => ({
      pool,
      from,
      to,
      instances,
      connections,
      blind,
    }),
  },
  breaker: {
    level: (o) => (o.to === 'open' ? 'warn' : 'info'),
    msg: 'circuit changed its state',
    fields: ({ target, from, to, detail }) => ({ target, from, to, ...detail }),
  },
  cancel: {
    level: (o) => (o.outcome === 'failed' ? 'warn' : 'debug'),
    msg: 'statement cancelled, or failed to cancel',
    fields: ({ pool, why, outcome }) => ({ pool, why, outcome }),
  },
  traces: {
    // A collector that is away is told once, not with every export.
    level: (o) => (!o.changed ? 'debug' : o.result === 'failed' ? 'warn' : 'info'),
    msg: 'spans sent to the collector, or lost',
    fields: (o) => ({
      result: o.result,
      spans: o.spans,
      ...(o.error === undefined ? {} : { error: error(o.error) }),
    }),
  },
  'stream.cut': {
    level: (o) => (o.reason === 'client' ? 'info' : 'warn'),
    msg: 'stream ended before its last row',
    fields: ({ reason }) => ({ reason }),
  },
  'catalog.loaded': {
    level: (o) => (o.changed ? 'info' : 'debug'),
    msg: 'database schema read',
    fields: (o) => ({ tables: o.tables, routines: o.routines, ms: round(o.ms), changed: o.changed }),
  },
  'catalog.failed': {
    level: 'error',
    msg: 'database schema could not be read',
    fields: (o) => ({ error: error(o.error) }),
  },
  snapshot: {
    level: (o) => (o.action === 'written' ? 'debug' : 'warn'),
    msg: 'schema kept on disk',
    fields: (o) => ({
      action: o.action,
      ...(o.readAt === undefined ? {} : { readAt: new Date(o.readAt).toISOString() }),
      tables: o.tables,
      ...(o.error === undefined ? {} : { error: error(o.error) }),
    }),
  },
  'catalog.unmappable': {
    level: 'warn',
    msg: 'column has a type without a canonical form',
    fields: ({ table, column, native, action }) => ({ table, column, native, action }),
  },
  config: {
    level: (o) => (o.result === 'rejected' ? 'error' : o.result === 'postponed' ? 'warn' : 'info'),
    msg: 'files of the configuration changed',
    fields: (o) => ({
      result: o.result,
      changed: o.changed,
      restart: o.restart,
      faults: o.faults,
      ...(o.error === undefined ? {} : { error: error(o.error) }),
    }),
  },
  'database.up': {
    level: 'info',
    msg: 'database is reached',
    fields: (o) => ({ ms: round(o.ms) }),
  },
  'database.down': {
    level: 'error',
    msg: 'database is not reached',
    fields: (o) => ({ error: error(o.error) }),
  },
  replica: {
    level: (o) => (o.serves ? 'info' : 'warn'),
    msg: 'replica joined or left those that serve reads',
    fields: (o) => ({
      endpoint: o.endpoint,
      serves: o.serves,
      why: o.why,
      ...(o.lagMs === undefined ? {} : { lagMs: round(o.lagMs) }),
    }),
  },
  writer: {
    // Two primaries are always somebody's mistake, also where it is clear which one is meant.
    level: (o) =>
      o.primaries.length > 1 || o.why === 'several' || o.why === 'superseded'
        ? 'error'
        : o.why === 'lost'
          ? 'warn'
          : 'info',
    msg: 'which server is written to has changed',
    fields: ({ from, to, why, primaries }) => ({ from, to, why, primaries }),
  },
  unseen: {
    level: 'warn',
    msg: 'database user may not see or do what the gateway would make use of',
    fields: ({ endpoint, what, remedy }) => ({ endpoint, what, remedy }),
  },
  ryw: null,
  'idempotency.lost': {
    level: 'error',
    msg: 'records of idempotency keys were lost with the content of Redis',
    fields: () => ({}),
  },
  'idempotency.overtaken': {
    level: 'error',
    msg: 'a request with an idempotency key ran twice, as its record was lost meanwhile',
    fields: () => ({}),
  },
  redis: {
    level: (o) => (o.state === 'up' ? 'info' : 'warn'),
    msg: 'redis is reached or not',
    fields: (o) => ({
      state: o.state,
      address: o.address,
      forMs: round(o.forMs),
      ...(o.error === undefined ? {} : { error: error(o.error) }),
    }),
  },
  'redis.command': null,
  lifecycle: {
    level: 'info',
    msg: 'gateway changes phase',
    fields: (o) => ({ phase: o.phase, ...o.detail }),
  },
  fault: {
    level: 'error',
    msg: 'unforeseen fault',
    fields: (o) => ({ where: o.where, error: faulty(o.error) }),
  },
}

const weight: Record<Level, number> = { debug: 20, info: 30, warn: 40, error: 50 }

const round = (ms: number) => Math.round(ms * 1000) / 1000
// JSON has no NaN, and a hand-written line must stay JSON whatever a clock does.
const digits = (n: number) => (Number.isFinite(round(n)) ? decimalText(n, 3) : 'null')
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const quote = (text: string) => (plain.test(text) ? `"${text}"` : JSON.stringify(text))
const optional = (name: string, text: string | undefined) =>
  text === undefined ? '' : `,"${name}":${quote(text)}`

/** Wall clock → `2026-11-23T14:05:09.123Z`, formatting the seconds only when they change. */
function createTimestamp(clock: Clock): () => string {
  let second = Number.NaN
  let text = ''
  return () => {
    const wall = Math.floor(clock.wall())
    const s = Math.floor(wall / 1000)
    if (s !== second) {
      second = s
      text = new Date(s * 1000).toISOString().slice(0, 20)
    }
    const ms = wall - s * 1000
    return `${text}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
  }
}

/** Faults of ours or of unknown effect are errors; refusals and time-outs of a busy or absent database are warnings. */
function requestLevel(o: Of<'request'>): Level {
  if (o.status < 500) return 'info'
  return o.code === undefined || o.code === 'internal' || o.code === 'outcome_unknown' ? 'error' : 'warn'
}

/**
 * Makes the log.
 * @param o.write takes whole lines, newline included
 * @returns a function that never throws on a well-formed observation; lines hold no values of statements, no
 *   secrets, no connection strings (see describe-error.ts for errors)
 */
export function createLog(o: {
  options: LogOptions
  clock: Clock
  write: (line: string) => void
}): (observation: Observation) => void {
  const least = weight[o.options.level]
  const timestamp = createTimestamp(o.clock)
  const leastStatus = { all: 0, errors: 400, none: Number.POSITIVE_INFINITY }[o.options.requests]
  const head = (level: Level, event: string) =>
    `{"level":"${level}","time":"${timestamp()}","event":"${event}"`

  const request = (e: Of<'request'>) => {
    const level = requestLevel(e)
    if (e.status < leastStatus || weight[level] < least) return
    // By hand: this is half the cost of JSON.stringify, and there is one for every request.
    let line =
      `${head(level, 'http.request')},"msg":"request ended","requestId":${quote(e.requestId)}${optional('traceId', e.traceId)}` +
      `,"method":${quote(e.method)},"route":${quote(e.route)}${optional('version', e.version)}` +
      `${optional('resource', e.resource)},"status":${digits(e.status)}${optional('code', e.code)}` +
      `,"ms":${digits(e.ms)},"poolMs":${digits(e.poolMs)},"dbMs":${digits(e.dbMs)},"bytes":${digits(e.bytes)}`
    // An outage makes thousands of these a second: frames only where somebody has to find a fault.
    if (e.status >= 500 && e.cause !== undefined)
      line += `,"error":${JSON.stringify(describeError(e.cause, { stack: level === 'error' }))}`
    o.write(`${line}}\n`)
  }

  return (e) => {
    if (e.kind === 'request') return request(e)
    // The key picks the entry of the very kind, which the compiler cannot follow through a union.
    const line = table[e.kind] as Line<typeof e.kind> | null
    if (line === null) return
    const level = typeof line.level === 'string' ? line.level : line.level(e)
    if (weight[level] < least) return
    const fields = JSON.stringify(line.fields(e)).slice(1)
    o.write(`${head(level, e.kind)},"msg":"${line.msg}"${fields === '}' ? '' : ','}${fields}\n`)
  }
}
