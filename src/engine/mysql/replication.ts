/** Where a MySQL or MariaDB server stands: by GTID, which names the server that wrote a transaction. */
import type { Signal } from '#base/signal.ts'
import type { Connection, Mark, Replication, Standing } from '#engine/engine.ts'
import { isMariadb } from './driver.ts'
import { includes, readGtidSet, wrote, youngerSet } from './gtid-sets.ts'
import { positionOf, reaches, readGtidState, youngerState } from './gtid-states.ts'
import { identityText } from './kill.ts'
import { ServerError } from './server-error.ts'

interface Until {
  readonly deadline: number
  readonly signal: Signal
}

/** What both tell of themselves: who, and whether they refuse writes. */
const common = `${identityText}, @@global.read_only, @@global.innodb_read_only`

/**
 * A server is fed while threads of its own replicate from another one; that is asked only where it takes writes. Status
 * variables may be read by everybody. (MariaDB Server Documentation, "Replication and Binary Log Status Variables")
 */
const mariadbMark =
  '@@server_id, @@global.gtid_current_pos, @@global.gtid_binlog_state, @@global.gtid_slave_pos'
const mariadbText = `SELECT ${mariadbMark}, ${common},
  CASE WHEN @@global.read_only IN ('0', 'OFF') THEN (SELECT VARIABLE_VALUE <> '0' FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'SLAVES_RUNNING') END`

/** Without gtid_mode=ON there are transactions that have no name. (MySQL Reference Manual, "GTID Format and Storage") */
const mysqlMark = "@@server_uuid, IF(@@global.gtid_mode = 'ON', @@global.gtid_executed, '')"
const mysqlText = `SELECT ${mysqlMark}, ${common}`
/** Needs SELECT on this table. */
const mysqlFedText =
  "SELECT COUNT(*) FROM performance_schema.replication_applier_status WHERE SERVICE_STATE = 'ON' AND CHANNEL_NAME <> 'group_replication_applier'"
/** Needs REPLICATION CLIENT. Its 33rd column is Seconds_Behind_Source, which counts from what is being applied: 0 when nothing is. */
const delayText = 'SHOW REPLICA STATUS'
const delayColumn = 32

/** A privilege is missing (ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR), or the server does not know the statement (before 8.0.22). */
const denied: ReadonlySet<number> = new Set([1142, 1227, 1064])

/** Most characters of a token's position, so that it stays well below what HTTP servers take for a header (16 KiB). */
const longestPosition = 6000

const isOn = (said: string | null | undefined) =>
  said !== null && said !== undefined && said !== '0' && said !== 'OFF'

/** Of two texts of the same kind; MySQL's have colons. */
const isSet = ({ position }: Pick<Mark, 'position'>) => position.includes(':')

/** Whether everything up to the mark is there. */
const holdsAll = (at: Pick<Standing, 'position'>, wanted: Mark): boolean =>
  isSet(wanted)
    ? includes(readGtidSet(at.position), readGtidSet(wanted.position))
    : reaches(readGtidState(at.position), readGtidState(wanted.position))

/** Nothing tells that this server has written since it took over: its history is that of the one before, or older. */
const isFresh = (mark: Mark): boolean =>
  isSet(mark)
    ? !wrote(readGtidSet(mark.position), mark.line)
    : [...readGtidState(mark.position).values()].every(({ last }) => last[0] !== mark.line)

/** See Replication.younger. Who has just taken over may lack what the one before it has, and is no older for that. */
function younger(a: Mark, b: Mark): number {
  const sign =
    isSet(a) || isSet(b)
      ? youngerSet(readGtidSet(a.position), readGtidSet(b.position))
      : youngerState(readGtidState(a.position), readGtidState(b.position))
  return (sign < 0 && isFresh(a)) || (sign > 0 && isFresh(b)) ? 0 : sign
}

type Row = readonly (string | null)[]

const markOfMariadb = ([line, applied, written, replicated]: Row): Mark => ({
  line: line ?? '',
  position: positionOf(applied ?? '', [written ?? '', replicated ?? '']),
})

const markOfMysql = ([line, executed]: Row): Mark => ({
  line: line ?? '',
  position: (executed ?? '').replaceAll(/\s/g, ''),
})

/** For one server. `line` is the server itself: who is written to. Remembers what its user may not ask. */
export function createReplication(): Replication {
  let exact = true
  /** Sessions that were refused a question. A grant counts from the next session on. */
  const refused = new WeakMap<Connection, Set<string>>()

  /** Undefined where the user may not ask. */
  const askIfAllowed = async (c: Connection, text: string, o: Until) => {
    if (refused.get(c)?.has(text)) return undefined
    try {
      return await c.query(text, [], o)
    } catch (error) {
      if (!(error instanceof ServerError) || !denied.has(error.errno)) throw error
      refused.set(c, new Set(refused.get(c)).add(text))
      return undefined
    }
  }

  const ofMariadb = async (c: Connection, o: Until): Promise<Standing> => {
    const [row = []] = await c.query(mariadbText, [], o)
    const [server, readOnly, innodb, fed] = row.slice(4)
    const role = isOn(readOnly) || isOn(innodb) ? 'replica' : 'primary'
    return {
      ...markOfMariadb(row),
      server: server ?? '',
      role,
      fed: isOn(fed),
      behindMs: undefined,
      forks: [],
    }
  }

  const ofMysql = async (c: Connection, o: Until): Promise<Standing> => {
    const [row = []] = await c.query(mysqlText, [], o)
    const [server, readOnly, innodb] = row.slice(2)
    const mark = markOfMysql(row)
    const role = isOn(readOnly) || isOn(innodb) ? 'replica' : 'primary'
    const feeds = role === 'primary' ? await askIfAllowed(c, mysqlFedText, o) : undefined
    const behindMs = role === 'replica' && mark.position === '' ? await delayOf(c, o) : undefined
    return { ...mark, server: server ?? '', role, fed: isOn(feeds?.[0]?.[0]), behindMs, forks: [] }
  }

  /** Without positions there is only the replica's own word. Infinite: it does not replicate, or nobody may know. */
  const delayOf = async (c: Connection, o: Until): Promise<number> => {
    const channels = (await askIfAllowed(c, delayText, o)) ?? []
    const delays = channels.map((row) => Number(row[delayColumn] ?? Number.NaN) * 1000)
    return delays.length === 0 || delays.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(...delays)
  }

  return {
    get exact() {
      return exact
    },

    async standing(c, o) {
      const at = await (isMariadb(c) ? ofMariadb(c, o) : ofMysql(c, o))
      // A replica that was just made may have nothing yet.
      if (at.role === 'primary') exact = at.position !== ''
      return at
    },

    async mark(c, o) {
      const [row = []] = await c.query(`SELECT ${isMariadb(c) ? mariadbMark : mysqlMark}`, [], o)
      const mark = isMariadb(c) ? markOfMariadb(row) : markOfMysql(row)
      const { length } = mark.position
      if (length === 0 || length > longestPosition)
        throw new Error(`no mark: its position has ${length} characters, 1 to ${longestPosition} can be used`)
      return mark
    },

    holds(at, wanted) {
      if (holdsAll(at, wanted)) return 'yes'
      if (at.line === wanted.line) return 'not_yet'
      // Who wrote it may be a primary that nobody has told us of; unless that one is known to be the older.
      return younger(wanted, at) > 0 ? 'not_yet' : 'never'
    },

    younger,
  }
}
