/** Finds the text search configuration of columns in expressions as PostgreSQL prints them. */

const config = `'((?:[^']|'')+)'::regconfig`
const column = `(?:([a-z_][a-z0-9_$]*)|"((?:[^"]|"")+)")`
const anyConfig = new RegExp(config)
const plainIndex = new RegExp(`^to_tsvector\\(${config}, ${column}(?:::text)?\\)$`)

/** The configuration an expression names first: `english` in `to_tsvector('english'::regconfig, body)`. */
export const configIn = (expression: string): string | undefined =>
  anyConfig.exec(expression)?.[1]?.replaceAll("''", "'")

/** Column → configuration, from index expressions over exactly one column, which alone can serve a search of that column. */
export function indexedConfigs(expressions: readonly string[]): ReadonlyMap<string, string> {
  const configs = new Map<string, string>()
  for (const expression of expressions) {
    const [, found, bare, quoted] = plainIndex.exec(expression) ?? []
    const name = bare ?? quoted?.replaceAll('""', '"')
    if (found !== undefined && name !== undefined) configs.set(name, found.replaceAll("''", "'"))
  }
  return configs
}
