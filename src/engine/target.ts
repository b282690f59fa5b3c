/** Where the database is and who we are there, from the options: URL and single keys brought together, whatever the engine. */
import type { DatabaseOptions } from './options.ts'
import { meaning, type TlsMode, type UrlForm } from './url.ts'

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

/** What is meant where the options do not say, and what the engine's URLs look like. */
export interface TargetForm {
  readonly port: number
  readonly user: string
  /** The database where none is named; `user` is who connects. */
  readonly database: (user: string) => string
  readonly url: Pick<UrlForm, 'tls'>
}

/** Single keys win over the parts of the URL, those over what the engine's form says. */
export function targetOf(options: DatabaseOptions, form: TargetForm): Target {
  const url = options.url === undefined ? undefined : new URL(options.url)
  const { parameter, modes } = form.url.tls
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
      mode: meaning(url?.searchParams.get(parameter) ?? null, modes) ?? options.tls.mode,
      ca: options.tls.ca,
      cert: options.tls.cert,
      key: options.tls.key,
    },
    address: host.startsWith('/') ? `${host}/${database}` : `${host}:${port}/${database}`,
  }
}

/** Empty parts count as left out. */
const part = (text: string | undefined) => (text ? decodeURIComponent(text) : undefined)
