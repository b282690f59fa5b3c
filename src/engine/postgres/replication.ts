/** Where a PostgreSQL server stands: timeline and LSN, and where older timelines were left. */
import type { Signal } from '#base/signal.ts'
import type { Connection, Mark, Replication, Standing } from '#engine/engine.ts'
import type { PostgresConnection } from './driver.ts'

interface Until {
  readonly deadline: number
  readonly signal: Signal
}

/**
 * On a replica the control file tells the timeline late (at the next restartpoint); the receiver tells it at once, to
 * members of pg_monitor. A promoted server goes on showing where its recovery ended: that is where the timeline before
 * was left. `pg_walfile_name` names the timeline that is written to. (Manual, "System Administration Functions")
 *
 * The position is the flushed one: no replica can have more, and what an open transaction has inserted may stay unflushed for
 * many seconds, which is no lag. The insert position beside it is for marks of commits that are not flushed yet.
 */
const standingText = `SELECT r.*, pg_catalog.pg_postmaster_start_time()::text, CASE WHEN NOT recovery THEN pg_catalog.pg_last_wal_replay_lsn()::text END,
  CASE WHEN recovery THEN (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::bigint END,
  CASE WHEN NOT recovery THEN pg_catalog.pg_current_wal_insert_lsn()::text END
FROM (SELECT p.recovery,
    CASE WHEN p.recovery THEN (SELECT greatest(
        (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
        (SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()),
        (SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver)))
      ELSE ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
    CASE WHEN p.recovery THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_flush_lsn() END::text
  FROM (SELECT pg_catalog.pg_is_in_recovery() AS recovery) p) r`

/** The insert position lies behind every commit, those that synchronous_commit = off has not written out included. */
const markText = `SELECT ('x' || substr(pg_catalog.pg_walfile_name(l), 1, 8))::bit(32)::int, l::text
FROM pg_catalog.pg_current_wal_insert_lsn() l`

/** `16/B374D848` → bytes since the beginning; undefined when it is no LSN. */
export function readLsn(text: string): bigint | undefined {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  if (match === null) return undefined
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)
}

const lsn = (text: string) => readLsn(text) ?? 0n

/**
 * Where a page begins, the insert position stands behind its header of 24 bytes, while replay of the last record ends
 * before it: nothing can end within the header, so the page's beginning says the same.
 */
function withoutHeader(position: string): string {
  const at = lsn(position)
  if (at % 8192n !== 24n) return position
  const page = at - 24n
  return `${(page >> 32n).toString(16)}/${(page & 0xffffffffn).toString(16)}`.toUpperCase()
}

const readMark = (row: readonly (string | null)[] | undefined): Mark => ({
  line: row?.[0] ?? '',
  position: withoutHeader(row?.[1] ?? '0/0'),
})

/** Who may read files of the server learns all forks exactly; asked first, so that nobody's log fills with refusals. */
const mayReadText = "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_read_file(text)', 'execute')"
const historyText =
  "SELECT pg_catalog.pg_read_file('pg_wal/' || upper(lpad(to_hex($1::int), 8, '0')) || '.history')"

/** Lines such as `1 <tab> 0/3000148 <tab> no recovery target specified`. */
function readHistory(text: string): readonly Mark[] {
  return text
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([line = '', position = '']) => /^\d+$/.test(line) && readLsn(position) !== undefined)
    .map(([line = '', position = '']) => ({ line, position }))
}

/** For one server. Remembers the forks before its present timeline, which do not change, until it is told that the server is another. */
export function createReplication(): Replication & { forget(): void } {
  let known: { readonly line: string; readonly forks: readonly Mark[] } | undefined

  const forksOf = async (c: Connection, at: Standing, o: Until): Promise<readonly Mark[]> => {
    if (known?.line === at.line) return known.forks
    const [may] = await c.query(mayReadText, [], o)
    const file = may?.[0] === 't' ? (await c.query(historyText, [at.line], o))[0]?.[0] : undefined
    known = { line: at.line, forks: file ? readHistory(file) : at.forks }
    return known.forks
  }
  return {
    exact: true,

    forget() {
      known = undefined
    },

    async standing(c, o) {
      const [row] = await c.query(standingText, [], o)
      const [recovery, line, position, server, left, behind, written] = row ?? []
      const timeline = Number(line ?? 0)
      const standing: Standing = {
        server: server ?? '',
        role: recovery === 't' ? 'replica' : 'primary',
        line: String(timeline),
        position: position ?? '0/0',
        behindMs: behind === null || behind === undefined ? undefined : Math.max(0, Number(behind)),
        ...(written ? { written } : {}),
        forks: timeline > 1 && left ? [{ line: String(timeline - 1), position: left }] : [],
      }
      return standing.role === 'primary' && timeline > 1
        ? { ...standing, forks: await forksOf(c, standing, o) }
        : standing
    },

    async mark(c, o) {
      const [row] = await c.query(markText, [], o)
      return readMark(row)
    },

    along(c) {
      const heard = (c as PostgresConnection).follow(markText)
      return () => {
        const row = heard()
        return row === undefined ? undefined : readMark(row)
      }
    },

    holds(at, wanted) {
      if (at.line === wanted.line) return lsn(at.position) >= lsn(wanted.position) ? 'yes' : 'not_yet'
      if (Number(at.line) < Number(wanted.line)) return 'not_yet'
      const fork = at.forks.find(({ line }) => line === wanted.line)
      return fork !== undefined && lsn(wanted.position) <= lsn(fork.position) ? 'yes' : 'never'
    },

    younger: (a, b) => Number(a.line) - Number(b.line),
  }
}
