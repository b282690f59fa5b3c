/** `postern demo`: the gateway in front of a private PostgreSQL with a sample shop. */
import { loadConfig } from '#config/load.ts'
import { type Shop, startShop } from '#demo/shop.ts'
import { reportFaults } from './faults.ts'
import { exitCodes, type RoleIo } from './role.ts'
import { serveGateway } from './serve.ts'

/** The demo brings its own database: these win over whatever file or environment says. */
const ownDatabase = ['--database.engine=postgres', '--database.host=127.0.0.1', '--database.tls.mode=disable']

/** Serves until a signal, and leaves neither a process nor a folder behind, also after a crash. */
export async function run(io: RoleIo): Promise<number> {
  const loaded = loadConfig({ argv: [...io.argv, ...ownDatabase], env: io.env })
  if ('faults' in loaded) return reportFaults(io, loaded.faults)
  const { config } = loaded

  io.stderr('Starting PostgreSQL and filling the shop …\n')
  let shop: Shop
  try {
    shop = await startShop()
  } catch (error) {
    io.stderr(`postern: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodes.failed
  }
  try {
    const database = { ...config.database, ...shop.database }
    // The log goes where it does not mix with what the demo says.
    const serving = await serveGateway({ ...config, database }, { fd: 2 })
    const opened = await Promise.race([serving.ready.then(() => true), serving.done.then(() => false)])
    if (opened) io.stdout(greeting(serving.urls, shop.database))
    return await serving.done
  } catch (error) {
    const taken = portTaken(error)
    if (taken === undefined) throw error
    io.stderr(
      `postern: ${taken} is taken, perhaps by another Postern; choose other ports, or let the system choose:\n` +
        '  make run ARGS="--listeners.data.port=0 --listeners.observe.port=0 --listeners.admin.port=0"\n',
    )
    return exitCodes.failed
  } finally {
    await shop.stop()
  }
}

/** The address that could not be bound, when that was the trouble. */
function portTaken(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return undefined
  return 'port' in error && 'address' in error ? `${String(error.address)}:${String(error.port)}` : 'a port'
}

function greeting(
  urls: { data: string; observe: string; admin: string },
  database: Shop['database'],
): string {
  const api = `${urls.data}/api/v1`
  // Listening on every address is no address to visit.
  const observe = urls.observe.replace('//0.0.0.0:', '//127.0.0.1:')
  const { host, port, name, user, password } = database
  return `
Postern serves the sample shop.

  API        ${api}
  OpenAPI    ${api}/openapi.json
  probes     ${observe}/readyz and ${observe}/metrics
  status     ${urls.admin}/
  database   postgres://${user}:${password}@${host}:${port}/${name}

Try:

  curl -g '${api}/orders?status=shipped&total[gt]=5000&order=-total&limit=3&select=id,total,customer(name,country),items(quantity,product(name))'
  curl -g '${api}/customer_stats?select=country,count(),revenue.sum()&order=country'
  curl -X PATCH -H 'Content-Type: application/json' -d '{"status":"paid"}' '${api}/orders/4990'

Ctrl-C ends all of it and leaves nothing behind.

`
}
