/** In which form the columns of a statement are asked for, and of which types they must be. Pure. */
import type { Compiled, CompiledStep, Encoding, OutputColumn } from '#engine/engine.ts'
import type { Step } from './exchange.ts'

/** Object ids of types (PostgreSQL, pg_type.dat), which never change. */
const oid = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  jsonb: 3802,
} as const

/** What may be written with an encoding; the others quote and escape, and take any type. */
const writable: Readonly<Partial<Record<Encoding, readonly number[]>>> = {
  raw: [oid.json, oid.jsonb],
  number: [oid.int2, oid.int4, oid.int8, oid.oid, oid.numeric],
  float: [oid.float4, oid.float8, oid.numeric],
  boolean: [oid.bool],
  timestamp: [oid.timestamptz],
  datetime: [oid.timestamp],
  timestampMicros: [oid.timestamptz],
  datetimeMicros: [oid.timestamp],
}

interface Form {
  readonly formats: readonly number[] | undefined
  readonly fits: Step['fits']
}
const known = new WeakMap<readonly OutputColumn[], Form>()

/**
 * Timestamps in binary: writing them as text would be the most expensive thing that PostgreSQL does for a row of a plain table.
 * Hidden columns are handed on as text.
 */
function formOf(columns: readonly OutputColumn[]): Form {
  let found = known.get(columns)
  if (found === undefined) {
    const formats = columns.map(({ encoding, hidden }) => (!hidden && encoding.endsWith('Micros') ? 1 : 0))
    found = { formats: formats.includes(1) ? formats : undefined, fits: fitOf(columns) }
    known.set(columns, found)
  }
  return found
}

/** Of another type, a column would go out as what it is not: eight bytes that are no time, a text that nobody escapes. */
function fitOf(columns: readonly OutputColumn[]): Step['fits'] {
  const wanted = columns.map(({ encoding, hidden }) => (hidden ? undefined : writable[encoding]))
  if (wanted.every((types) => types === undefined)) return undefined
  return (types) => wanted.every((fitting, i) => fitting?.includes(types[i] as number) ?? true)
}

/** One execution of a statement. */
export const stepOf = (q: Compiled, values: Parameters<Compiled['bind']>[0]): Step => {
  const { formats, fits } = formOf(q.columns)
  return { text: q.text, values: q.bind(values), formats, fits, prepare: q.prepare }
}

/** One execution of one of a statement's steps. `kept`: see CompiledStep. */
export const stepIn = (
  q: Compiled,
  { text, bind, use }: CompiledStep,
  values: Parameters<Compiled['bind']>[0],
  kept: string,
): Step => ({
  text,
  values: bind(values, kept),
  ...(use === 'answer' ? formOf(q.columns) : {}),
  prepare: q.prepare,
})
