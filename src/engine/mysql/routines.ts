/** Rows of ROUTINES and PARAMETERS → routines: parameters, results, and which of them no request could call. Pure. */
import type { Column, Parameter, Routine, TableId } from '#catalog/model.ts'
import type { Grants } from './grants.ts'
import type { Resolved } from './types.ts'

/** Notes a column, parameter (or, with an empty name, result) without a canonical type; says what to do about it. */
export type OnUnmappable = (id: TableId, column: string, type: Resolved['type']) => 'omit' | 'text'

export interface RoutineRow extends TableId {
  readonly kind: Routine['kind']
  /** SQL_DATA_ACCESS. */
  readonly access: string
  readonly comment: string
  /** A procedure whose text was shown, and has nothing that ends a transaction. */
  readonly atomic: boolean
}

/** A parameter, or, without a mode, what a function returns. */
export interface ParameterRow {
  readonly name: string
  readonly mode: string | null
  readonly native: string
}

interface RoutineContext {
  readonly resolve: (native: string) => Resolved
  readonly grants: Grants
  readonly onUnmappable: OnUnmappable
}

const modes: Readonly<Record<string, Parameter['mode']>> = { IN: 'in', OUT: 'out', INOUT: 'inout' }

/**
 * The routine, or undefined when an input or a result of it is left out as unmappable.
 *
 * It only reads when its author says so (READS SQL DATA, NO SQL); what is written by default, CONTAINS SQL, promises
 * nothing. A procedure gives its output parameters as a row. One without them gives the rows that it selects, whose
 * columns nobody can tell before it runs: `rows` without columns.
 */
export function readRoutine(
  row: RoutineRow,
  rows: readonly ParameterRow[],
  { resolve, grants, onUnmappable }: RoutineContext,
): Routine | undefined {
  const { schema, name, kind } = row
  const usable = (column: string, resolved: Resolved) =>
    resolved.mapped || onUnmappable({ schema, name }, column, resolved.type) === 'text'
  const all = rows.map((p) => ({ ...p, resolved: resolve(p.native) }))
  const inputs = all.filter((p) => p.mode === 'IN' || p.mode === 'INOUT')
  if (!inputs.every((p) => usable(p.name, p.resolved))) return undefined

  const returns = (): Routine['returns'] | undefined => {
    if (kind === 'function') {
      const result = all.find((p) => p.mode === null)?.resolved
      return result !== undefined && usable('', result)
        ? { kind: 'scalar', type: result.type, set: false }
        : undefined
    }
    const outputs = all.filter((p) => p.mode === 'OUT' || p.mode === 'INOUT')
    if (outputs.length === 0) return { kind: 'rows', columns: [], set: true }
    const columns = outputs
      .filter((p) => p.mode === 'INOUT' || usable(p.name, p.resolved))
      .map(
        (p): Column => ({
          name: p.name,
          type: p.resolved.type,
          nullable: true,
          hasDefault: false,
          generated: 'no',
        }),
      )
    return { kind: 'rows', columns, set: false }
  }
  const given = returns()
  if (given === undefined) return undefined
  return {
    schema,
    name,
    kind,
    parameters: all
      .filter((p) => p.mode !== null)
      .map((p) => ({
        name: p.name,
        type: p.resolved.type,
        mode: modes[p.mode ?? ''] ?? 'in',
        hasDefault: false,
      })),
    readOnly: row.access === 'READS SQL DATA' || row.access === 'NO SQL',
    ...(row.atomic && { atomic: true }),
    returns: given,
    executable: grants.allows('EXECUTE', { kind, schema, name }),
    ...(row.comment !== '' && { comment: row.comment }),
  }
}
