/** The engines the conformance suite runs on. Another one is an entry here and a file in schema/. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresMissing, postgresVersions, startPostgres } from '../support/postgres.ts'
import type { SuiteCapabilities } from './suite/context.ts'

/** A database with the schema of the suite in it. */
export interface SuiteDatabase {
  readonly url: string
  sql(text: string): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
}

export interface SuiteEngine {
  readonly name: string
  /** Why it cannot run on this machine; undefined when it can. */
  readonly missing: string | undefined
  readonly capabilities: SuiteCapabilities
  start(): Promise<SuiteDatabase>
}

export const schemaText = (file: string) => readFile(join(import.meta.dirname, 'schema', file), 'utf8')

const postgres = (version: number): SuiteEngine => ({
  name: `PostgreSQL ${version}`,
  missing: postgresMissing(version),
  capabilities: {
    materializedViews: true,
    fullText: true,
    estimatedCount: true,
    // jsonb writes one blank behind each comma and colon.
    jsonText: (document) => document,
  },
  async start() {
    const server = await startPostgres({ version })
    const url = await server.createDatabase('suite')
    await server.sql(url, await schemaText('postgres.sql'))
    return { url, sql: (text) => server.sql(url, text), stop: () => server.stop() }
  },
})

export const suiteEngines: readonly SuiteEngine[] = postgresVersions.map(postgres)
