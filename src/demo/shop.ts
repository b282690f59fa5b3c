/** Starts the private PostgreSQL of the demo with the sample shop in it. */
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { announcerInstall } from '#engine/postgres/announcer.ts'
import { embeddedBinaries } from './postgres-binaries.ts'
import { startPostgresServer } from './postgres-server.ts'
import { shopRows } from './shop-rows.ts'
import { shopSchema } from './shop-schema.ts'

/** The running database of the demo, owned by a user that is no superuser. */
export interface Shop {
  readonly database: {
    readonly host: string
    readonly port: number
    readonly name: string
    readonly user: string
    readonly password: string
  }
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

/** About two seconds. Others on this machine cannot enter: the port asks for a password made here. */
export async function startShop(): Promise<Shop> {
  const server = await startPostgresServer({ binaries: await embeddedBinaries(), access: 'password' })
  const database = {
    host: '127.0.0.1',
    port: server.port,
    name: 'shop',
    user: 'shop',
    password: randomBytes(12).toString('hex'),
  }
  try {
    const asSuperuser = { host: server.socketFolder, username: 'postgres', password: '' }
    await runScripts({ ...asSuperuser, database: 'postgres' }, server.port, [
      `CREATE ROLE shop LOGIN PASSWORD '${database.password}'`,
      'CREATE DATABASE shop OWNER shop',
    ])
    const { host, name, user: username, password } = database
    await runScripts({ host, username, password, database: name }, server.port, [shopSchema, shopRows])
    // Last, as it needs a superuser, and the shop's own tables are no news.
    await runScripts({ ...asSuperuser, database: name }, server.port, announcerInstall)
  } catch (error) {
    await server.stop()
    throw error
  }
  return { database, stop: server.stop }
}

async function runScripts(
  login: { host: string; username: string; password: string; database: string },
  port: number,
  scripts: readonly string[],
): Promise<void> {
  const sql = postgres({ ...login, port, max: 1, fetch_types: false, onnotice: () => {} })
  try {
    for (const script of scripts) await sql.unsafe(script).simple()
  } finally {
    await sql.end({ timeout: 1 })
  }
}
