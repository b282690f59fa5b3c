/** Options of the database connection. */
import * as z from 'zod'
import { duration, lookingAt, port } from '#config/types.ts'
import type { EngineKind } from './engine.ts'
import { urlsOf } from './hosts.ts'
import { parameterFaults, parsedUrl, tlsModes } from './url.ts'

/** Scheme of a URL → kind of the database. */
const schemes: Readonly<Record<string, EngineKind>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlserver: 'sqlserver',
  mssql: 'sqlserver',
}

/** The kind of database a URL is of; undefined when its scheme is none of ours. */
function kindOfUrl(url: string | undefined): EngineKind | undefined {
  const scheme = /^([a-z]+):\/\//.exec(url ?? '')?.[1] ?? ''
  return Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined
}

/** What is wrong with URLs of this kind, each fault once: the hosts of a list share their parameters. */
function urlFaults(urls: readonly string[], kind: EngineKind): readonly string[] {
  const parsed = urls.map(parsedUrl)
  if (parsed.includes(undefined))
    return ['cannot be read as a URL; percent-encode special characters of user and password']
  return [...new Set(parsed.flatMap((url) => (url ? parameterFaults(url, kind) : [])))]
}

/** What is wrong with the URL of a replica. Where the primary does not say which kind it is, that is fault enough. */
function replicaFaults(url: string, primary: Pick<DatabaseOptions, 'engine' | 'url'>): readonly string[] {
  const kind = engineOf(primary)
  const said = kindOfUrl(primary.url)
  if (primary.url !== undefined && said !== kind) return []
  const own = kindOfUrl(url)
  if (own === kind) return urlFaults([url], kind)
  const fitting = Object.keys(schemes).filter((scheme) => schemes[scheme] === kind)
  return [
    own === undefined
      ? `must begin with ${fitting.map((scheme) => `${scheme}://`).join(', ')}, as the primary is ${kind}`
      : `is that of a ${own} database, but the primary is ${kind}`,
  ]
}

export const databaseOptions = z
  .strictObject({
    engine: z
      .enum(['postgres', 'mysql', 'sqlserver'])
      .optional()
      .describe(
        'Kind of the database; mysql is MariaDB too. Left out: what the scheme of the URL says, else postgres.',
      ),
    url: z
      .string()
      .optional()
      .describe(
        'Everything in one: postgres://user:password@host:5432/name, mysql://… (or mariadb://), sqlserver://… (or mssql://); several hosts: …@a:5432,b:5432/name. The single keys below win over its parts.',
      ),
    host: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Host name, address, or the folder of a Unix socket. Several, separated by commas, each with its own :port if need be: the one that is the primary is found, also after a failover.',
      ),
    port: port()
      .optional()
      .describe('Port; where nothing names one, that of the engine: 5432, 3306 or 1433.'),
    name: z.string().min(1).optional().describe('Name of the database.'),
    user: z.string().min(1).optional().describe('User name.'),
    password: z.string().optional().describe('Password; use ${ENV} or file: to keep it out of the file.'),
    applicationName: z
      .string()
      .min(1)
      // The server keeps 63 characters, and /3f2a91 comes behind.
      .max(56)
      .default('postern')
      .describe(
        'How the sessions name themselves to the server; / and an id of this gateway follow. Gateways of one name share a budget with instances: auto.',
      ),
    connectTimeout: duration({ min: 10, max: 60_000 })
      .default(5000)
      .describe('Longest time for TCP, TLS and login of one connection when nothing shorter binds it.'),
    tls: z
      .strictObject({
        mode: z
          .enum(tlsModes)
          .default('prefer')
          .describe(
            'prefer: TLS when the server has it; require: always, any certificate; verify-full: always, and certificate and host name must be right.',
          ),
        ca: z.string().optional().describe('PEM text of the authorities to trust (use file:).'),
        cert: z.string().optional().describe('PEM text of the client certificate (use file:).'),
        key: z.string().optional().describe('PEM text of the client key (use file:).'),
      })
      .prefault({})
      .describe('Encryption of the connection.'),
    preparedStatements: z
      .int()
      .min(0)
      .max(10_000)
      .default(256)
      .describe(
        'Statements kept prepared per connection; further shapes run unprepared. 0 prepares nothing (for poolers that cannot).',
      ),
    pipelining: z
      .boolean()
      .default(true)
      .describe(
        'Short statements that come at once travel together down one connection (PostgreSQL, MySQL, MariaDB). false where something in between takes one at a time.',
      ),
    replicas: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens')
            .optional()
            .describe('How metrics, logs and /status name it: replica-1 and so on.'),
          url: z.string().optional().describe('Its URL; what it leaves out is as for the primary.'),
          host: z.string().min(1).optional().describe('Host name or address; instead of url.'),
          port: port().optional().describe('Port, where it is not that of the primary.'),
        }),
      )
      .default([])
      .describe(
        'Read-only copies of the database. User, password, TLS and all else are as for the primary. Each must be one server, not a name that leads to several.',
      ),
    maxLag: duration({ min: 100, max: 86_400_000 })
      .default(10_000)
      .describe('A replica that is further behind than this serves no reads until it has caught up.'),
  })
  .superRefine(
    (o, context) => {
      if (o.url === undefined && o.host === undefined)
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'give database.url, or database.host and the other parts',
        })
      const said = kindOfUrl(o.url)
      if (o.url !== undefined && said === undefined)
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: `must begin with ${Object.keys(schemes)
            .map((scheme) => `${scheme}://`)
            .join(', ')}`,
        })
      else if (said !== undefined && o.engine !== undefined && o.engine !== said)
        context.addIssue({
          code: 'custom',
          path: ['engine'],
          message: `is ${o.engine}, but database.url is that of a ${said} database`,
        })
      else if (said !== undefined)
        for (const message of urlFaults(urlsOf(o.url as string), said))
          context.addIssue({ code: 'custom', path: ['url'], message })
    },
    lookingAt('engine', 'url', 'host'),
  )
  .superRefine(
    (o, context) => {
      for (const [index, { url, host }] of o.replicas.entries()) {
        const add = (message: string, path: readonly string[] = []) =>
          context.addIssue({ code: 'custom', path: ['replicas', index, ...path], message })
        if ((url === undefined) === (host === undefined)) add('give either url or host')
        else if (url !== undefined && (urlsOf(url).length > 1 || !parsedUrl(url)))
          add('cannot be read as the URL of one server')
        else if (url !== undefined) for (const fault of replicaFaults(url, o)) add(fault, ['url'])
      }
      const names = o.replicas.map((replica, index) => replica.name ?? `replica-${index + 1}`)
      for (const [index, name] of names.entries())
        if (names.indexOf(name) < index)
          context.addIssue({ code: 'custom', path: ['replicas', index, 'name'], message: `${name} is taken` })
    },
    lookingAt('replicas', 'engine', 'url'),
  )

export type DatabaseOptions = z.output<typeof databaseOptions>

/** The kind of database these options mean: as `engine` says, else as the URL does, else PostgreSQL. */
export const engineOf = (o: Pick<DatabaseOptions, 'engine' | 'url'>): EngineKind =>
  o.engine ?? kindOfUrl(o.url) ?? 'postgres'
