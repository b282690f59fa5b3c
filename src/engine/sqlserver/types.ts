/** Native types of SQL Server → canonical value types. Pure. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'

/** What a column, parameter or result of a native type is. */
export interface Resolved {
  readonly type: ValueType
  /** False: no canonical form fits; `type` is then the text that the engine makes of it. */
  readonly mapped: boolean
}

/** A type as sys.columns, sys.all_parameters and the descriptions of result sets spell it. */
export interface NativeType {
  /** Base type in sys.types (alias types are resolved), such as `nvarchar`; of user-defined CLR types their quoted name. */
  readonly name: string
  /** In bytes, -1 for `max`. */
  readonly maxLength: number
  readonly precision: number
  readonly scale: number
  /** Of types of text: collation_name. The dialect needs it for casts to char and varchar, and for copies of keys. */
  readonly collation?: string
}

/**
 * Base type → family and canonical type.
 *
 * The families are the names of the types, so that the dialect can switch on them, but for three pairs that are one type
 * under two names: `decimal` (numeric), `rowversion` (timestamp), `nvarchar` (sysname); and for `uuid`, which is the word
 * that plans know. Without canonical form:
 * `geometry`, `geography`, `vector`, and `other` for user-defined CLR types and what is not known here.
 */
const families: Readonly<Record<string, readonly [family: string, canonical: CanonicalType]>> = {
  bit: ['bit', 'boolean'],
  tinyint: ['tinyint', 'integer'],
  smallint: ['smallint', 'integer'],
  int: ['int', 'integer'],
  bigint: ['bigint', 'integer'],
  decimal: ['decimal', 'decimal'],
  numeric: ['decimal', 'decimal'],
  money: ['money', 'decimal'],
  smallmoney: ['smallmoney', 'decimal'],
  real: ['real', 'float'],
  float: ['float', 'float'],
  date: ['date', 'date'],
  time: ['time', 'time'],
  datetime: ['datetime', 'datetime'],
  datetime2: ['datetime2', 'datetime'],
  smalldatetime: ['smalldatetime', 'datetime'],
  datetimeoffset: ['datetimeoffset', 'timestamp'],
  char: ['char', 'string'],
  varchar: ['varchar', 'string'],
  nchar: ['nchar', 'string'],
  nvarchar: ['nvarchar', 'string'],
  sysname: ['nvarchar', 'string'],
  text: ['text', 'string'],
  ntext: ['ntext', 'string'],
  xml: ['xml', 'string'],
  uniqueidentifier: ['uuid', 'string'],
  hierarchyid: ['hierarchyid', 'string'],
  sql_variant: ['sql_variant', 'string'],
  json: ['json', 'json'],
  binary: ['binary', 'binary'],
  varbinary: ['varbinary', 'binary'],
  image: ['image', 'binary'],
  timestamp: ['rowversion', 'binary'],
  rowversion: ['rowversion', 'binary'],
}

const unmapped = new Set(['geometry', 'geography', 'vector'])

/** Transact-SQL reference, "int, bigint, smallint, and tinyint": tinyint has no sign. */
const ranges: Readonly<Record<string, readonly [string, string]>> = {
  tinyint: ['0', '255'],
  smallint: ['-32768', '32767'],
  int: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
}

/**
 * Types whose values SQL Server cannot compare at all, and sql_variant, whose values compare by the type inside before
 * they compare by value, so that a bound text equals none of them (Transact-SQL reference, "sql_variant").
 */
const incomparable = new Set('text ntext image xml json sql_variant'.split(' '))

/** Digits in all and behind the point that money always has. */
const money: Readonly<Record<string, readonly [number, number]>> = { money: [19, 4], smallmoney: [10, 4] }

/**
 * Makes the function that resolves a native type. Equal questions share one answer, so that 100,000 columns hold a few
 * hundred types. `json`: a column of text with a check that says ISJSON of it, which is how documents are kept before
 * SQL Server 2025.
 */
export function createTypeTable(): (native: NativeType, json?: boolean) => Resolved {
  const known = new Map<string, Resolved>()
  return (native, json = false) => {
    const { name, maxLength, precision, scale, collation } = native
    const key = [name, maxLength, precision, scale, collation, json].join(' ')
    let found = known.get(key)
    if (found === undefined)
      known.set(key, (found = json ? asJson(resolveType(native)) : resolveType(native)))
    return found
  }
}

/** Bound as the text it is. Two documents may be equal in other words, and have no order that another engine shares. */
const asJson = ({ mapped, type }: Resolved): Resolved => {
  const { maxLength: _, ...rest } = type
  return { mapped, type: { ...rest, canonical: 'json', ordered: false, comparable: false } }
}

function resolveType(of: NativeType): Resolved {
  const found = families[of.name]
  if (found === undefined) {
    const family = unmapped.has(of.name) ? of.name : 'other'
    const type = { canonical: 'string', family, native: of.name, ordered: false, comparable: false } as const
    return { mapped: false, type }
  }
  const [family, canonical] = found
  const compares = !incomparable.has(family)
  const range = ranges[family]
  const { arguments: written, ...sizes } = sized(family, of)
  const base = family === 'uuid' ? 'uniqueidentifier' : family
  const native = written === undefined ? base : `${base}(${written})`
  const shape = { canonical, family, native, ordered: compares, comparable: compares }
  const collation = of.collation === undefined ? {} : { collation: of.collation }
  return { mapped: true, type: { ...shape, ...(range && { range }), ...sizes, ...collation } }
}

/** Most digits behind the second: 100 nanoseconds. */
const finest = 7

interface Sized extends Pick<ValueType, 'maxLength' | 'precision' | 'scale' | 'fraction'> {
  /** What stands between the parentheses of the type; a cast without them would take another length or scale. */
  readonly arguments?: string
}

function sized(family: string, { maxLength, precision, scale }: NativeType): Sized {
  switch (family) {
    case 'char':
    case 'varchar':
      return length(maxLength)
    case 'nchar':
    case 'nvarchar':
      return length(maxLength === -1 ? -1 : maxLength / 2)
    case 'binary':
    case 'varbinary':
      return { arguments: maxLength === -1 ? 'max' : String(maxLength) }
    case 'decimal':
      return { arguments: `${precision},${scale}`, precision, scale }
    case 'money':
    case 'smallmoney': {
      const [digits, behind] = money[family] as readonly [number, number]
      return { precision: digits, scale: behind }
    }
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return { arguments: String(scale), ...(scale < finest && { fraction: scale }) }
    default:
      return {}
  }
}

/** Bytes of the collation's code page for char, UTF-16 units for nchar: never fewer than there can be characters. */
const length = (units: number): Sized =>
  units === -1 ? { arguments: 'max' } : { arguments: String(units), maxLength: units }
