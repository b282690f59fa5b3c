/** Where the SQL Server is and who we are there. */
import type { DatabaseOptions } from '#engine/options.ts'
import { type Target, type TargetForm, targetOf } from '#engine/target.ts'
import { meaning, type TlsMode, urlForms } from '#engine/url.ts'

/** `strict`: TLS before anything else is said (TDS 8.0), with a certificate that is always looked at. */
export interface SqlServerTarget extends Target {
  readonly strict: boolean
}

const form: TargetForm = {
  port: 1433,
  user: 'sa',
  // Without one, the default database of the login.
  database: () => '',
  url: urlForms.sqlserver,
}

/**
 * In a URL `encrypt=true` means a certificate that is looked at, as in all clients of SQL Server, unless
 * `trustServerCertificate=true` stands there too; `encrypt=strict` always means it.
 */
export function readTarget(options: DatabaseOptions): SqlServerTarget {
  const target = targetOf(options, form)
  const { tls, trust } = urlForms.sqlserver
  const parameters = options.url === undefined ? undefined : new URL(options.url).searchParams
  const said = (name: string) => parameters?.get(name) ?? null
  const trusts = trust && meaning(said(trust.parameter), trust.values)
  const strict = said(tls.parameter)?.toLowerCase() === urlForms.sqlserver.strict
  return { ...target, strict, tls: { ...target.tls, mode: trusted(target.tls.mode, trusts) } }
}

function trusted(mode: TlsMode, trusts: boolean | undefined): TlsMode {
  if (trusts === undefined) return mode
  if (trusts) return mode === 'verify-full' ? 'require' : mode
  return mode === 'disable' ? mode : 'verify-full'
}
