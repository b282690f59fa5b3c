/** The statements of the side-by-side tables in another engine's words: the same tables with its types, for the tests of dialects. */
import type { Column, Table, ValueType } from '#catalog/model.ts'
import type { Statement } from '#plan/ast.ts'
import { column } from './statements.fixture.ts'

const binary = 'Latin1_General_100_BIN2'
const sqlServer: Readonly<Record<string, Partial<ValueType>>> = {
  int2: { family: 'smallint' },
  int4: { family: 'int' },
  int8: { family: 'bigint' },
  numeric: { family: 'decimal', native: 'decimal(12,2)', precision: 12, scale: 2 },
  money: { family: 'money', precision: 19, scale: 4 },
  float8: { family: 'float' },
  bool: { family: 'bit' },
  timestamptz: { family: 'datetimeoffset', native: 'datetimeoffset(7)' },
  timestamp: { family: 'datetime2', native: 'datetime2(7)' },
  text: { family: 'nvarchar', native: 'nvarchar(60)', maxLength: 60, collation: binary },
  bpchar: { family: 'char', native: 'char(2)', maxLength: 2, collation: 'SQL_Latin1_General_CP1_CI_AS' },
  enum: { family: 'varchar', native: 'varchar(10)', maxLength: 10, collation: `${binary}_UTF8` },
  bytea: { family: 'varbinary', native: 'varbinary(max)' },
}

const bytewise = 'utf8mb4_bin'
const mysql: Readonly<Record<string, Partial<ValueType>>> = {
  int2: { family: 'smallint' },
  int4: { family: 'int' },
  int8: { family: 'bigint' },
  numeric: { family: 'decimal', native: 'decimal(12,2)', precision: 12, scale: 2 },
  money: { family: 'decimal', native: 'decimal(10,2)', precision: 10, scale: 2 },
  float8: { family: 'double' },
  bool: { family: 'boolean', native: 'tinyint(1)' },
  timestamptz: { family: 'timestamp', native: 'timestamp(6)' },
  timestamp: { family: 'datetime', native: 'datetime(6)' },
  time: { native: 'time(6)' },
  text: { family: 'varchar', native: 'varchar(60)', maxLength: 60, collation: bytewise },
  bpchar: { family: 'char', native: 'char(2)', maxLength: 2, collation: bytewise },
  enum: { native: "enum('open','shipped')", collation: bytewise },
  jsonb: { family: 'json' },
  bytea: { family: 'blob' },
}

const isType = (value: object): value is ValueType => 'canonical' in value && 'family' in value
const isTable = (value: object): value is Table => 'rowVersion' in value

function mapped(value: unknown, of: (value: object) => object | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, of))
  if (typeof value !== 'object' || value === null) return value
  const changed = of(value) ?? value
  return Object.fromEntries(Object.entries(changed).map(([key, item]) => [key, mapped(item, of)]))
}

/** The statement over tables of MySQL and MariaDB, where versions of rows are told apart by what they hold. */
export const inMysqlWords = (statement: Statement): Statement =>
  mapped(statement, (value) => {
    if (isType(value)) {
      const { family } = value
      return { ...value, native: mysql[family]?.family ?? value.native, ...mysql[family] }
    }
    return isTable(value) ? { ...value, rowVersion: 'hash' } : undefined
  }) as Statement

const rowversion: Column = column('version', {
  canonical: 'binary',
  family: 'rowversion',
  native: 'rowversion',
  ordered: true,
  comparable: true,
})

/** The statement over tables of SQL Server. What tells row versions apart is a column there. */
export const inSqlServerWords = (statement: Statement): Statement =>
  mapped(statement, (value) => {
    if (isType(value)) {
      const { family } = value
      return { ...value, native: sqlServer[family]?.family ?? value.native, ...sqlServer[family] }
    }
    if (isTable(value) && value.rowVersion === 'system' && !value.columns.includes(rowversion))
      return { ...value, columns: [...value.columns, rowversion] }
    return undefined
  }) as Statement
