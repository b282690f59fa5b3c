/** Rows of the catalogue's statements → routines: parameters, results, and which of them no request could call. Pure. */
import type { Column, Parameter, Routine, TableId } from '#catalog/model.ts'
import { isTold, nativeOf, type RawRows } from './catalog-tables.ts'
import { parametersWithDefault } from './parameter-defaults.ts'
import type { NativeType, Resolved } from './types.ts'

/** Notes a column, parameter (or, with an empty name, result) without a canonical type; says what to do about it. */
export type OnUnmappable = (id: TableId, column: string, type: Resolved['type']) => 'omit' | 'text'

export interface RoutineRows {
  readonly routines: RawRows
  readonly parameters: RawRows
  readonly results: RawRows
  /** Of table-valued functions among others: as of tables. */
  readonly columns: RawRows
}

interface RoutineContext {
  readonly resolve: (native: NativeType) => Resolved
  readonly onUnmappable: OnUnmappable
}

/** The routines a request can call, in no promised order. */
export function readRoutines(rows: RoutineRows, context: RoutineContext): Routine[] {
  const parameters = Map.groupBy(rows.parameters, ([id]) => id)
  const results = Map.groupBy(rows.results, ([id]) => id)
  const columns = Map.groupBy(rows.columns, ([id]) => id)
  return rows.routines.flatMap((row) => {
    const [id] = row
    const own = { parameters: parameters.get(id) ?? [], results: results.get(id) ?? [] }
    const routine = readRoutine(row, { ...own, columns: columns.get(id) ?? [] }, context)
    return routine === undefined ? [] : [routine]
  })
}

/** What may end the transaction that a procedure is called in, or call what does; `EXECUTE AS` only says who runs it. */
const mayEnd = /\b(?:commit|rollback|exec(?:ute)?(?!\s+as\b))\b/i

const tableFunctions = new Set(['IF', 'TF', 'FT'])
const scalarFunctions = new Set(['FN', 'FS'])

/**
 * The routine, or undefined when no request could call it: a parameter that is a table or a cursor, an input or a result
 * that is left out as unmappable, rows of which every column is.
 *
 * A function of SQL Server cannot write; a procedure promises nothing. A procedure gives its OUTPUT parameters as a row,
 * which take a value as well, and NULL when none is given. One without them gives the rows of its first result, or
 * nothing; `rows` without columns: the server cannot tell before it runs (dynamic SQL, several ways through it).
 */
function readRoutine(
  [, schema, name, type = '', executable, definition, comment]: readonly (string | null)[],
  own: Omit<RoutineRows, 'routines'>,
  { resolve, onUnmappable }: RoutineContext,
): Routine | undefined {
  const id = { schema: schema ?? '', name: name ?? '' }
  const usable = (column: string, resolved: Resolved) =>
    resolved.mapped || onUnmappable(id, column, resolved.type) === 'text'
  const all = own.parameters.map((row) => {
    const [, parameter, position, typeName, , , , output, hasDefault] = row
    return {
      name: (parameter ?? '').replace(/^@/, ''),
      position: Number(position),
      // Nothing a request holds could become one.
      callable: typeName !== 'table' && typeName !== 'cursor',
      output: output === '1',
      hasDefault: hasDefault === '1',
      resolved: resolve(nativeOf(row.slice(3, 7))),
    }
  })
  const given = all.filter((p) => p.position > 0)
  if (!given.every((p) => p.callable && usable(p.name, p.resolved))) return undefined

  /** One without a name of its own is called by its place, so that each can be asked for. */
  const columnsOf = (rows: readonly { name: string; resolved: Resolved }[]): Column[] => {
    const taken = new Set<string>()
    return rows.map(({ name: own, resolved }, i) => {
      const name = own === '' || taken.has(own.toLowerCase()) ? `column${i + 1}` : own
      taken.add(name.toLowerCase())
      return { name, type: resolved.type, nullable: true, hasDefault: false, generated: 'no' }
    })
  }
  const named = (rows: RawRows, at: number) =>
    rows.map((row) => ({ name: row[1] ?? '', resolved: resolve(nativeOf(row.slice(at, at + 4))) }))

  const returns = (): Routine['returns'] | undefined => {
    if (scalarFunctions.has(type ?? '')) {
      const result = all.find((p) => p.position === 0)?.resolved
      if (result === undefined || !usable('', result)) return undefined
      return { kind: 'scalar', type: result.type, set: false }
    }
    if (tableFunctions.has(type ?? '')) {
      const shown = named(own.columns, 2).filter((column) => usable(column.name, column.resolved))
      // There would be nothing to select.
      if (shown.length === 0) return undefined
      return { kind: 'rows', columns: columnsOf(shown), set: true }
    }
    const outputs = given.filter((p) => p.output)
    if (outputs.length > 0) return { kind: 'rows', columns: columnsOf(outputs), set: false }
    if (own.results.length === 0) return { kind: 'void' }
    if (own.results.some((row) => row[6] !== null)) return { kind: 'rows', columns: [], set: true }
    const shown = named(own.results, 2)
    // Its rows come as they are: none of their columns can be left out.
    if (!shown.every((column) => usable(column.name, column.resolved))) return undefined
    return { kind: 'rows', columns: columnsOf(shown), set: true }
  }
  const result = returns()
  if (result === undefined) return undefined
  const procedure = type === 'P' || type === 'PC'
  const defaults = parametersWithDefault(definition ?? '')
  return {
    ...id,
    kind: procedure ? 'procedure' : 'function',
    parameters: given.map(
      (p): Parameter => ({
        name: p.name,
        type: p.resolved.type,
        mode: p.output ? 'inout' : 'in',
        hasDefault: p.output || p.hasDefault || defaults.has(`@${p.name}`),
      }),
    ),
    readOnly: !procedure,
    ...(procedure && typeof definition === 'string' && !mayEnd.test(definition) && { atomic: true }),
    returns: result,
    executable: executable === '1',
    ...(isTold(comment) && { comment }),
  }
}
