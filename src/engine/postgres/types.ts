/** Native types → canonical value types: domains to their base; arrays, composites, enums and ranges to what they are made of. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'
import type { TypeRow } from './catalog-rows.ts'
import { isDomainArray, maxIdentifierBytes } from './names.ts'

/** What a column, parameter or result of a type and modifier is. */
export interface Resolved {
  readonly type: ValueType
  /** False: no canonical form fits; `type` is then its text, of family `other`. */
  readonly mapped: boolean
  /** It is a domain that forbids NULL; that has a default. */
  readonly notNull: boolean
  readonly hasDefault: boolean
  /** Of composites; `relation` is the oid of the table whose row it is. */
  readonly row?: { readonly members: readonly ResolvedMember[]; readonly relation: string }
  /** It stands for no values of its own: anyelement, record, void, trigger, internal. */
  readonly pseudo: boolean
}
export interface ResolvedMember {
  readonly name: string
  readonly resolved: Resolved
}

/** Whatever is not here is written as its text: uuid, inet, interval, bit strings, geometric types, xml and so on. */
const canonicalOf: Readonly<Record<string, CanonicalType>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  numeric: 'decimal',
  money: 'decimal',
  float4: 'float',
  float8: 'float',
  bool: 'boolean',
  timestamptz: 'timestamp',
  timestamp: 'datetime',
  date: 'date',
  time: 'time',
  json: 'json',
  jsonb: 'json',
  bytea: 'binary',
}

/** PostgreSQL manual, "Numeric Types" and "Object Identifier Types". */
const ranges: Readonly<Record<string, readonly [string, string]>> = {
  int2: ['-32768', '32767'],
  int4: ['-2147483648', '2147483647'],
  int8: ['-9223372036854775808', '9223372036854775807'],
  oid: ['0', '4294967295'],
}

/** Deepest nesting of types in types; a bound and no more, as PostgreSQL forbids a composite to contain itself. */
const maxNesting = 32

/**
 * Makes the function that resolves a type by oid and modifier (pg_attribute.atttypmod; -1 is none).
 * Equal questions share one answer, so that 100,000 columns hold a few hundred types.
 * @throws Error when asked for a type that is not among `rows` or nested beyond 32 levels
 */
export function createTypeTable(rows: readonly TypeRow[]): (oid: string, modifier: number) => Resolved {
  const byOid = new Map(rows.map((row) => [row.oid, row]))
  const known = new Map<string, Resolved>()

  const resolve = (oid: string, modifier: number, nesting: number): Resolved => {
    const key = `${oid}:${modifier}`
    const found = known.get(key)
    if (found !== undefined) return found
    const row = byOid.get(oid)
    if (row === undefined || nesting > maxNesting)
      throw new Error(`the catalogue has no type ${oid}, or it is nested beyond ${maxNesting} levels`)
    const inner = (type: string, innerModifier: number) => resolve(type, innerModifier, nesting + 1)
    const made = resolveRow(row, modifier, inner)
    known.set(key, made)
    return made
  }
  return (oid, modifier) => resolve(oid, modifier, 0)
}

function resolveRow(
  row: TypeRow,
  modifier: number,
  inner: (oid: string, modifier: number) => Resolved,
): Resolved {
  const { native } = row
  switch (row.kind) {
    case 'pseudo':
      return { ...asText(row), pseudo: true }
    case 'domain': {
      const base = inner(row.base, row.baseModifier === -1 ? modifier : row.baseModifier)
      return {
        ...base,
        notNull: row.notNull || base.notNull,
        hasDefault: row.hasDefault || base.hasDefault,
      }
    }
    case 'enum':
      return mapped({ ...plain('enum', native), labels: row.labels ?? [] })
    case 'range':
    case 'multirange':
      return mapped(plain(row.kind, native))
    case 'composite': {
      const members = (row.members ?? []).map(([name, type, memberModifier]) => ({
        name,
        resolved: inner(type, memberModifier),
      }))
      return { ...composite(row, members), row: { members, relation: row.relation } }
    }
    case 'base':
      if (row.element !== '0') return array(row, inner(row.element, modifier))
      // An extension that calls its type a string (citext) is believed; the text of any other may mean anything.
      if (row.schema !== 'pg_catalog' && !row.stringlike) return asText(row)
      return mapped({
        canonical: (row.schema === 'pg_catalog' && canonicalOf[row.name]) || 'string',
        family: row.name,
        native,
        ...(row.schema === 'pg_catalog' && ranges[row.name] && { range: ranges[row.name] }),
        ...sized(row, modifier),
        ordered: row.ordered,
        comparable: row.comparable,
      })
    default:
      throw new Error(`unforeseen kind of type: ${String(row.kind satisfies never)}`)
  }
}

function array(row: TypeRow, element: Resolved): Resolved {
  if (!element.mapped) return asText(row)
  const { ordered, comparable, limited } = element.type
  const { native } = row
  const type: ValueType = {
    canonical: 'array',
    family: 'array',
    native,
    element: element.type,
    ordered,
    comparable,
  }
  // An array of a domain is no array of its base.
  return mapped(limited === undefined || isDomainArray(type) ? type : { ...type, limited: `${limited}[]` })
}

function composite(row: TypeRow, members: readonly ResolvedMember[]): Resolved {
  if (!members.every((m) => m.resolved.mapped)) return asText(row)
  const parts = members.map((m) => ({ name: m.name, type: m.resolved.type }))
  return mapped({
    canonical: 'json',
    family: 'composite',
    native: row.native,
    members: parts,
    ordered: parts.every((m) => m.type.ordered),
    comparable: parts.every((m) => m.type.comparable),
  })
}

const mapped = (type: ValueType): Resolved => ({
  type,
  mapped: true,
  notNull: false,
  hasDefault: false,
  pseudo: false,
})

const asText = (row: TypeRow): Resolved => ({
  ...mapped({ ...plain('other', row.native), ordered: row.ordered, comparable: row.comparable }),
  mapped: false,
})

const plain = (family: string, native: string): ValueType => ({
  canonical: 'string',
  family,
  native,
  ordered: true,
  comparable: true,
})

type Limits = Pick<
  ValueType,
  'maxLength' | 'maxBytes' | 'precision' | 'scale' | 'fraction' | 'limitsCompared' | 'limited'
>

/** The limits of a type itself, and of its modifier. */
function sized(row: TypeRow, modifier: number): Limits {
  if (row.schema !== 'pg_catalog') return {}
  switch (row.name) {
    case 'name':
      return { maxBytes: maxIdentifierBytes }
    case 'char':
      return { maxBytes: 1, limitsCompared: true }
    case 'money':
      // 64 bits of the smallest unit.
      return { precision: 19, scale: row.moneyScale, limitsCompared: true }
    default:
      return modifier < 0 ? {} : modified(row.name, modifier)
  }
}

/** Most digits behind the second. */
const microseconds = 6

/** What a type modifier says: the layouts are those of varchar.c, varbit.c, numeric.c, date.c and timestamp.c of PostgreSQL. */
function modified(name: string, modifier: number): Limits {
  switch (name) {
    case 'varchar':
    case 'bpchar':
      return { maxLength: modifier - 4 }
    case 'bit':
    case 'varbit':
      return { maxLength: modifier }
    case 'numeric': {
      const digits = ((modifier - 4) >> 16) & 0xffff
      // Eleven bits with a sign; a negative scale (since 15) rounds before the point.
      return { precision: digits, scale: (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400 }
    }
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return modifier < microseconds ? { fraction: modifier } : {}
    case 'timetz':
      return modifier < microseconds ? { limited: `time(${modifier}) with time zone` } : {}
    case 'interval':
      return { limited: `interval${intervalLimits(modifier)}` }
    default:
      return {}
  }
}

/** Bits of datetime.h that a modifier has for its fields, largest first. */
const intervalFields = [
  [1 << 2, 'year'],
  [1 << 1, 'month'],
  [1 << 3, 'day'],
  [1 << 10, 'hour'],
  [1 << 11, 'minute'],
  [1 << 12, 'second'],
] as const

/** ` day to second(3)`: the fields in the upper half of the modifier, the digits behind the second in the lower. */
function intervalLimits(modifier: number): string {
  const [fields, digits] = [modifier >> 16, modifier & 0xffff]
  const named = intervalFields.filter(([bit]) => (fields & bit) !== 0).map(([, name]) => name)
  // Of all fields there is no word.
  const [first, last] = fields === allFields ? [] : [named.at(0), named.at(-1)]
  const range = first === undefined ? '' : first === last ? ` ${first}` : ` ${first} to ${last}`
  return digits <= microseconds ? `${range}(${digits})` : range
}
const allFields = 0x7fff
