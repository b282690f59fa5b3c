/** A MariaDB primary and its replicas by GTID. The gateway's user is `app`, whom read_only stops. */
import type { Cluster, ClusterOptions } from './cluster.ts'
import { startMariadb, type TestMariadb } from './mariadb.ts'
import { eventually } from './process.ts'

const database = 'shop'

export async function startMariadbCluster(o: ClusterOptions): Promise<Cluster<TestMariadb>> {
  const servers = await Promise.all(
    Array.from({ length: o.standbys + 1 }, (_, index) =>
      startMariadb({
        settings: {
          'server-id': index + 1,
          'log-bin': 'binlog',
          'log-slave-updates': 'ON',
          'binlog-format': 'ROW',
          'gtid-strict-mode': 'ON',
          'relay-log': 'relay',
          'log-bin-trust-function-creators': 'ON',
          'slave-net-timeout': 5,
          ...(index > 0 && { 'read-only': 'ON' }),
          ...o.settings,
        },
      }),
    ),
  )
  const [primary, ...standbys] = servers as [TestMariadb, ...TestMariadb[]]
  const say = (text: string) => async (server: TestMariadb) => {
    await server.sql(server.url(), text)
  }
  const sessions = (server: TestMariadb) =>
    server.sql(server.url(), "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app'")
  const follow = async (standby: TestMariadb, from: TestMariadb) => {
    await say(`STOP SLAVE; SET GLOBAL read_only = 1;
      CHANGE MASTER TO master_host = '127.0.0.1', master_port = ${from.port}, master_user = 'root',
        master_use_gtid = slave_pos, master_connect_retry = 1, master_heartbeat_period = 1;
      START SLAVE`)(standby)
  }
  const cluster: Cluster<TestMariadb> = {
    primary,
    standbys,
    url: (...of) => `mysql://app@${of.map(({ port }) => `127.0.0.1:${port}`).join()}/${database}`,
    query: (server, text) => server.sql(server.url(database), text),
    hold: say('STOP SLAVE SQL_THREAD'),
    release: say('START SLAVE SQL_THREAD'),
    promote: say('STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0'),
    demote: say('SET GLOBAL read_only = 1'),
    shutDown: (server) => server.kill('SIGTERM'),
    follow,
    sessions: async (server) => (await sessions(server)).length,
    endSessions: async (server) => {
      // One by one: a session that has gone by itself is an error of its own statement only.
      for (const { ID } of await sessions(server))
        await server.sql(server.url(), `KILL ${Number(ID)}`).catch(() => {})
    },
    caughtUp: async (standby, from = primary) => {
      const [at] = await from.sql(from.url(), 'SELECT @@gtid_current_pos AS position')
      await eventually('the replica has caught up', async () => {
        const [row] = await standby.sql(
          standby.url(),
          `SELECT MASTER_GTID_WAIT('${String(at?.['position'])}', 0.05) AS outcome`,
        )
        return row?.['outcome'] === 0
      })
    },
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
  await say(
    `CREATE DATABASE ${database}; CREATE USER app@'%'; GRANT ALL ON ${database}.* TO app@'%'; USE ${database}; ${o.setUp}`,
  )(primary)
  for (const standby of standbys) await follow(standby, primary)
  for (const standby of standbys) await cluster.caughtUp(standby)
  return cluster
}
