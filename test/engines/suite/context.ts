/** What the conformance suite knows of the engine it runs on, and the checks that every answer must pass. */
import { expect } from 'vitest'
import { type ErrorCode, errorTable } from '#base/errors.ts'
import type { Answer, RequestInit } from '../../support/gateway.ts'

/**
 * How an engine differs, and only where its databases cannot do otherwise (docs/engines.md says why). The suite then
 * expects what it says here, or leaves a test out with its reason.
 */
export interface SuiteCapabilities {
  readonly materializedViews: boolean
  readonly fullText: boolean
  readonly estimatedCount: boolean
  /** What becomes of a JSON document: `sorted` is how jsonb prints it, `sent` how it arrived. */
  readonly jsonText: (sorted: string, sent: string) => string
  /** The time stamp of row 3 of `types`, near the first one there is. */
  readonly earlyTimestamp: string
  /** A character in the name of a column that is as odd as names get. */
  readonly oddCharacter: string
  /** A column may be an identity that cannot be written. */
  readonly alwaysIdentity: boolean
  /** There is a type for UUIDs; else they are texts of 36 characters. */
  readonly uuids: boolean
  readonly routines: {
    /** Lists, rows and single rows come from functions; else from procedures, which always give an array of rows. */
    readonly functionsGiveRows: boolean
    /** Arguments may have defaults. */
    readonly defaults: boolean
    /** Several routines of one name. */
    readonly overloads: boolean
    /** Arguments without names, and lists of them. */
    readonly unnamed: boolean
    /** A routine that only reads may have output parameters. */
    readonly readOnlyOutputs: boolean
    /** A function may write; else procedures alone, which always give an array of rows. */
    readonly functionsWrite: boolean
    /** Arguments and results may be JSON documents. */
    readonly documents: boolean
  }
}

/** A JSON document without the blanks between its parts; `text` holds none inside its strings. */
export const compact = (text: string): string => text.replaceAll(/([,:]) /g, '$1')

/** One engine, its schema loaded and a gateway in front of it. */
export interface EngineContext {
  readonly name: string
  readonly capabilities: SuiteCapabilities
  /** Base URL of the API: `http://127.0.0.1:41234/api/v1`. Known once the tests run. */
  readonly base: () => string
  /** `path` stands below `/api/v1` and goes out byte for byte. Every answer is checked for what all answers have. */
  request(method: string, path: string, init?: RequestInit): Promise<Answer>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Asks with `path` as it stands, not below `/api/v1`. */
  outside(method: string, path: string, init?: RequestInit): Promise<Answer>
  /** Looks behind, and lays out rows: plain SQL that every engine understands. */
  sql(text: string): Promise<Record<string, unknown>[]>
}

/** Percent-encodes one name or value for a query string or path. */
export const e = encodeURIComponent

/** `filter=` with this JSON. */
export const filter = (value: unknown) =>
  `filter=${e(typeof value === 'string' ? value : JSON.stringify(value))}`

/** Words that only a statement or a database would say. */
const leaks = [
  /\b(SELECT|INSERT|UPDATE|DELETE|WHERE|FROM|JOIN)\b.*\b(FROM|INTO|SET|WHERE|AS|ON)\b/s,
  /\bpg_|\bpostgres|\bSQLSTATE\b|\bplpgsql\b|\bmysql|\bmssql|\btedious\b/i,
  /syntax error|relation "|column "|operator does not exist|type "|duplicate key|violates|invalid input/i,
  /\$\d+::|\bERROR:|\bLINE \d|secret of the house/,
  /\bat .*\.(ts|js):\d+/,
]

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What must hold of every answer of the data listener. */
export function checkAnswer(method: string, path: string, answer: Answer): void {
  const { status, headers } = answer
  const asked = `${method} ${path} answered ${status}`
  expect(headers['x-request-id'], asked).toMatch(uuid)
  expect(headers['vary'], asked).toBe('Accept, Prefer')
  if (headers['content-type'] !== 'application/x-ndjson' && !headers['content-type']?.startsWith('text/csv'))
    expect(headers['server-timing'], asked).toMatch(/^pool;dur=\d+(\.\d)?, db;dur=\d+(\.\d)?$/)
  if (method === 'HEAD' || status === 204 || status === 304) expect(answer.text, asked).toBe('')
  if (status < 400) return
  expect(headers['content-type'], asked).toBe('application/problem+json')
  expect(headers['cache-control'], asked).toBe('no-store')
  if (method === 'HEAD') return
  const problem = answer.json
  const code = problem.code as ErrorCode
  expect(Object.keys(errorTable), `${asked}: ${answer.text}`).toContain(code)
  expect(problem, asked).toMatchObject({
    type: `https://postern.dev/problems/${code.replaceAll('_', '-')}`,
    title: errorTable[code].title,
    status: errorTable[code].status,
    instance: `urn:uuid:${headers['x-request-id']}`,
  })
  expect(status, asked).toBe(errorTable[code].status)
  expect(problem.detail, asked).toMatch(/\S/)
  for (const leak of leaks) expect(answer.text, asked).not.toMatch(leak)
}

/** That the answer is the problem `code`; gives the document. */
export function problem(answer: Answer, code: ErrorCode): Record<string, unknown> & { detail: string } {
  expect(`${answer.status} ${answer.text}`).toContain(`"code":"${code}"`)
  return answer.json
}

/** That the answer is this JSON to the byte, with this status. */
export function body(answer: Answer, text: string, status = 200): void {
  expect(`${answer.status} ${answer.text}`).toBe(`${status} ${text}`)
  expect(answer.headers['content-type']).toBe('application/json')
}

/** The values of one field of the rows, in their order. */
export function column(answer: Answer, name = 'id'): unknown[] {
  expect(answer.status, answer.text).toBe(200)
  return answer.json.map((row: Record<string, unknown>) => row[name])
}

/** The path of `Link: <…>; rel="next"` below `/api/v1`; undefined on the last page. */
export function nextPage(answer: Answer): string | undefined {
  const link = answer.headers['link']
  if (link === undefined) return undefined
  const match = /^<\/api\/v1(\/[^<>]*)>; rel="next"$/.exec(link)
  expect(match, link).not.toBeNull()
  return match?.[1]
}

/** Follows `Link: rel="next"` to the end; all rows. `between` runs after each page. */
export async function walk(
  context: EngineContext,
  path: string,
  between: (page: number) => Promise<void> = async () => {},
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  let at: string | undefined = path
  for (let page = 1; at !== undefined; page++) {
    expect(page).toBeLessThan(500)
    const answer: Answer = await context.get(at)
    expect(answer.status, answer.text).toBe(200)
    rows.push(...answer.json)
    await between(page)
    at = nextPage(answer)
  }
  return rows
}
