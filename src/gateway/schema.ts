/** The catalogue as it is served: read at start, watched, swapped whole. Requests under way keep the snapshot they began with. */
import type { Catalog } from '#catalog/model.ts'
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'
import type { Contract } from '#contract/contract.ts'
import type { CatalogRequest, Connection, Engine, Fault } from '#engine/engine.ts'
import type { Pool } from '#pool/types.ts'
import type { SnapshotFile } from './snapshot-file.ts'
import { Plans } from './plans.ts'

/** One consistent picture to serve from. Plans made over it are kept with it and go with it. */
export interface Snapshot {
  readonly contract: Contract
  /** Wall clock milliseconds at which it was read from the database. */
  readonly loadedAt: number
  /** `disk`: by an earlier life of the gateway, and not seen in the database since. */
  readonly from: 'database' | 'disk'
  readonly plans: Plans
}

export interface Schema {
  /** @throws GatewayError starting, before the first load */
  current(): Snapshot
  /** Undefined before the first load. */
  peek(): Snapshot | undefined
  /** Reads the catalogue now; resolves to whether it differed. One reading at a time. */
  reload(): Promise<boolean>
  /** The catalogue at hand is made into a contract anew: what makes it has changed. */
  resolveAgain(): void
  /** The database contradicted the catalogue: look soon. */
  suspect(): void
  start(): void
  stop(): Promise<void>
}

export interface SchemaDependencies {
  readonly clock: Clock
  readonly observe: Observe
  readonly engine: Pick<Engine, 'readCatalog' | 'fingerprint' | 'watchSchema' | 'classify'>
  readonly pool: Pick<Pool<Connection>, 'use'>
  readonly schemas: readonly string[]
  readonly unmappable: CatalogRequest['unmappable']
  readonly pollMs: number
  readonly loadTimeoutMs: number
  readonly resolve: (catalog: Catalog) => Contract
  /** Where the catalogue is kept for a start while the database is away. */
  readonly file: SnapshotFile | undefined
}

/** Waits between failed first loads: short, so that the gateway serves within 2 s of the database being back. */
const retryMs = [100, 250, 500]
/** A failure for the same reason as the one before is reported again only after so many ms: outages last. */
const repeatedFailureMs = 30_000

/** Failing requests cause no more than one look in so many ms. */
const suspectedMs = 1000

/** What tells reasons apart: the codes of an error and its causes. Messages hold numbers that differ each time. */
function reasonOf(thrown: unknown): string {
  const words: string[] = []
  for (let e = thrown, i = 0; i < 6 && typeof e === 'object' && e !== null; i++) {
    words.push(String(Reflect.get(e, 'code') ?? Reflect.get(e, 'message')))
    e = Reflect.get(e, 'cause')
  }
  return words.join(' < ')
}

const outages: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'disconnected',
  'busy',
  'timeout',
  'cancelled',
])

export function createSchema(d: SchemaDependencies): Schema {
  const stopped = new AbortController()
  let snapshot: Snapshot | undefined
  let loading: Promise<boolean> | undefined
  /** The reading after that one, shared by all who ask meanwhile. */
  let following: Promise<boolean> | undefined
  let watching: Promise<void> | undefined
  /** The failure reported last, until a load succeeds. `at` is monotonic ms. */
  let reported: { readonly reason: string; readonly at: number } | undefined

  const failed = (error: unknown) => {
    if (stopped.signal.aborted) return
    const reason = reasonOf(error)
    const now = d.clock.now()
    if (reported?.reason === reason && now - reported.at < repeatedFailureMs) return
    reported = { reason, at: now }
    d.observe({ kind: 'catalog.failed', error })
  }

  const request = (): CatalogRequest => ({
    schemas: d.schemas,
    unmappable: d.unmappable,
    deadline: d.clock.now() + d.loadTimeoutMs,
    signal: stopped.signal,
  })

  /** Writings of the file, one after the other. A file that cannot be written fails no reading. */
  let writing = Promise.resolve()
  const keep = (catalog: Catalog, readAt: number) => {
    const { file } = d
    if (file === undefined) return
    writing = writing.then(async () => {
      try {
        await file.save({ catalog, readAt })
        d.observe({ kind: 'snapshot', action: 'written' })
      } catch (error) {
        d.observe({ kind: 'snapshot', action: 'failed', error })
      }
    })
  }

  /** What an earlier life kept serves until the database answers: requests are understood, and told why they cannot be done. */
  const restore = async () => {
    try {
      const kept = await d.file?.load()
      if (kept === undefined || snapshot !== undefined) return
      const { catalog, readAt } = kept
      snapshot = { contract: d.resolve(catalog), loadedAt: readAt, from: 'disk', plans: new Plans() }
      d.observe({ kind: 'snapshot', action: 'restored', readAt, tables: catalog.tables.length })
    } catch (error) {
      d.observe({ kind: 'snapshot', action: 'refused', error })
    }
  }

  const load = async (): Promise<boolean> => {
    const began = d.clock.now()
    const asked = request()
    try {
      const catalog = await d.pool.use(asked.signal, asked.deadline, (c) => d.engine.readCatalog(c, asked))
      const changed = catalog.fingerprint !== snapshot?.contract.catalog.fingerprint
      const readAt = d.clock.wall()
      if (changed || snapshot?.from === 'disk') {
        const contract = d.resolve(catalog)
        snapshot = { contract, loadedAt: readAt, from: 'database', plans: new Plans() }
        for (const u of catalog.unmappable)
          d.observe({
            kind: 'catalog.unmappable',
            table: `${u.table.schema}.${u.table.name}`,
            column: u.column,
            native: u.native,
            action: u.action,
          })
      }
      reported = undefined
      keep(catalog, readAt)
      d.observe({
        kind: 'catalog.loaded',
        tables: catalog.tables.length,
        routines: catalog.routines.length,
        ms: d.clock.now() - began,
        changed,
      })
      return changed
    } catch (error) {
      failed(error)
      throw error
    }
  }

  const reload = (): Promise<boolean> => {
    if (loading !== undefined) {
      // The reading under way may have begun before the change that the caller knows of.
      following ??= loading
        .catch(() => false)
        .then(() => {
          following = undefined
          return reload()
        })
      return following
    }
    loading = load().finally(() => {
      loading = undefined
    })
    return loading
  }

  const differs = async (): Promise<boolean> => {
    const asked = request()
    const now = await d.pool.use(asked.signal, asked.deadline, (c) => d.engine.fingerprint(c, asked))
    return now !== snapshot?.contract.catalog.fingerprint
  }

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        timer.cancel()
        stopped.signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = d.clock.after(ms, end)
      stopped.signal.addEventListener('abort', end)
    })

  const watch = async () => {
    for (let attempt = 0; snapshot?.from !== 'database' && !stopped.signal.aborted; attempt++) {
      try {
        await reload()
      } catch {
        if (attempt === 0) await restore()
        await sleep(retryMs[Math.min(attempt, retryMs.length - 1)] as number)
      }
    }
    if (stopped.signal.aborted) return
    const changes = d.engine.watchSchema({ schemas: d.schemas, pollMs: d.pollMs })
    try {
      while (!stopped.signal.aborted) {
        await changes.next(stopped.signal)
        await catchUp()
      }
    } finally {
      await changes.close()
    }
  }

  /** The database is away or has no time: the health checks tell of that. */
  const isOutage = (error: unknown) =>
    error instanceof GatewayError || outages.has(d.engine.classify(error).kind)

  /**
   * Looks until it has seen; the old picture stays in service meanwhile. A look that the database refuses, for a privilege
   * that was taken away, say, is told as a failed reading is, and the reading that ends it takes that back.
   */
  const catchUp = async () => {
    for (let wait = 1000; !stopped.signal.aborted; wait = Math.min(2 * wait, d.pollMs)) {
      try {
        if ((await differs()) || reported !== undefined) await reload()
        return
      } catch (error) {
        if (!isOutage(error)) failed(error)
        await sleep(wait)
      }
    }
  }

  let suspected = false
  return {
    current() {
      if (snapshot === undefined) {
        d.observe({ kind: 'shed', reason: 'starting' })
        throw new GatewayError('starting', 'The catalogue of the database has not been read yet.', {
          retryAfter: 1,
        })
      }
      return snapshot
    },
    peek: () => snapshot,
    reload,
    resolveAgain: () => {
      if (snapshot === undefined) return
      snapshot = { ...snapshot, contract: d.resolve(snapshot.contract.catalog), plans: new Plans() }
    },
    suspect() {
      // A burst of failing requests causes one look, and a routine that always fails one look a second.
      if (suspected) return
      suspected = true
      d.clock.after(suspectedMs, () => {
        suspected = false
      })
      void differs()
        .then((changed) => changed && reload())
        .catch(() => false)
    },
    start() {
      watching ??= watch().catch((error: unknown) => {
        if (!stopped.signal.aborted) d.observe({ kind: 'fault', where: 'schema watch', error })
      })
    },
    async stop() {
      stopped.abort()
      await watching
      await writing
    },
  }
}
