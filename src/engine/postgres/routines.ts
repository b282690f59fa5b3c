/** Rows of pg_proc → routines: parameters, results, and which of them no request could call. */
import type { Column, Parameter, Routine, TableId } from '#catalog/model.ts'
import type { RoutineRow } from './catalog-rows.ts'
import type { Resolved, ResolvedMember } from './types.ts'

/** Notes a column, parameter (or, with an empty name, result) without a canonical type; says what to do about it. */
export type OnUnmappable = (id: TableId, column: string, type: Resolved['type']) => 'omit' | 'text'

interface RoutineContext {
  readonly resolve: (oid: string, modifier: number) => Resolved
  /** The served table whose rows have this row type. */
  readonly tableOf: (relation: string) => TableId | undefined
  readonly onUnmappable: OnUnmappable
}

const modes: Readonly<Record<string, Parameter['mode']>> = {
  i: 'in',
  b: 'inout',
  v: 'variadic',
  o: 'out',
  t: 'out',
}

/**
 * The routine, or undefined when no request could call it: triggers, polymorphic or internal parameters, a result whose
 * columns only the caller can declare (SETOF record), an input or a result that is left out as unmappable.
 */
export function readRoutine(row: RoutineRow, context: RoutineContext): Routine | undefined {
  const id = { schema: row.schema, name: row.name }
  const all = row.parameters.map(([name, type, mode]) => ({
    name,
    mode: modes[mode] ?? 'in',
    resolved: context.resolve(type, -1),
  }))
  const outputs = all.filter((p) => p.mode === 'out' || p.mode === 'inout')
  const result = context.resolve(row.result, -1)
  const returnsNothing = result.type.native === 'void'
  if (all.some((p) => p.resolved.pseudo)) return undefined
  if (result.pseudo && !returnsNothing && outputs.length === 0) return undefined

  const usable = (name: string, resolved: Resolved) =>
    resolved.mapped || context.onUnmappable(id, name, resolved.type) === 'text'
  const toColumns = (members: readonly ResolvedMember[]): Column[] =>
    members
      .filter((m) => usable(m.name, m.resolved))
      .map((m) => ({
        name: m.name,
        type: m.resolved.type,
        nullable: true,
        hasDefault: false,
        generated: 'no',
      }))
  const returns = (): Routine['returns'] | undefined => {
    // A single output without a name is a plain value; several are named by their place among the outputs.
    if (outputs.length > 1 || outputs.some((o) => o.name !== ''))
      return {
        kind: 'rows',
        columns: toColumns(outputs.map((o, i) => ({ ...o, name: o.name || `column${i + 1}` }))),
        set: row.set,
      }
    if (returnsNothing) return { kind: 'void' }
    if (result.row !== undefined) {
      const table = context.tableOf(result.row.relation)
      return {
        kind: 'rows',
        columns: toColumns(result.row.members),
        set: row.set,
        ...(table && { table }),
      }
    }
    return usable('', result) ? { kind: 'scalar', type: result.type, set: row.set } : undefined
  }

  const inputs = all.filter((p) => p.mode !== 'out')
  if (!inputs.every((p) => usable(p.name, p.resolved))) return undefined
  const given = returns()
  if (given === undefined) return undefined
  const withDefault = new Set(inputs.slice(inputs.length - row.defaults))
  return {
    ...id,
    kind: row.kind,
    parameters: all.map((p) => ({
      name: p.name,
      type: p.resolved.type,
      mode: p.mode,
      hasDefault: withDefault.has(p),
    })),
    readOnly: row.kind === 'function' && !row.volatile,
    ...(row.atomic && { atomic: true }),
    returns: given,
    executable: row.executable,
    ...(row.comment !== null && { comment: row.comment }),
  }
}
