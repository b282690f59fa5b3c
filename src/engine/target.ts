/** Where the database is and who we are there, from the options: URL and single keys brought together, whatever the engine. */
import { GatewayError } from '#base/errors.ts'
import type { DatabaseOptions } from './options.ts'

export type TlsMode = DatabaseOptions['tls']['mode']

export interface Target {
  /** Name or address; a path beginning with `/` where the engine speaks over Unix sockets. */
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

/** What an engine's URLs look like. */
export interface TargetForm {
  readonly port: number
  readonly user: string
  /** The database where none is named; `user` is who connects. */
  readonly database: (user: string) => string
  /** Parameters that a URL of this engine may have, as a message lists them. */
  readonly parameters: readonly string[]
  /** The parameter that says how to encrypt, and the mode that each of its values means; compared without case. */
  readonly tls: { readonly parameter: string; readonly modes: Readonly<Record<string, TlsMode>> }
}

/**
 * Single keys win over the parts of the URL, those over what the engine's form says.
 * @throws GatewayError internal, when the URL cannot be read or holds parameters that Postern does not know; never shows the URL itself
 */
export function targetOf(options: DatabaseOptions, form: TargetForm): Target {
  const url = options.url === undefined ? undefined : readUrl(options.url, form)
  const user = options.user ?? part(url?.username) ?? form.user
  const host =
    options.host ??
    url?.searchParams.get('host') ??
    part(url?.hostname.replace(/^\[(.*)\]$/, '$1')) ??
    'localhost'
  const port = options.port ?? (url?.port ? Number(url.port) : form.port)
  const database = options.name ?? part(url?.pathname.slice(1)) ?? form.database(user)
  return {
    host,
    port,
    user,
    database,
    password: options.password ?? part(url?.password) ?? '',
    tls: {
      mode: (url && modeOf(url, form)) ?? options.tls.mode,
      ca: options.tls.ca,
      cert: options.tls.cert,
      key: options.tls.key,
    },
    address: host.startsWith('/') ? `${host}/${database}` : `${host}:${port}/${database}`,
  }
}

/** Empty parts count as left out. */
const part = (text: string | undefined) => (text ? decodeURIComponent(text) : undefined)

function readUrl(text: string, form: TargetForm): URL {
  let url: URL
  try {
    url = new URL(text)
    // A lone percent sign is found here, and not when the part is used.
    for (const piece of [url.username, url.password, url.hostname, url.pathname]) part(piece)
  } catch {
    throw new GatewayError(
      'internal',
      'database.url is not a valid URL (special characters of a password must be percent-encoded)',
    )
  }
  for (const name of url.searchParams.keys()) {
    if (form.parameters.includes(name)) continue
    throw new GatewayError(
      'internal',
      `database.url has a parameter that is not supported: ${name} (supported: ${form.parameters.join(', ')})`,
    )
  }
  return url
}

function modeOf(url: URL, { tls: { parameter, modes } }: TargetForm): TlsMode | undefined {
  const said = url.searchParams.get(parameter)
  if (!said) return undefined
  const mode = Object.hasOwn(modes, said.toLowerCase()) ? modes[said.toLowerCase()] : undefined
  if (mode === undefined)
    throw new GatewayError(
      'internal',
      `database.url has an unknown ${parameter} (known: ${Object.keys(modes).join(', ')})`,
    )
  return mode
}
