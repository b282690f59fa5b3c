/** The way to a session: TCP, TLS and login by tedious, then the settings every statement here relies on. */
import { Connection, type ConnectionConfiguration, Request } from 'tedious'
import type { DatabaseOptions } from '#engine/options.ts'
import { ServerError } from './server-error.ts'
import type { SqlServerTarget } from './target.ts'

/** What the clients of Microsoft use: half the packets of tedious' own 4096. */
const packetSize = 8000

/** What a session is to be, beyond what the options say. */
export interface Wishes {
  /** Milliseconds a statement may wait for a lock, in the server. */
  readonly lockTimeout: number
  /** It says that it only reads (ApplicationIntent): a secondary may want that, and a listener leads to one. */
  readonly readOnly: boolean
}

/** What tedious is told. Whatever it would do by itself in the background (repeat, time out) is left to the pool and the session. */
function configuration(
  target: SqlServerTarget,
  options: DatabaseOptions,
  o: { encrypt: boolean | 'strict'; readOnly: boolean },
): ConnectionConfiguration {
  const { tls } = target
  return {
    server: target.host,
    authentication: { type: 'default', options: { userName: target.user, password: target.password } },
    options: {
      port: target.port,
      ...(target.database !== '' && { database: target.database }),
      appName: options.applicationName,
      // With `strict` tedious looks at the certificate whatever the next line says.
      encrypt: o.encrypt,
      trustServerCertificate: tls.mode !== 'verify-full',
      cryptoCredentialsDetails: {
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.cert !== undefined && { cert: tls.cert }),
        ...(tls.key !== undefined && { key: tls.key }),
      },
      readOnlyIntent: o.readOnly,
      // The listener of an availability group has an address in each subnet, of which one answers: all are tried at once.
      multiSubnetFailover: true,
      packetSize,
      // Ours are shorter; this one bounds what they cannot reach.
      connectTimeout: 60_000,
      requestTimeout: 0,
      cancelTimeout: 0,
      maxRetriesOnTransientErrors: 0,
      // An error takes the whole transaction back, and so does an attention.
      abortTransactionOnError: true,
      // Indexed views, filtered indexes and computed columns can be used and written only with these seven settings.
      enableAnsiNull: true,
      enableAnsiPadding: true,
      enableAnsiWarnings: true,
      enableArithAbort: true,
      enableConcatNullYieldsNull: true,
      enableQuotedIdentifier: true,
      enableNumericRoundabort: false,
      enableImplicitTransactions: false,
      // Messages in English, as faults.ts reads names in them.
      language: 'us_english',
      textsize: 2_147_483_647,
      useUTC: true,
      lowerCaseGuids: true,
    },
  }
}

/**
 * What tedious does not set, or sets too early: SET LANGUAGE changes the date format. There is no time zone to set: values
 * carry their own or have none.
 */
const settings = (lockTimeout: number) =>
  `SET DATEFORMAT ymd; SET DATEFIRST 7; SET LOCK_TIMEOUT ${lockTimeout}; SET NOCOUNT OFF;`

/**
 * Opens a connection that is logged in and set up.
 * @throws ServerError when the server refuses; else what the network or tedious said, or the signal's reason
 */
export async function dial(
  target: SqlServerTarget,
  options: DatabaseOptions,
  { lockTimeout, readOnly }: Wishes,
  signal: AbortSignal,
): Promise<Connection> {
  const { mode } = target.tls
  const encrypt = target.strict ? 'strict' : mode !== 'disable'
  let connection: Connection
  try {
    connection = await open(configuration(target, options, { encrypt, readOnly }), signal)
  } catch (error) {
    // Only what the server says before TLS leads to a second attempt: it has none, and none was insisted on.
    if (mode !== 'prefer' || (error as { code?: unknown }).code !== 'EENCRYPT') throw error
    connection = await open(configuration(target, options, { encrypt: false, readOnly }), signal)
  }
  try {
    await batch(connection, settings(lockTimeout), signal)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function open(config: ConnectionConfiguration, signal: AbortSignal): Promise<Connection> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const connection = new Connection(config)
    // Without a listener an error would end the process; whoever waits is told by a callback in any case.
    connection.on('error', () => {})
    let said: ServerError | undefined
    const onMessage = (message: ConstructorParameters<typeof ServerError>[0]) => {
      said ??= new ServerError(message)
    }
    connection.on('errorMessage', onMessage)
    const onAbort = () => {
      connection.close()
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort)
    connection.connect((error) => {
      signal.removeEventListener('abort', onAbort)
      connection.off('errorMessage', onMessage)
      if (!error) resolve(connection)
      else reject((error as { code?: unknown }).code === 'ELOGIN' ? (said ?? error) : error)
    })
  })
}

function batch(connection: Connection, text: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort)
    connection.execSqlBatch(
      new Request(text, (error) => {
        signal.removeEventListener('abort', onAbort)
        if (error) reject(error)
        else resolve()
      }),
    )
  })
}
