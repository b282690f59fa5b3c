/** The planner's estimate of a number of rows, out of the plans of MySQL and MariaDB. Pure. */
import type { Written } from '#engine/grammar.ts'
import { type Sql, sql } from '#engine/sql.ts'

/** The plan as a JSON document. */
export const jsonPlan = (rows: Sql): Written => ({
  text: sql`EXPLAIN FORMAT=JSON ${rows}`,
  columns: [{ name: 'plan', encoding: 'raw', hidden: false }],
})

/** MariaDB's plan as a table, a row for each step (MariaDB Server documentation, "EXPLAIN"). */
export const planTable = (rows: Sql): Written => ({
  text: sql`EXPLAIN EXTENDED ${rows}`,
  columns: 'id select_type table type possible_keys key key_len ref rows filtered Extra'
    .split(' ')
    .map((name) => ({ name, encoding: 'text', hidden: false })),
})

type Plan = { readonly [name: string]: unknown }

const isPlan = (value: unknown): value is Plan =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The rows the planner expects, from the body that the estimating Count gave in any row format of JSON.
 * @throws Error when the body holds no plan
 */
export function readEstimate(body: Uint8Array): number {
  const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
  const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (Array.isArray(parsed) && isPlan(first) && 'select_type' in first) return rowsOfSteps(parsed)
  const plan = isPlan(first) && isPlan(first['plan']) ? first['plan'] : first
  // The second version of the format, which MySQL 9 may give by itself: a tree whose root tells of the whole.
  const root = isPlan(plan) ? plan['query_plan'] : undefined
  if (isPlan(root)) return Math.round(numberOf(root['estimated_rows']) ?? 0)
  if (!isPlan(plan) || !isPlan(plan['query_block'])) throw new Error('the answer to EXPLAIN holds no plan')
  return Math.round(rowsOf(plan['query_block']) ?? 0)
}

/** The steps of the outermost query have its number; one without rows says that there are none. */
function rowsOfSteps(steps: readonly unknown[]): number {
  const outermost = steps.filter((step): step is Plan => isPlan(step) && step['id'] === '1')
  return Math.round(outermost.reduce((product, step) => product * rowsOfTable(stepAsTable(step)), 1))
}

/** Behind the number may stand what a filter leaves of it: `1000 (10%)`. */
const stepAsTable = ({ rows, filtered }: Plan): Plan => ({
  rows: typeof rows === 'string' ? rows.split(' ', 1)[0] : undefined,
  filtered,
})

/** Undefined for a step without tables, as when nothing can fulfil the condition. */
function rowsOf(step: Plan): number | undefined {
  const { table, nested_loop: loop } = step
  if (isPlan(table)) return rowsOfTable(table)
  if (Array.isArray(loop)) {
    const each = loop.filter(isPlan).map(rowsOf)
    const produced = lastProduced(loop)
    return produced ?? each.reduce<number>((product, rows) => product * (rows ?? 1), 1)
  }
  // Sorting, temporary tables and join buffers stand around the tables they work for.
  for (const inner of Object.values(step)) {
    const rows = isPlan(inner) ? rowsOf(inner) : undefined
    if (rows !== undefined) return rows
  }
  return undefined
}

/** MySQL says how many rows come out of each join; the last of them is all. */
function lastProduced(loop: readonly unknown[]): number | undefined {
  const last = loop.at(-1)
  const table = isPlan(last) ? last['table'] : undefined
  return isPlan(table) ? numberOf(table['rows_produced_per_join']) : undefined
}

function rowsOfTable(table: Plan): number {
  const produced = numberOf(table['rows_produced_per_join'])
  if (produced !== undefined) return produced
  const scanned = numberOf(table['rows']) ?? numberOf(table['rows_examined_per_scan']) ?? 0
  return (scanned * (numberOf(table['filtered']) ?? 100)) / 100
}

/** MySQL writes some numbers as texts. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
