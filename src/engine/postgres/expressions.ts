/** Canonical output: for each type, the expression whose text (top level) and whose JSON (embeds) give the same bytes. */
import type { ValueType } from '#catalog/model.ts'
import type { NumberStyle } from '#plan/ast.ts'
import type { Encoding } from '#engine/engine.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { identifier } from './names.ts'

/**
 * How values of one type become canonical.
 * casts: `both` are applied always, then `json` inside JSON, where PostgreSQL would else write a number or its own form.
 */
type Form =
  | {
      readonly kind: 'casts'
      readonly encoding: Encoding
      readonly both: readonly string[]
      readonly json: readonly string[]
    }
  | { readonly kind: 'base64' }
  | { readonly kind: 'array'; readonly element: ValueType }
  | {
      readonly kind: 'composite'
      readonly members: readonly { readonly name: string; readonly type: ValueType }[]
    }

/** Families whose output text and whose JSON string are the same, without a cast (one from inet would add the mask). */
const sameInJson = new Set(
  (
    'text varchar name uuid inet cidr macaddr macaddr8 date time timetz interval xml bit varbit pg_lsn tsvector ' +
    'tsquery point line lseg box path polygon circle jsonpath'
  ).split(' '),
)

const casts = (encoding: Encoding, both: readonly string[] = [], json: readonly string[] = []): Form => ({
  kind: 'casts',
  encoding,
  both,
  json,
})

function form(type: ValueType, numbers: NumberStyle): Form {
  if (type.family === 'composite' && type.members) return { kind: 'composite', members: type.members }
  switch (type.canonical) {
    case 'array':
      return type.element ? { kind: 'array', element: type.element } : casts('text', ['text'])
    case 'binary':
      return { kind: 'base64' }
    case 'integer':
      return integerForm(type.family, numbers)
    case 'decimal': {
      const both = type.family === 'money' ? ['numeric'] : []
      // Bare digits and quoted NaN and Infinity are what PostgreSQL's JSON writes by itself.
      return numbers === 'native' ? casts('float', both) : casts('text', both, ['text'])
    }
    case 'float':
      return casts('float')
    case 'boolean':
      return casts('boolean')
    case 'timestamp':
      return casts('timestampMicros')
    case 'datetime':
      return casts('datetimeMicros')
    case 'json':
      return type.family === 'json' || type.family === 'jsonb' ? casts('raw') : casts('text', ['text'])
    case 'date':
    case 'time':
    case 'string':
      // The cast takes the padding from bpchar, and keeps extensions' own casts to json (hstore) out of embeds.
      return sameInJson.has(type.family) ? casts('text') : casts('text', ['text'])
    default:
      return type.canonical satisfies never
  }
}

/** int8, and what is wider, can exceed the integers a double holds. */
function integerForm(family: string, numbers: NumberStyle): Form {
  const wide = (both: readonly string[]) =>
    numbers === 'string' ? casts('text', both, ['text']) : casts('number', both)
  switch (family) {
    case 'int2':
    case 'int4':
      return casts('number')
    case 'int8':
    case 'numeric':
      return wide([])
    case 'oid':
      return casts('number', ['int8'])
    case 'xid8':
      return wide(['text', 'numeric'])
    default:
      return casts('number', ['text', 'int8'])
  }
}

const cast = (e: Sql, types: readonly string[], suffix = ''): Sql =>
  sql`${e}${trusted(types.map((type) => `::${type}${suffix}`).join(''))}`

/** Whether PostgreSQL's own JSON of a value is canonical already. */
function isPlain(type: ValueType, numbers: NumberStyle): boolean {
  const f = form(type, numbers)
  switch (f.kind) {
    case 'casts':
      return f.both.length + f.json.length === 0
    case 'base64':
      return false
    case 'array':
      return isPlain(f.element, numbers)
    case 'composite':
      return f.members.every((m) => isPlain(m.type, numbers))
    default:
      return f satisfies never
  }
}

/** The value as a column of the answer: its text, written with `encoding`, is canonical JSON. `e` may be used more than once. */
export function outputValue(
  e: Sql,
  type: ValueType,
  numbers: NumberStyle,
): { readonly value: Sql; readonly encoding: Encoding } {
  const f = form(type, numbers)
  switch (f.kind) {
    case 'casts':
      return { value: cast(e, f.both), encoding: f.encoding }
    case 'base64':
      return { value: base64(e), encoding: 'text' }
    case 'array': {
      const value = array(e, f.element, numbers)
      return { value: isMapped(f.element, numbers) ? value : sql`array_to_json(${value})`, encoding: 'raw' }
    }
    case 'composite':
      return {
        value: isPlain(type, numbers) ? sql`row_to_json(${e})` : composite(e, f.members, numbers),
        encoding: 'raw',
      }
    default:
      return f satisfies never
  }
}

/** How a type's own text becomes JSON where no expression can be put around it; canonical only where none is needed. */
export function textEncoding(type: ValueType, numbers: NumberStyle): Encoding {
  const f = form(type, numbers)
  return f.kind === 'casts' && type.family !== 'money' ? f.encoding : 'text'
}

/** Text that a parameter of the type takes back exactly, for cursors. Only money is sent as something else: a number. */
export function cursorValue(e: Sql, type: ValueType): Sql {
  if (type.family === 'money') return cast(e, ['numeric'])
  return type.element?.family === 'money' ? cast(e, ['numeric'], '[]') : e
}

/** The value as a member of a JSON document that row_to_json or array_to_json makes. */
export function jsonValue(e: Sql, type: ValueType, numbers: NumberStyle): Sql {
  const f = form(type, numbers)
  switch (f.kind) {
    case 'casts':
      return cast(e, [...f.both, ...f.json])
    case 'base64':
      return base64(e)
    case 'array':
      return array(e, f.element, numbers)
    case 'composite':
      return isPlain(type, numbers) ? e : composite(e, f.members, numbers)
    default:
      return f satisfies never
  }
}

/** Elements that no cast of the whole array makes canonical. */
const isMapped = (element: ValueType, numbers: NumberStyle): boolean =>
  !isPlain(element, numbers) && form(element, numbers).kind !== 'casts'

/** An array for JSON; an SQL array where casts do, which keep its dimensions, else built element by element. */
function array(e: Sql, element: ValueType, numbers: NumberStyle): Sql {
  const f = form(element, numbers)
  if (isPlain(element, numbers)) return e
  if (f.kind === 'casts') return cast(e, [...f.both, ...f.json], '[]')
  const item = outputValue(sql`u.x`, element, numbers).value
  const items = sql`(SELECT ARRAY(SELECT ${item} FROM (SELECT unnest(${e}) AS x) AS u) AS m OFFSET 0) AS a`
  return sql`(SELECT CASE WHEN array_ndims(${e}) > 1 THEN ${reshaped(e)} ELSE array_to_json(a.m) END FROM ${items} WHERE ${e} IS NOT NULL)`
}

/**
 * The items a.m in the dimensions of array `e`, which unnest() forgets: an array of zeros of the same shape has the
 * brackets and commas that belong between the items. At most six dimensions (MAXDIM). unnest() is what the planner
 * expects few rows of; series and splitting functions it takes for long, and compiles (JIT) what is run once.
 */
function reshaped(e: Sql): Sql {
  const lengths = join(
    [sql`1`, sql`2`, sql`3`, sql`4`, sql`5`, sql`6`].map((d) => sql`array_length(${e}, ${d})`),
    ', ',
  )
  const shape = sql`array_to_json(array_fill(0, array_remove(ARRAY[${lengths}], NULL)))::text`
  const piece = sql`p.s || CASE WHEN p.n <= cardinality(a.m) THEN coalesce(to_json(p.x)::text, 'null') ELSE '' END`
  const pieces = sql`unnest(a.m, regexp_split_to_array(${shape}, '0')) WITH ORDINALITY AS p(x, s, n)`
  return sql`(SELECT string_agg(${piece}, '' ORDER BY p.n)::json FROM ${pieces})`
}

/** encode() breaks lines every 76 characters (RFC 2045). */
const base64 = (e: Sql): Sql => sql`replace(encode(${e}, 'base64'), E'\\n', '')`

/**
 * A composite whose members are all NULL is not NULL itself, and IS NULL would not tell the two apart. `e` stands within
 * the reach of the alias `c`, which therefore names nothing outside (tables are t0, t1, …, results of functions r, elements u).
 */
function composite(
  e: Sql,
  members: readonly { readonly name: string; readonly type: ValueType }[],
  numbers: NumberStyle,
): Sql {
  const list = members.map((m) => {
    const name = identifier(m.name)
    return sql`${jsonValue(sql`(${e}).${name}`, m.type, numbers)} AS ${name}`
  })
  return sql`(SELECT row_to_json(c.*) FROM (SELECT ${join(list, ', ')}) AS c WHERE ${e} IS DISTINCT FROM NULL)`
}
