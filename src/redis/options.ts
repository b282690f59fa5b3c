/** Options of the Redis that gateways of one database may share. */
import * as z from 'zod'
import { duration, lookingAt, port } from '#config/types.ts'

/** `redis://user:password@host:6379/0`; `rediss:` encrypts. */
const urlForm = /^rediss?:\/\//

/** Why a URL cannot be one of ours; undefined when it can. Never shows the URL. */
function urlFault(url: string): string | undefined {
  if (!urlForm.test(url)) return 'must begin with redis:// or rediss://'
  const unreadable = 'cannot be read as a URL; percent-encode special characters of user and password'
  if (!URL.canParse(url)) return unreadable
  const { pathname, search, username, password } = new URL(url)
  try {
    decodeURIComponent(username + password)
  } catch {
    return unreadable
  }
  if (!/^\/?\d{0,5}$/.test(pathname)) return 'its path is the number of a database, such as /0'
  return search === '' ? undefined : 'takes no parameters; use the keys beside it'
}

export const redisOptions = z
  .strictObject({
    url: z
      .string()
      .optional()
      .describe(
        'Everything in one: redis://user:password@host:6379/0, or rediss://… for TLS. The single keys below win over its parts. Without url and host there is no Redis.',
      ),
    host: z
      .string()
      .min(1)
      .optional()
      .describe('Host name, address, or the path of a Unix socket. One server, no cluster and no sentinels.'),
    port: port().optional().describe('Port; 6379 where nothing names one.'),
    database: z.int().min(0).max(65_535).optional().describe('Number of the database; 0 unless named.'),
    user: z.string().min(1).optional().describe('User name (ACL of Redis 6 and later).'),
    password: z.string().optional().describe('Password; use ${ENV} or file: to keep it out of the file.'),
    tls: z
      .strictObject({
        mode: z
          .enum(['disable', 'require', 'verify-full'])
          .optional()
          .describe(
            'require: TLS with any certificate; verify-full: certificate and host name must be right. Left out: verify-full for rediss://, else disable.',
          ),
        ca: z.string().optional().describe('PEM text of the authorities to trust (use file:).'),
        cert: z.string().optional().describe('PEM text of the client certificate (use file:).'),
        key: z.string().optional().describe('PEM text of the client key (use file:).'),
      })
      .prefault({})
      .describe('Encryption of the connection.'),
    keyPrefix: z
      .string()
      .regex(/^[A-Za-z0-9_.:-]{1,60}$/, '1 to 60 letters, digits, or one of _ . : -')
      .default('postern')
      .describe('What every key begins with; a colon follows.'),
    connectTimeout: duration({ min: 10, max: 60_000 })
      .default(2000)
      .describe('Longest time for TCP, TLS and login of the connection.'),
    commandTimeout: duration({ min: 5, max: 10_000 })
      .default(250)
      .describe(
        'Longest time to wait for an answer of Redis; never longer than the deadline of the request.',
      ),
  })
  .superRefine((o, context) => {
    const fault = o.url === undefined ? undefined : urlFault(o.url)
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: fault })
  }, lookingAt('url'))

export type RedisOptions = z.output<typeof redisOptions>
