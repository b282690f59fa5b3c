/** What is under way in a session, in the order in which the server takes it: the first, which is being answered, and those that travel behind it. */
import type { Exchange } from './exchange.ts'

export class Line {
  first: Exchange | undefined
  behind: Exchange[] = []

  /** The next one is the first from now on. */
  advance(): Exchange | undefined {
    this.first = this.behind.shift()
    return this.first
  }

  /** The first will come again behind all others, as if it had not been sent. */
  postpone(first: Exchange): void {
    first.phase = 'waiting'
    this.behind.push(first)
  }

  /** One that was not sent is not to be. */
  drop(exchange: Exchange): void {
    this.behind = this.behind.filter((other) => other !== exchange)
  }

  /** @returns all there were */
  clear(): readonly Exchange[] {
    const all = this.all()
    this.first = undefined
    this.behind = []
    return all
  }

  all(): readonly Exchange[] {
    return this.first === undefined ? [] : [this.first, ...this.behind]
  }

  has(exchange: Exchange): boolean {
    return this.first === exchange || this.behind.includes(exchange)
  }

  /** Answers come that are not for the first. */
  sentBehind(): boolean {
    return this.behind.some(({ phase }) => phase === 'executing')
  }

  /** The last one, when nobody waits for any of them. */
  abandoned(): Exchange | undefined {
    const all = this.all()
    return all.every(({ cancelled }) => cancelled !== undefined) ? all.at(-1) : undefined
  }

  /** The first deadline of those who still wait. */
  due(): number | undefined {
    let due: number | undefined
    for (const { o, cancelled } of this.all())
      if (cancelled === undefined && (due === undefined || o.deadline < due)) due = o.deadline
    return due
  }
}
