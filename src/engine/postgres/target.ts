/** Where the database is and who we are there, from the options: URL and single keys brought together. */
import { GatewayError } from '#base/errors.ts'
import type { DatabaseOptions } from '#engine/options.ts'

export type TlsMode = DatabaseOptions['tls']['mode']

export interface Target {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  readonly tls: {
    readonly mode: TlsMode
    readonly ca: string | undefined
    readonly cert: string | undefined
    readonly key: string | undefined
  }
  /** `host:port/database`, fit for logs. */
  readonly address: string
}

const tlsModes: Record<string, TlsMode> = {
  disable: 'disable',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'require',
  'verify-ca': 'verify-full',
  'verify-full': 'verify-full',
}

/**
 * @throws GatewayError internal, when the URL cannot be read or holds parameters that Postern does not know; never shows the URL itself
 */
export function readTarget(options: DatabaseOptions): Target {
  let url: URL | undefined
  if (options.url !== undefined) {
    try {
      url = new URL(options.url)
    } catch {
      throw new GatewayError(
        'internal',
        'database.url is not a valid URL (special characters of a password must be percent-encoded)',
      )
    }
    for (const name of url.searchParams.keys()) {
      if (name !== 'sslmode' && name !== 'host' && name !== 'application_name')
        throw new GatewayError(
          'internal',
          `database.url has a parameter that is not supported: ${name} (supported: sslmode, host, application_name)`,
        )
    }
  }
  const part = (text: string | undefined) => (text ? decodeURIComponent(text) : undefined)
  const mode = url?.searchParams.get('sslmode')
  if (mode && !tlsModes[mode])
    throw new GatewayError(
      'internal',
      `database.url has an unknown sslmode (known: ${Object.keys(tlsModes).join(', ')})`,
    )
  const host =
    options.host ??
    url?.searchParams.get('host') ??
    part(url?.hostname.replace(/^\[(.*)\]$/, '$1')) ??
    'localhost'
  const port = options.port ?? (url?.port ? Number(url.port) : 5432)
  const user = options.user ?? part(url?.username) ?? 'postgres'
  const database = options.name ?? part(url?.pathname.slice(1)) ?? user
  return {
    host,
    port,
    user,
    database,
    password: options.password ?? part(url?.password) ?? '',
    tls: {
      mode: mode ? (tlsModes[mode] as TlsMode) : options.tls.mode,
      ca: options.tls.ca,
      cert: options.tls.cert,
      key: options.tls.key,
    },
    address: host.startsWith('/') ? `${host}/${database}` : `${host}:${port}/${database}`,
  }
}
