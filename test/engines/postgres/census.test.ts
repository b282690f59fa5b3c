/** The list of sessions of a real server, as a gateway counts it: of every user, by the name alone. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { census } from '#engine/postgres/census.ts'
import { nameSessions } from '#engine/session-name.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { connect, limits, type TestConnection } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

for (const version of postgresVersions) {
  const missing = postgresMissing(version)

  describeUnless(missing)(`the census on PostgreSQL ${version}`, () => {
    let server: TestPostgres
    const open: TestConnection[] = []
    const session = async (name: string, user = 'postgres', database = 'postgres') => {
      const c = await connect(server.url(database).replace('postgres@', `${user}@`))
      await c.query("SELECT set_config('application_name', $1, false)", [name], limits())
      open.push(c)
      return c
    }
    beforeAll(async () => {
      server = await startPostgres({
        version,
        settings: {
          max_connections: 30,
          superuser_reserved_connections: 4,
          ...(version >= 16 ? { reserved_connections: 3 } : {}),
        },
      })
      await server.createDatabase('other')
      await server.sql(server.url(), 'CREATE ROLE guest LOGIN; CREATE ROLE few LOGIN CONNECTION LIMIT 5')
    })
    afterAll(async () => {
      await Promise.all(open.map((c) => c.close()))
      await server.stop()
    })

    it('counts the gateways of its name, of other users and databases too, and nobody else', async () => {
      const guest = await session('shop/aaaaaa', 'guest')
      await session('shop/aaaaaa', 'guest')
      await session('shop/bbbbbb')
      await session('shop/cccccc', 'few', 'other')
      for (const name of [
        'shop',
        'shop/',
        'shop/zzzzzz',
        'shop/aaaaaaa',
        'shops/aaaaaa',
        'shop/aaaaa',
        'SHOP/aaaaaa',
      ])
        await session(name)
      const found = await census(guest, limits())
      expect(found.self).toBe('shop/aaaaaa')
      expect(found.peers.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
        { name: 'shop/aaaaaa', sessions: 2 },
        { name: 'shop/bbbbbb', sessions: 1 },
        { name: 'shop/cccccc', sessions: 1 },
      ])
    })

    it('says how many sessions there may be: of the server, of the user, of the database', async () => {
      const all = 30 - 4 - (version >= 16 ? 3 : 0)
      expect((await census(await session('a/000000'), limits())).connections).toBe(all)
      expect((await census(await session('a/000000', 'few'), limits())).connections).toBe(5)
      await server.sql(server.url(), 'ALTER DATABASE other CONNECTION LIMIT 7')
      expect((await census(await session('a/000000', 'guest', 'other'), limits())).connections).toBe(7)
    })

    it('finds its own name as the server has it, and nobody where a pooler has put another', async () => {
      const odd = nameSessions('lädchen')
      const me = await session(odd)
      const found = await census(me, limits())
      expect(found.peers).toEqual([{ name: found.self, sessions: 1 }])
      expect((await census(await session('pooler'), limits())).peers).toEqual([])
    })
  })
}
