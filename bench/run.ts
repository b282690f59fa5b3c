/** `make bench`: Postern beside hand-written handlers on the same database, one engine after the other. `ARGS=mariadb`: that one only. */
import { benchMariadb } from './mariadb.ts'
import { benchPostgres } from './postgres.ts'
import { benchSqlServer } from './sqlserver.ts'

const engines: Readonly<Record<string, () => Promise<void>>> = {
  postgres: benchPostgres,
  mariadb: benchMariadb,
  sqlserver: benchSqlServer,
}

const asked = process.argv.slice(2)
const unknown = asked.find((name) => !Object.hasOwn(engines, name))
if (unknown !== undefined)
  throw new Error(`no such engine: ${unknown}; there are ${Object.keys(engines).join(', ')}`)
for (const name of asked.length > 0 ? asked : Object.keys(engines)) await engines[name]?.()
