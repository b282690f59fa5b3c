/** Options of the database connection. */
import { z } from 'zod'
import { duration, lookingAt, port } from '#config/types.ts'
import { urlsOf } from './hosts.ts'

export const databaseOptions = z
  .strictObject({
    engine: z.enum(['postgres']).default('postgres').describe('Kind of the database.'),
    url: z
      .string()
      .optional()
      .describe(
        'Everything in one: postgres://user:password@host:5432/name, or several hosts: …@a:5432,b:5432/name. The single keys below win over its parts.',
      ),
    host: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Host name, address, or the folder of a Unix socket. Several, separated by commas, each with its own :port if need be: the one that is the primary is found, also after a failover.',
      ),
    port: port().optional().describe('Port; where nothing names one, 5432.'),
    name: z.string().min(1).optional().describe('Name of the database.'),
    user: z.string().min(1).optional().describe('User name.'),
    password: z.string().optional().describe('Password; use ${ENV} or file: to keep it out of the file.'),
    applicationName: z
      .string()
      .min(1)
      .max(63)
      .default('postern')
      .describe('How the sessions name themselves to the server.'),
    connectTimeout: duration({ min: 10, max: 60_000 })
      .default(5000)
      .describe('Longest time for TCP, TLS and login of one connection when nothing shorter binds it.'),
    tls: z
      .strictObject({
        mode: z
          .enum(['disable', 'prefer', 'require', 'verify-full'])
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
      if (o.url !== undefined && !/^postgres(ql)?:\/\//.test(o.url))
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'must begin with postgres:// or postgresql://',
        })
      else if (o.url !== undefined && !urlsOf(o.url).every((one) => URL.canParse(one)))
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'cannot be read as a URL; percent-encode special characters of user and password',
        })
    },
    lookingAt('url', 'host'),
  )
  .superRefine((o, context) => {
    for (const [index, replica] of o.replicas.entries()) {
      const fault =
        (replica.url === undefined) === (replica.host === undefined)
          ? 'give either url or host'
          : replica.url !== undefined && (urlsOf(replica.url).length > 1 || !URL.canParse(replica.url))
            ? 'cannot be read as the URL of one server'
            : undefined
      if (fault) context.addIssue({ code: 'custom', path: ['replicas', index], message: fault })
    }
    const names = o.replicas.map((replica, index) => replica.name ?? `replica-${index + 1}`)
    for (const [index, name] of names.entries())
      if (names.indexOf(name) < index)
        context.addIssue({ code: 'custom', path: ['replicas', index, 'name'], message: `${name} is taken` })
  }, lookingAt('replicas'))

export type DatabaseOptions = z.output<typeof databaseOptions>
