/** Where the SQL Server is and who we are there. */
import { GatewayError } from '#base/errors.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import { type Target, type TargetForm, type TlsMode, targetOf } from '#engine/target.ts'

const trustParameter = 'trustServerCertificate'

const form: TargetForm = {
  port: 1433,
  user: 'sa',
  // Without one, the default database of the login.
  database: () => '',
  parameters: ['encrypt', trustParameter, 'host'],
  tls: {
    // Microsoft, "SqlConnection.ConnectionString": Encrypt.
    parameter: 'encrypt',
    modes: {
      false: 'disable',
      no: 'disable',
      optional: 'prefer',
      true: 'verify-full',
      yes: 'verify-full',
      mandatory: 'verify-full',
    },
  },
}

/**
 * In a URL `encrypt=true` means a certificate that is looked at, as in all clients of SQL Server, unless
 * `trustServerCertificate=true` stands there too.
 * @throws GatewayError internal, when the URL cannot be read; see targetOf
 */
export function readTarget(options: DatabaseOptions): Target {
  const target = targetOf(options, form)
  const parameters = options.url === undefined ? undefined : new URL(options.url).searchParams
  const trust = parameters?.get(trustParameter)?.toLowerCase()
  if (!trust) return target
  return { ...target, tls: { ...target.tls, mode: trusted(target.tls.mode, trust) } }
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
