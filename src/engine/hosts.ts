/** The servers behind one configuration: hosts of a list taken apart, replicas with what they inherit. Pure. */
import type { DatabaseOptions } from './options.ts'

const manyHosts = /^([a-z0-9+.-]+:\/\/(?:[^@/]*@)?)([^/?#]*)(.*)$/i

/** `postgres://u@a:1,b:2/shop` → one URL for each host; a URL of one host as it is. */
export function urlsOf(url: string): readonly string[] {
  const match = manyHosts.exec(url)
  if (match === null) return [url]
  const [, before = '', hosts = '', after = ''] = match
  return hosts.split(',').map((host) => before + host + after)
}

/** `db-a:5433` → host and port; addresses of IPv6 and folders of sockets are hosts as they are. */
function hostAndPort(text: string): { host: string; port?: number } {
  const match = /^([^:/]+):(\d{1,5})$/.exec(text)
  return match ? { host: match[1] as string, port: Number(match[2]) } : { host: text }
}

/** The options of each server that may be the primary, in the order given. */
export function hostsOf(options: DatabaseOptions): readonly [DatabaseOptions, ...DatabaseOptions[]] {
  const { url, host } = options
  const many =
    host !== undefined
      ? host.split(',').map((one): DatabaseOptions => ({ ...options, ...hostAndPort(one.trim()) }))
      : url !== undefined
        ? urlsOf(url).map((one): DatabaseOptions => ({ ...options, url: one }))
        : [options]
  return many as unknown as readonly [DatabaseOptions, ...DatabaseOptions[]]
}

export interface ReplicaHost {
  readonly name: string
  readonly options: DatabaseOptions
}

/** The options of each replica: its own place, all else as for the primary. */
export function replicasOf(options: DatabaseOptions): readonly ReplicaHost[] {
  const [primary] = hostsOf(options)
  return options.replicas.map((replica, index) => {
    const name = replica.name ?? `replica-${index + 1}`
    if (replica.host !== undefined)
      return {
        name,
        options: {
          ...primary,
          ...hostAndPort(replica.host),
          ...(replica.port === undefined ? {} : { port: replica.port }),
        },
      }
    const { host: _, port: __, ...rest } = primary
    const url = filledUp(replica.url as string, primary.url)
    return { name, options: { ...rest, url, ...(replica.port === undefined ? {} : { port: replica.port }) } }
  })
}

/** The URL with the user, password, database and parameters of the other one where it has none. */
function filledUp(url: string, from: string | undefined): string {
  if (from === undefined) return url
  const own = new URL(url)
  const other = new URL(from)
  if (own.username === '') {
    own.username = other.username
    own.password = other.password
  }
  if (own.pathname.length <= 1) own.pathname = other.pathname
  if (own.search === '') own.search = other.search
  return own.href
}
