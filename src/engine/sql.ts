/** SQL in pieces: text of our own and values to bind, put together without ever mixing the two. Knows no dialect. */
import type { Bound } from '#plan/ast.ts'

/** A value that is bound when the statement runs. */
export interface Placeholder {
  /** Where its values lie; one slot, or all cells of a column in a bulk insert. */
  readonly slots: readonly number[]
  /** How the values become what the driver binds. `kept`: rows that an earlier step of the statement kept (see CompiledStep). */
  readonly convert: (values: readonly Bound[], kept: string) => string | null
  /** Placeholders of the same slots and the same form are one parameter. */
  readonly form: string
}

/** A piece of SQL. Made by `sql`, `trusted`, `placeholder` and `join` only, so that no foreign text gets in. */
export interface Sql {
  readonly parts: readonly (string | Placeholder)[]
}

/** Text written here, with other pieces in between: sql`SELECT ${list} FROM ${table}`. Plain strings are refused by the type. */
export function sql(text: TemplateStringsArray, ...pieces: readonly Sql[]): Sql {
  const parts: (string | Placeholder)[] = [text[0] as string]
  for (const [i, piece] of pieces.entries()) {
    // One by one, as a call takes no more than some 100,000 arguments and a bulk insert has more parts.
    for (const part of piece.parts) parts.push(part)
    parts.push(text[i + 1] as string)
  }
  return { parts }
}

/** Text that a dialect has already made safe: a quoted identifier, a literal, a type name from the catalogue, a number. */
export const trusted = (text: string): Sql => ({ parts: [text] })

/** A value to bind. */
export const placeholder = (p: Placeholder): Sql => ({ parts: [p] })

/** Pieces with `separator` between them; nothing when there are none. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  return { parts: pieces.flatMap((piece, i) => (i === 0 ? piece.parts : [separator, ...piece.parts])) }
}

/** What a dialect decides about parameters. */
export interface ParameterStyle {
  /** Text of the parameter at this position, counted from 1: `$3`, `?`, `@p3`. */
  readonly name: (position: number) => string
  /** Whether a parameter may stand in the text more than once. */
  readonly reusable: boolean
}

/**
 * Numbers the placeholders in the order of the text.
 * @returns the text, and a pure function from the values by slot to what the driver binds
 */
export function finish(
  piece: Sql,
  style: ParameterStyle,
): { text: string; bind: (values: readonly Bound[], kept?: string) => readonly (string | null)[] } {
  const bound: Placeholder[] = []
  const positions = new Map<string, number>()
  let text = ''
  for (const part of piece.parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const identity = `${part.form} ${part.slots.join()}`
    let position = style.reusable ? positions.get(identity) : undefined
    if (position === undefined) {
      position = bound.push(part)
      positions.set(identity, position)
    }
    text += style.name(position)
  }
  const take = (values: readonly Bound[], slot: number): Bound => {
    const value = values[slot]
    // A forgotten value must not become NULL and change what the statement means.
    if (value === undefined) throw new Error(`no value for slot ${slot} of ${values.length}`)
    return value
  }
  return {
    text,
    bind: (values, kept = '[]') =>
      bound.map((p) =>
        p.convert(
          p.slots.map((slot) => take(values, slot)),
          kept,
        ),
      ),
  }
}
