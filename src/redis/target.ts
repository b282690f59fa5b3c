/** Where Redis is and who we are there, from the options: URL and single keys brought together. Pure. */
import type { RedisOptions } from './options.ts'

export interface RedisTarget {
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly database: number
  readonly user: string | undefined
  readonly password: string | undefined
  /** Undefined: plain text. */
  readonly tls:
    | { readonly verify: boolean; readonly ca?: string; readonly cert?: string; readonly key?: string }
    | undefined
  /** `host:port/database`, fit for logs. */
  readonly address: string
}

/** Single keys win over the parts of the URL. Undefined: no Redis is configured. */
export function redisTargetOf(o: RedisOptions): RedisTarget | undefined {
  if (o.url === undefined && o.host === undefined) return undefined
  const url = o.url === undefined ? undefined : new URL(o.url)
  const host = o.host ?? part(url?.hostname.replace(/^\[(.*)\]$/, '$1')) ?? 'localhost'
  const port = o.port ?? (url?.port ? Number(url.port) : 6379)
  const database = o.database ?? Number(part(url?.pathname.slice(1)) ?? 0)
  const mode = o.tls.mode ?? (url?.protocol === 'rediss:' ? 'verify-full' : 'disable')
  const { ca, cert, key } = o.tls
  const unix = host.startsWith('/')
  return {
    place: unix ? { path: host } : { host, port },
    database,
    user: o.user ?? part(url?.username),
    password: o.password ?? part(url?.password),
    tls:
      mode === 'disable'
        ? undefined
        : {
            verify: mode === 'verify-full',
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
          },
    address: unix ? `${host}/${database}` : `${host}:${port}/${database}`,
  }
}

/** Empty parts count as left out. */
const part = (text: string | undefined) => (text ? decodeURIComponent(text) : undefined)
