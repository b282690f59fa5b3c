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
 * So many at most share a connection, however many lie idle: apart they would cost a trip each, together hardly more than one. With
 * eight a tenth fewer key reads are answered by 128 clients; with more than sixteen no more, and what one of them waits for
 * behind the others would no longer be a few times what it costs itself.
 */
export const most = 16

/** The first in line and those behind it who share as it does; whoever does not stays where it is. */
export function partyOf<T>(first: Waiter<T>): readonly Waiter<T>[] {
  const party: Waiter<T>[] = []
  for (let one: Waiter<T> | undefined = first; one !== undefined && party.length < most; one = one.behind)
    if (one.caller.shares === first.caller.shares) party.push(one)
  return party
}
