/** The connections of a pool, each in exactly one state; `move` is the only thing that changes a state. */

/** Where a connection stands. `since` and `deadline` are monotonic ms. */
type State =
  | { readonly kind: 'idle'; readonly since: number }
  | { readonly kind: 'checking'; readonly abort: AbortController }
  | { readonly kind: 'lent'; readonly since: number; readonly deadline: number }
  /** Says goodbye; the server still counts it, so its slot is not free yet. */
  | { readonly kind: 'closing' }
  /** Broken or stuck: its end may take long, so its slot is free at once. */
  | { readonly kind: 'discarding' }
  | { readonly kind: 'gone' }

type Kind = State['kind']

/** The states that may follow each state. */
const successors: Readonly<Record<Kind, readonly Kind[]>> = {
  idle: ['lent', 'checking', 'closing', 'discarding'],
  lent: ['idle', 'closing', 'discarding'],
  checking: ['idle', 'closing', 'discarding'],
  closing: ['gone'],
  discarding: ['gone'],
  gone: [],
}

/** One connection and its state. */
export interface Entry<C> {
  readonly connection: C
  readonly generation: number
  /** Monotonic ms after which it is not lent again. */
  readonly expiresAt: number
  /** Written by `move` alone. */
  state: State
}

interface Shelf<C> {
  /** How many connections are in each state. */
  readonly count: Readonly<Record<Kind, number>>
  /** Every connection that is not gone. */
  readonly entries: ReadonlySet<Entry<C>>
  /** Idle, checked or lent ones: those that serve callers. */
  living(): number
  /** The idle one used last. */
  newest(): Entry<C> | undefined
  /** The idle one unused for longest. */
  oldest(): Entry<C> | undefined
  /** Puts a new connection on the shelf, idle since `now`. */
  add(entry: Omit<Entry<C>, 'state'>, now: number): Entry<C>
  /** @throws Error when the state may not follow the present one: a fault of the pool itself */
  move(entry: Entry<C>, to: State): void
}

/** Makes an empty shelf. */
export function createShelf<C>(): Shelf<C> {
  const count: Record<Kind, number> = { idle: 0, checking: 0, lent: 0, closing: 0, discarding: 0, gone: 0 }
  const entries = new Set<Entry<C>>()
  /** Ordered by `since`, because every entry is pushed when it becomes idle. */
  const idle: Entry<C>[] = []

  const enter = (entry: Entry<C>, to: State) => {
    entry.state = to
    count[to.kind]++
    if (to.kind === 'idle') idle.push(entry)
    else if (to.kind === 'gone') entries.delete(entry)
  }
  const leave = (entry: Entry<C>) => {
    count[entry.state.kind]--
    if (entry.state.kind !== 'idle') return
    if (idle.at(-1) === entry) idle.pop()
    else idle.splice(idle.indexOf(entry), 1)
  }

  return {
    count,
    entries,
    living: () => count.idle + count.checking + count.lent,
    newest: () => idle.at(-1),
    oldest: () => idle[0],
    add: ({ connection, generation, expiresAt }, now) => {
      const state: State = { kind: 'idle', since: now }
      const entry: Entry<C> = { connection, generation, expiresAt, state }
      entries.add(entry)
      enter(entry, state)
      return entry
    },
    move: (entry, to) => {
      const from = entry.state.kind
      if (!successors[from].includes(to.kind))
        throw new Error(`a pooled connection cannot go from ${from} to ${to.kind}`)
      leave(entry)
      enter(entry, to)
    },
  }
}
