/** Where the SQL Server is and who we are there. */
import { GatewayError } from '#base/errors.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import { type Target, type TargetForm, type TlsMode, targetOf } from '#engine/target.ts'

/** `strict`: TLS before anything else is said (TDS 8.0), with a certificate that is always looked at. */
export interface SqlServerTarget extends Target {
  readonly strict: boolean
}

const trustParameter = 'trustServerCertificate'
const encryptParameter = 'encrypt'

const form: TargetForm = {
  port: 1433,
  user: 'sa',
  // Without one, the default database of the login.
  database: () => '',
  parameters: [encryptParameter, trustParameter, 'host'],
  tls: {
    // Microsoft, "SqlConnection.ConnectionString": Encrypt.
    parameter: encryptParameter,
    modes: {
      false: 'disable',
      no: 'disable',
      optional: 'prefer',
      true: 'verify-full',
      yes: 'verify-full',
      mandatory: 'verify-full',
      strict: 'verify-full',
    },
  },
}

/**
 * In a URL `encrypt=true` means a certificate that is looked at, as in all clients of SQL Server, unless
 * `trustServerCertificate=true` stands there too; `encrypt=strict` always means it.
 * @throws GatewayError internal, when the URL cannot be read; see targetOf
 */
export function readTarget(options: DatabaseOptions): SqlServerTarget {
  const target = targetOf(options, form)
  const parameters = options.url === undefined ? undefined : new URL(options.url).searchParams
  const said = (name: string) => parameters?.get(name)?.toLowerCase()
  const trust = said(trustParameter)
  const strict = said(encryptParameter) === 'strict'
  if (!trust) return { ...target, strict }
  const mode = trusted(target.tls.mode, trust)
  // Clients of Microsoft pass over it; here nobody is to think that it does something.
  if (strict && mode !== 'verify-full')
    throw new GatewayError(
      'internal',
      `database.url has ${encryptParameter}=strict, which always looks at the certificate, and ${trustParameter}=${trust}: leave one out`,
    )
  return { ...target, strict, tls: { ...target.tls, mode } }
}

function trusted(mode: TlsMode, trust: string): TlsMode {
  switch (trust) {
    case 'true':
    case 'yes':
      return mode === 'verify-full' ? 'require' : mode
    case 'false':
    case 'no':
      return mode === 'disable' ? mode : 'verify-full'
    default:
      throw new GatewayError(
        'internal',
        `database.url has an unknown ${trustParameter} (known: true, yes, false, no)`,
      )
  }
}
