/** A database, its catalogue as Postern reads it, and statements run through Postern's own driver. */
import type { Catalog, Column, Routine, Table } from '#catalog/model.ts'
import type { Compiled, Result, RowFormat } from '#engine/engine.ts'
import { readCatalog } from '#engine/postgres/catalog.ts'
import { compile } from '#engine/postgres/dialect.ts'
import type { Bound, ColumnRef, Output, Param, Select, Statement } from '#plan/ast.ts'
import { startPostgres } from '../../support/postgres.ts'
import { connect, limits, request } from './connection.ts'

export interface Bench {
  /** Runs text of the test's own, several statements allowed. */
  sql(text: string): Promise<Record<string, unknown>[]>
  /** Reads the catalogue again after the schema has changed. */
  reload(): Promise<void>
  table(name: string): Table
  routine(name: string): Routine
  run(statement: Statement, values?: readonly Bound[], format?: RowFormat): Promise<Result & { text: string }>
  /** The plan of a compiled statement, as text. */
  explain(compiled: Compiled, values: readonly Bound[]): Promise<string>
  close(): Promise<void>
}

export async function openBench(version: number): Promise<Bench> {
  const server = await startPostgres({ version })
  const url = await server.createDatabase()
  const connection = await connect(url)
  let catalog: Catalog | undefined
  const find = <T extends { readonly name: string }>(from: readonly T[] | undefined, name: string): T => {
    const found = from?.find((t) => t.name === name)
    if (!found) throw new Error(`the catalogue has no ${name}`)
    return found
  }
  return {
    sql: (text) => server.sql(url, text),
    reload: async () => {
      catalog = await readCatalog(connection, request())
    },
    table: (name) => find(catalog?.tables, name),
    routine: (name) => find(catalog?.routines, name),
    run: async (statement, values = [], format = 'array') => {
      const result = await connection.run(compile(statement), values, { ...limits(), format })
      return { ...result, text: Buffer.from(result.body).toString('utf8') }
    },
    explain: async (compiled, values) => {
      const rows = await connection.query(`EXPLAIN ${compiled.text}`, compiled.bind(values), limits())
      return rows.map(([line]) => line).join('\n')
    },
    close: async () => {
      await connection.close()
      await server.stop()
    },
  }
}

export const columnOf = (table: Table, name: string): Column => {
  const column = table.columns.find((c) => c.name === name)
  if (!column) throw new Error(`${table.name} has no column ${name}`)
  return column
}
export const ref = (table: Table, name: string, alias = 't0'): ColumnRef => ({
  alias,
  column: columnOf(table, name),
})
export const param = (slot: number, column: Column, list = false): Param => ({
  slot,
  type: column.type,
  ...(list && { list }),
})
export const outputs = (table: Table, names: readonly string[], alias = 't0'): Output[] =>
  names.map((name) => ({ kind: 'column', name, ref: ref(table, name, alias) }))

/** A Select of some columns; everything else can be given. */
export const select = (table: Table, names: readonly string[], more: Partial<Select> = {}): Select => ({
  kind: 'select',
  table,
  alias: 't0',
  outputs: outputs(table, names, more.alias),
  hidden: [],
  where: undefined,
  group: undefined,
  order: [],
  limit: undefined,
  offset: undefined,
  numbers: 'default',
  ...more,
})
