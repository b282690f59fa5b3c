/** Who shares a connection with whom. */
import type { Waiter } from './queue.ts'
import type { Entry } from './shelf.ts'
import type { Shared } from './types.ts'

/** What a borrower holds: a connection, or one seat of it. */
export interface Loan<C> {
  readonly entry: Entry<C>
  readonly connection: C
  readonly shared: (Pick<Shared<C>, 'over'> & { holders: number }) | undefined
}

/**
 * So many may always share, however many connections lie idle: apart they would cost a trip each, together hardly more
 * than one. With four the database needs a quarter more CPU.
 */
const always = 8
/** So many at most: what one of them waits for behind the others stays a few times what it costs itself. */
const most = 16

/**
 * How many of `sharing` waiting callers the next connection takes, with `idle` connections (at least this one) to be had:
 * spread evenly over them, within the bounds above. Pure.
 */
export const partySize = (sharing: number, idle: number): number =>
  Math.min(sharing, most, Math.max(always, Math.ceil(sharing / idle)))

/** The first in line and those behind it who share as it does, `size` in all; whoever does not stays where it is. */
export function partyOf<T>(first: Waiter<T>, size: number): readonly Waiter<T>[] {
  const party: Waiter<T>[] = []
  for (let one: Waiter<T> | undefined = first; one !== undefined && party.length < size; one = one.behind)
    if (one.caller.shares === first.caller.shares) party.push(one)
  return party
}
