/** Native types, as information_schema spells them, → canonical value types. Pure. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'

/** What a column, parameter or result of a native type is. */
export interface Resolved {
  readonly type: ValueType
  /** False: no canonical form fits; `type` is then the text that the engine makes of it. */
  readonly mapped: boolean
}

/**
 * Resolves a native type: COLUMN_TYPE of information_schema.COLUMNS or DTD_IDENTIFIER of PARAMETERS, such as
 * `decimal(10,2) unsigned`. `json`: MariaDB's JSON, which is a longtext with the check json_valid(); `collation`:
 * COLLATION_NAME of a column.
 */
export type TypeTable = (
  native: string,
  o?: { readonly json?: boolean; readonly collation?: string | undefined },
) => Resolved

/**
 * First word of the native type → family and canonical type.
 *
 * Families that the dialect switches on: `boolean` (tinyint(1)), `bit1` (bit(1)), `bit` (longer ones, as integers),
 * `tinyint` `smallint` `mediumint` `int` `bigint` and the same with ` unsigned`, `year`, `decimal`, `float`, `double`,
 * `char` `varchar` `text`, `enum`, `set`, `uuid` `inet4` `inet6`, `json`, `binary` `varbinary` `blob`, `date` `time`
 * `datetime` `timestamp`; without canonical form `geometry` and `vector`, and `other` for what is not known here.
 */
const families: Readonly<Record<string, readonly [family: string, canonical: CanonicalType]>> = {
  tinyint: ['tinyint', 'integer'],
  smallint: ['smallint', 'integer'],
  mediumint: ['mediumint', 'integer'],
  int: ['int', 'integer'],
  integer: ['int', 'integer'],
  bigint: ['bigint', 'integer'],
  year: ['year', 'integer'],
  decimal: ['decimal', 'decimal'],
  float: ['float', 'float'],
  double: ['double', 'float'],
  char: ['char', 'string'],
  varchar: ['varchar', 'string'],
  tinytext: ['text', 'string'],
  text: ['text', 'string'],
  mediumtext: ['text', 'string'],
  longtext: ['text', 'string'],
  enum: ['enum', 'string'],
  set: ['set', 'string'],
  uuid: ['uuid', 'string'],
  inet4: ['inet4', 'string'],
  inet6: ['inet6', 'string'],
  json: ['json', 'json'],
  binary: ['binary', 'binary'],
  varbinary: ['varbinary', 'binary'],
  tinyblob: ['blob', 'binary'],
  blob: ['blob', 'binary'],
  mediumblob: ['blob', 'binary'],
  longblob: ['blob', 'binary'],
  date: ['date', 'date'],
  time: ['time', 'time'],
  datetime: ['datetime', 'datetime'],
  timestamp: ['timestamp', 'timestamp'],
}

/** Spatial types; their text is WKT. */
const spatial = new Set(
  'geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection'.split(
    ' ',
  ),
)

/** MySQL Reference Manual, "Integer Types"; a year is 0000 too, but a number from 1 to 99 would be made another year. */
const ranges: Readonly<Record<string, readonly [string, string]>> = {
  tinyint: ['-128', '127'],
  'tinyint unsigned': ['0', '255'],
  smallint: ['-32768', '32767'],
  'smallint unsigned': ['0', '65535'],
  mediumint: ['-8388608', '8388607'],
  'mediumint unsigned': ['0', '16777215'],
  int: ['-2147483648', '2147483647'],
  'int unsigned': ['0', '4294967295'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
  'bigint unsigned': ['0', '18446744073709551615'],
  year: ['1901', '2155'],
}

/**
 * Makes the function that resolves a native type. Equal questions share one answer, so that 100,000 columns hold a few
 * hundred types.
 */
export function createTypeTable(): TypeTable {
  const known = new Map<string, Resolved>()
  return (native, { json = false, collation } = {}) => {
    const key = json ? `json ${native}` : `${collation ?? ''} ${native}`
    let found = known.get(key)
    if (found === undefined)
      known.set(key, (found = json ? jsonType(native) : collated(resolveType(native), collation)))
    return found
  }
}

/** Texts have a collation; it stands in SQL as a bare word, so that only one that is a word is taken. */
const collated = ({ type, mapped }: Resolved, collation: string | undefined): Resolved =>
  type.canonical === 'string' && mapped && collation !== undefined && /^\w+$/.test(collation)
    ? { mapped, type: { ...type, collation } }
    : { type, mapped }

const jsonType = (native: string): Resolved => ({
  mapped: true,
  // Two documents may be equal in other words, and have no order that another engine shares.
  type: { canonical: 'json', family: 'json', native, ordered: false, comparable: false },
})

function resolveType(native: string): Resolved {
  const [, word = '', inside = '', rest = ''] = /^(\w+)(?:\((.*)\))?(.*)$/s.exec(native) ?? []
  const name = word.toLowerCase()
  if (name === 'json') return jsonType(native)
  const unsigned = /\bunsigned\b/i.test(rest)
  const plain = { native, ordered: true, comparable: true }
  if (name === 'bit') return { mapped: true, type: { ...plain, ...bits(Number(inside || '1')) } }
  // BOOLEAN is a synonym of it; one with a sign taken away or zeros in front was meant as a number.
  if (name === 'tinyint' && inside === '1' && !unsigned)
    return { mapped: true, type: { ...plain, canonical: 'boolean', family: 'boolean' } }
  const found = families[name]
  if (found === undefined) {
    const family = spatial.has(name) ? 'geometry' : name === 'vector' ? 'vector' : 'other'
    const type = { canonical: 'string', family, native, ordered: false, comparable: false } as const
    return { mapped: false, type }
  }
  const [word1, canonical] = found
  const family = canonical === 'integer' && unsigned ? `${word1} unsigned` : word1
  const range = ranges[family]
  return {
    mapped: true,
    type: { ...plain, canonical, family, ...(range && { range }), ...sized(family, inside) },
  }
}

/** A single bit is a yes or no; more of them are the number they are the digits of. */
const bits = (length: number): Pick<ValueType, 'canonical' | 'family' | 'range'> =>
  length === 1
    ? { canonical: 'boolean', family: 'bit1' }
    : { canonical: 'integer', family: 'bit', range: ['0', String(2n ** BigInt(length) - 1n)] }

/** Most digits behind the second. */
const microseconds = 6

/** What stands between the parentheses. Lengths of text and blobs are in bytes and not told. */
function sized(
  family: string,
  inside: string,
): Pick<ValueType, 'maxLength' | 'precision' | 'scale' | 'fraction' | 'labels'> {
  switch (family) {
    case 'char':
    case 'varchar':
      return inside === '' ? {} : { maxLength: Number(inside) }
    case 'decimal': {
      const [precision, scale = '0'] = (inside || '10').split(',')
      return { precision: Number(precision), scale: Number(scale) }
    }
    case 'time':
    case 'datetime':
    case 'timestamp': {
      const fraction = Number(inside)
      return fraction < microseconds ? { fraction } : {}
    }
    case 'enum':
      return { labels: labelsOf(inside) }
    default:
      return {}
  }
}

/** Members of a set, lowest bit first. They are no `labels`, as any of them together is a value too. */
export const setMembers = ({ native }: ValueType): string[] => labelsOf(native)

/** `'a','it''s'` → a, it's. A backslash stands before what a client could not type. */
function labelsOf(list: string): string[] {
  const labels: string[] = []
  for (const [, quoted = ''] of list.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs))
    labels.push(
      quoted.replace(/''|\\(.)/gs, (_, escaped: string | undefined) =>
        escaped === undefined ? "'" : (unescaped[escaped] ?? escaped),
      ),
    )
  return labels
}

const unescaped: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r', t: '\t', Z: '\u001a' }
