/** A straightforward model of reads, for the property tests: rows in memory, filters in three-valued logic, and order. */

type Kind = 'integer' | 'bigint' | 'decimal' | 'float' | 'text' | 'boolean' | 'date' | 'timestamp' | 'uuid'

/** Fields of the table `model` and what they hold. */
export const fields = {
  id: 'integer',
  parent_id: 'integer',
  i: 'integer',
  b: 'bigint',
  n: 'decimal',
  f: 'float',
  s: 'text',
  flag: 'boolean',
  d: 'date',
  at: 'timestamp',
  u: 'uuid',
} as const satisfies Record<string, Kind>
export type Field = keyof typeof fields
export const fieldNames = Object.keys(fields) as Field[]

/** Values as their canonical text; null is NULL. */
export type Row = Readonly<Record<Field, string | null>>

/** Values each field draws from; id and parent_id are made. */
export type Pools = Readonly<Record<Field, readonly string[]>>

const everywhere: Pools = {
  id: [],
  parent_id: [],
  i: ['0', '1', '-1', '7', '2147483647', '-2147483648'],
  b: ['0', '9007199254740992', '9007199254740993', '-9223372036854775808', '9223372036854775807'],
  n: ['0.00', '0.01', '-0.01', '1.10', '9999999999.99', '-12.50'],
  f: ['0', '-0.5', '0.1', '1e+300', 'NaN', 'Infinity', '-Infinity'],
  s: ['', 'a', 'A', 'ab', 'a%b', 'a_b', 'a\\b', 'é', 'Z', '💥', ' a', '"', "'", 'null', '1,2'],
  flag: ['true', 'false'],
  d: ['2026-01-01', '1999-12-31', '2024-02-29', '0001-01-01'],
  at: [
    '2026-01-01T00:00:00+00:00',
    '2026-01-01T00:00:00.000001+00:00',
    '2026-01-01T00:00:00.1+00:00',
    '1969-12-31T23:59:59+00:00',
  ],
  u: [
    '00000000-0000-0000-0000-000000000000',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ],
}

/** The model on one engine. */
export interface Model {
  readonly pools: Pools
  readonly rows: readonly Row[]
  /** Statements that make the table and its rows. */
  readonly setup: string
}

const modelOf = (pools: Pools, schema: string, sqlText: SqlText): Model => {
  const rows = rowsFrom(pools)
  const lists = rows.map((row) => `(${fieldNames.map((field) => sqlText(row[field], fields[field])).join()})`)
  return { pools, rows, setup: `${schema} INSERT INTO model VALUES ${lists.join()};` }
}
type SqlText = (value: string | null, kind: Kind) => string

/** The same rows every time: duplicates, NULLs and extremes in every field. */
const rowsFrom = (pools: Pools): readonly Row[] => Array.from({ length: 60 }, (_, k) => rowFrom(pools, k))

function rowFrom(pools: Pools, k: number): Row {
  const pick = (field: Field, step: number) => {
    const pool = pools[field]
    const at = (k * step + (k >> 3)) % (pool.length + 1)
    return pool[at] ?? null
  }
  return {
    id: String(k + 1),
    // Children of the first eleven rows, and of these some are children themselves.
    parent_id: k % 6 === 0 ? null : String(1 + (((k * 7) % 11) % k)),
    i: pick('i', 3),
    b: pick('b', 5),
    n: pick('n', 2),
    f: pick('f', 3),
    s: pick('s', 7),
    flag: pick('flag', 1),
    d: pick('d', 4),
    at: pick('at', 3),
    u: pick('u', 2),
  }
}

const quoted = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`)

export const postgresModel: Model = modelOf(
  everywhere,
  `CREATE TABLE model (
    id int PRIMARY KEY, parent_id int REFERENCES model, i int, b bigint, n numeric(12,2), f float8,
    s text COLLATE "C", flag boolean, d date, at timestamptz, u uuid);
  CREATE INDEX ON model (i, id);
  CREATE INDEX ON model (at DESC, s);`,
  quoted,
)

/** Without infinite numbers, and without time before 1970. */
export const mariadbModel: Model = modelOf(
  {
    ...everywhere,
    f: ['0', '-0.5', '0.1', '1e+300', '5e-324', '-1e+300'],
    at: everywhere.at.map((at) => at.replace('1969-12-31T23:59:59', '1970-01-01T00:00:01')),
  },
  `SET sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES', time_zone = '+00:00';
  CREATE TABLE model (
    id int PRIMARY KEY, parent_id int, i int, b bigint, n decimal(12,2), f double,
    s varchar(60), flag boolean, d date, at timestamp(6) NULL, u uuid,
    FOREIGN KEY (parent_id) REFERENCES model (id), INDEX (i, id), INDEX (at, s));`,
  (value, kind) =>
    kind === 'boolean'
      ? (value ?? 'NULL')
      : quoted(kind === 'timestamp' ? (value?.slice(0, -6) ?? null) : value),
)

/** Without infinite numbers, and those that have fewer digits than others. */
export const sqlServerModel: Model = modelOf(
  { ...everywhere, f: ['0', '-0.5', '0.1', '1e+300', '-1e+300'] },
  `CREATE TABLE model (
    id int PRIMARY KEY, parent_id int, i int, b bigint, n decimal(12,2), f float,
    s nvarchar(60), flag bit, d date, at datetimeoffset(6), u uniqueidentifier,
    FOREIGN KEY (parent_id) REFERENCES model (id));
  CREATE INDEX by_i ON model (i, id);
  CREATE INDEX by_at ON model (at DESC, s);`,
  (value, kind) => {
    if (kind === 'boolean') return value === null ? 'NULL' : value === 'true' ? '1' : '0'
    return kind === 'text' && value !== null ? `N${quoted(value)}` : quoted(value)
  },
)

/** The value as JSON that goes out. */
export function jsonOf(field: Field, value: string | null): string {
  if (value === null) return 'null'
  const kind: Kind = fields[field]
  const bare =
    kind === 'integer' || kind === 'bigint' || kind === 'boolean' || (kind === 'float' && !/[NI]/.test(value))
  return bare ? value : JSON.stringify(value)
}

const cents = (text: string) => {
  const [, sign, whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  return BigInt(`${sign}${whole}${fraction.padEnd(20, '0')}`)
}
const micros = (text: string) => {
  const [, second = '', fraction = ''] = /^([^.+]*)(?:\.(\d+))?\+00:00$/.exec(text) ?? []
  return BigInt(Date.parse(`${second}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** Below, equal, above: as PostgreSQL orders values of the type; NaN is the largest float and equal to itself. */
function compareValues(kind: Kind, a: string, b: string): number {
  const sign = <T>(x: T, y: T) => (x < y ? -1 : x > y ? 1 : 0)
  switch (kind) {
    case 'integer':
    case 'bigint':
      return sign(BigInt(a), BigInt(b))
    case 'decimal':
      return sign(cents(a), cents(b))
    case 'float': {
      const [x, y] = [Number(a), Number(b)]
      if (Number.isNaN(x) || Number.isNaN(y)) return sign(Number.isNaN(x), Number.isNaN(y))
      return sign(x, y)
    }
    case 'timestamp':
      return sign(micros(a), micros(b))
    case 'text':
      return Buffer.compare(Buffer.from(a), Buffer.from(b))
    case 'boolean':
    case 'date':
    case 'uuid':
      return sign(a, b)
    default:
      return kind satisfies never
  }
}

type Comparison = 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte'
export type ModelFilter =
  | { readonly kind: 'and' | 'or'; readonly items: readonly ModelFilter[] }
  | { readonly kind: 'not'; readonly item: ModelFilter }
  | { readonly kind: 'related'; readonly relation: 'parent' | 'model'; readonly item: ModelFilter }
  | { readonly kind: 'compare'; readonly field: Field; readonly operator: Comparison; readonly value: string }
  | {
      readonly kind: 'list'
      readonly field: Field
      readonly operator: 'in' | 'nin' | 'between'
      readonly values: readonly string[]
    }
  | { readonly kind: 'null'; readonly field: Field; readonly isNull: boolean }
  | {
      readonly kind: 'text'
      readonly operator: 'contains' | 'starts' | 'ends' | 'ilike'
      readonly value: string
    }

/** True, false, or null for unknown, as SQL has it. */
type Truth = boolean | null

const not = (truth: Truth): Truth => (truth === null ? null : !truth)
const and = (truths: readonly Truth[]): Truth =>
  truths.includes(false) ? false : truths.includes(null) ? null : true

function holds(filter: ModelFilter, row: Row, rows: readonly Row[]): Truth {
  switch (filter.kind) {
    case 'and':
      return and(filter.items.map((item) => holds(item, row, rows)))
    case 'or':
      return not(and(filter.items.map((item) => not(holds(item, row, rows)))))
    case 'not':
      return not(holds(filter.item, row, rows))
    case 'related': {
      const others = rows.filter((other) =>
        filter.relation === 'parent' ? other.id === row.parent_id : other.parent_id === row.id,
      )
      return others.some((other) => holds(filter.item, other, rows) === true)
    }
    case 'compare': {
      const value = row[filter.field]
      if (value === null) return null
      const order = compareValues(fields[filter.field], value, filter.value)
      return {
        eq: order === 0,
        neq: order !== 0,
        gt: order > 0,
        gte: order >= 0,
        lt: order < 0,
        lte: order <= 0,
      }[filter.operator]
    }
    case 'list': {
      const value = row[filter.field]
      if (filter.operator !== 'between' && filter.values.length === 0) return filter.operator === 'nin'
      if (value === null) return null
      const orders = filter.values.map((other) => compareValues(fields[filter.field], value, other))
      if (filter.operator === 'between') return (orders[0] as number) >= 0 && (orders[1] as number) <= 0
      return orders.includes(0) === (filter.operator === 'in')
    }
    case 'null':
      return (row[filter.field] === null) === filter.isNull
    case 'text': {
      const value = row.s
      if (value === null) return null
      switch (filter.operator) {
        case 'contains':
          return value.includes(filter.value)
        case 'starts':
          return value.startsWith(filter.value)
        case 'ends':
          return value.endsWith(filter.value)
        case 'ilike':
          // Of patterns only those without % and _ are asked for; ASCII has one lower case everywhere.
          return value.toLowerCase() === filter.value.toLowerCase()
        default:
          return filter satisfies never
      }
    }
    default:
      return filter satisfies never
  }
}

export interface ModelOrder {
  readonly field: Field
  readonly descending: boolean
  readonly nulls: 'first' | 'last' | undefined
}

export interface ModelQuery {
  readonly filter: ModelFilter | undefined
  readonly order: readonly ModelOrder[]
  readonly select: readonly Field[]
}

/**
 * All rows the query finds, in their order, as the bytes of each.
 * @param among the rows it looks among
 */
export function answerOf(
  { rows }: Model,
  { filter, order, select }: ModelQuery,
  among: readonly Row[] = rows,
): readonly string[] {
  const terms = [...order, { field: 'id', descending: false, nulls: undefined } as const]
  return among
    .filter((row) => filter === undefined || holds(filter, row, rows) === true)
    .toSorted((a, b) => {
      for (const { field, descending, nulls } of terms) {
        const [x, y] = [a[field], b[field]]
        if (x === null && y === null) continue
        const nullsFirst = (nulls ?? (descending ? 'first' : 'last')) === 'first'
        if (x === null || y === null) return (x === null) === nullsFirst ? -1 : 1
        const order = compareValues(fields[field], x, y)
        if (order !== 0) return descending ? -order : order
      }
      return 0
    })
    .map((row) => `{${select.map((field) => `"${field}":${jsonOf(field, row[field])}`).join()}}`)
}
