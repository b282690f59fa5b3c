/** Names that configuration keeps out of the API: `table`, `schema.table`, `table.column`, `schema.table.column`, with `*` for any text. */
import type { TableId } from '#catalog/model.ts'

export interface Hidden {
  /** Tables, views and routines. */
  object(id: TableId): boolean
  column(id: TableId, column: string): boolean
}

/** One pattern part as a test of one name. */
function part(text: string): (name: string) => boolean {
  if (!text.includes('*')) return (name) => name === text
  const expression = new RegExp(
    `^${text
      .split('*')
      .map((t) => t.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
    's',
  )
  return (name) => expression.test(name)
}

/** A pattern of two parts may mean `schema.table` as well as `table.column`; both are tried. */
export function hiddenBy(patterns: readonly string[]): Hidden {
  const parsed = patterns.map((pattern) => pattern.split('.').map(part))
  const fits = (tests: readonly ((name: string) => boolean)[], ...names: readonly string[]) =>
    tests.length === names.length && tests.every((test, i) => test(names[i] as string))
  return {
    object: ({ schema, name }) => parsed.some((tests) => fits(tests, name) || fits(tests, schema, name)),
    column: ({ schema, name }, column) =>
      parsed.some((tests) => fits(tests, name, column) || fits(tests, schema, name, column)),
  }
}
