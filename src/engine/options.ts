/** Options of the database connection. */
import { z } from 'zod'
import { duration, lookingAt, port } from '#config/types.ts'

export const databaseOptions = z
  .strictObject({
    engine: z.enum(['postgres']).default('postgres').describe('Kind of the database.'),
    url: z
      .string()
      .optional()
      .describe(
        'Everything in one: postgres://user:password@host:5432/name. The single keys below win over its parts.',
      ),
    host: z.string().min(1).optional().describe('Host name, address, or the folder of a Unix socket.'),
    port: port().optional().describe('Port; where nothing names one, 5432.'),
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
      else if (o.url !== undefined && !URL.canParse(o.url))
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'cannot be read as a URL; percent-encode special characters of user and password',
        })
    },
    lookingAt('url', 'host'),
  )

export type DatabaseOptions = z.output<typeof databaseOptions>
