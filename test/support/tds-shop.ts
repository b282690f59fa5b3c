/** Members of an availability group on the TDS stub: one table, as far as a gateway asks, and what a test changes while it runs. */
import { startTdsStub, type StubReply, type TdsStub } from './tds-stub.ts'
import type { StubRequest } from './tds-tokens.ts'

export interface ShopServer extends TdsStub {
  readonly name: string
  /** `resolving`: roles change, and nobody is let in. */
  role: 'primary' | 'secondary' | 'resolving'
  /** Whom it lets in as a secondary: everybody, those who say that they only read, nobody. */
  lets: 'all' | 'readers' | 'nobody'
  /** last_commit_lsn of the replica's row. */
  lsn: bigint
  /** Whether the gateway's user may view the state of the server. */
  seen: boolean
  /** Other sessions in the server: name → how many. */
  readonly others: Map<string, number>
  /** Most sessions and workers. */
  readonly limits: { sessions: number; workers: number }
  /** Writes that reached it. */
  readonly writes: string[]
}

/** Rows of the statements of catalogSql by a piece of their text; what is not listed has none. */
const catalogue: readonly (readonly [piece: string, row: readonly (string | null)[]])[] = [
  ['CAST(d.compatibility_level', ['dbo', '16.0.4165.4', '3', '160']],
  ['SELECT s.name FROM sys.schemas s', ['dbo']],
  ['CONVERT(varchar(64), HASHBYTES', ['fingerprint']],
]
const relation = ['1', 'dbo', 'orders', 'U', '1', '1', '1', '1', '0', '0', null]
const column = (name: string, type: readonly string[]) => {
  const plain = ['0', '0', 'no', null, null, null, null]
  return ['1', name, ...type, null, ...plain]
}
const columns = [column('id', ['int', '4', '10', '0']), column('server', ['nvarchar', '40', '0', '0'])]

/** @param name what the column `server` of its one row says */
export async function startShopServer(name: string, first: Partial<ShopServer> = {}): Promise<ShopServer> {
  const texts = (reply: StubReply, rows: readonly (readonly (string | null)[])[]) => {
    const [row] = rows
    if (row === undefined) return
    reply.columns(Object.fromEntries(row.map((_, i) => [`c${i}`, 'nvarchar' as const])))
    for (const one of rows) reply.row(...one)
    reply.done(rows.length)
  }
  const answer = ({ text, application }: StubRequest, reply: StubReply) => {
    if (server.role === 'resolving') {
      reply.error(983, "Unable to access availability database 'shop'.", { severity: 14 })
      return
    }
    const updateability = server.role === 'primary' ? 'READ_WRITE' : 'READ_ONLY'
    const found = catalogue.find(([piece]) => text.includes(piece))
    if (text.includes("SERVERPROPERTY(N'ServerName')")) {
      texts(reply, [[updateability, `${name} 2026-11-23T14:05:09`]])
      if (server.seen) texts(reply, [[String(server.lsn), '1500']])
    } else if (text.includes('Updateability')) texts(reply, [[updateability]])
    else if (text.includes('sys.dm_exec_sessions')) {
      const peers = new Map<string, number>(server.others)
      for (const login of server.present()) peers.set(login, (peers.get(login) ?? 0) + 1)
      const { sessions, workers } = server.limits
      const most = String(server.seen ? Math.min(sessions, workers) : sessions)
      texts(
        reply,
        server.seen
          ? [...peers].map(([peer, count]) => [application, peer, String(count), most, '1'])
          : [[application, null, null, most, '0']],
      )
    } else if (text.includes('USER_NAME(), SUSER_SNAME()'))
      texts(reply, [[server.seen ? '1' : '0', '0', 'app', 'app']])
    else if (found !== undefined) texts(reply, [found[1]])
    else if (text.includes('FROM o JOIN sys.columns')) texts(reply, columns)
    else if (text.includes('sys.trigger_events')) texts(reply, [relation])
    else if (text.includes('k.key_ordinal > 0')) texts(reply, [['1', 'PK_orders', '1', null, 'id']])
    else if (text.includes('INSERT INTO')) {
      if (server.role !== 'primary')
        reply.error(3906, 'Failed to update database "shop" because the database is read-only.')
      else {
        server.writes.push(text)
        // What is told of the new row: its version and its key.
        reply.columns({ version: 'nvarchar', id: 'int' }).row('00', server.writes.length).done(1)
        reply.columns({ '#affected': 'int' }).row(1).done(1)
      }
    } else if (/FROM \[dbo\]\.\[orders\]/.test(text)) {
      const list = text.slice(0, text.indexOf('FROM'))
      const names = [...list.matchAll(/\[t0\]\.\[(\w+)\]/g)].map(([, column]) => column as string)
      reply.columns(Object.fromEntries(names.map((n, i) => [`${n}${i}`, n === 'id' ? 'int' : 'nvarchar'])))
      reply.row(...names.map((n) => (n === 'id' ? 1 : name))).done(1)
    }
  }
  const refuse: Parameters<typeof startTdsStub>[0] = {
    answer,
    refuse: ({ readOnly }) => {
      if (server.role === 'resolving')
        return { number: 983, message: "Unable to access availability database 'shop'." }
      if (server.role === 'primary' || server.lets === 'all') return undefined
      if (server.lets === 'nobody')
        return { number: 976, message: "The target database, 'shop', is not accessible." }
      return readOnly
        ? undefined
        : { number: 978, message: "The target database ('shop') is accessible for readers." }
    },
  }
  const stub = await startTdsStub(refuse)
  const server: ShopServer = Object.assign(stub, {
    name,
    role: 'primary' as const,
    lets: 'all' as const,
    lsn: 1000n,
    seen: true,
    others: new Map<string, number>(),
    limits: { sessions: 32_767, workers: 512 },
    writes: [],
    ...first,
  })
  return server
}
