/** Reads a request body: bounded in bytes and time, straight from Node's stream. */
import type { IncomingMessage } from 'node:http'
import type { Clock, Timer } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { AbortObserver, Signal } from '#base/signal.ts'

/** Room for a body whose length is not known yet; it doubles as needed. So much is taken without asking. */
const firstRoom = 16_384

export interface BodyOptions {
  /** Bytes. */
  readonly limit: number
  /** For the whole body. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** Ends the reading; its reason is a GatewayError. */
  readonly signal: Signal
  /** Called with the bytes of memory that it takes in addition. @throws GatewayError overloaded */
  readonly onGrow: (bytes: number) => void
  /** Called when the body is wanted, before its first byte is read. */
  readonly onWanted: () => void
}

/** @throws GatewayError body_too_large (at once when Content-Length says so), overloaded, request_timeout, client_closed */
export function readBody(incoming: IncomingMessage, o: BodyOptions): Promise<Buffer> {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers
  if (length === undefined && encoding === undefined) return Promise.resolve(Buffer.alloc(0))
  // A length beside chunks is void (RFC 9112 section 6.3), and refused by the parser.
  const declared = length === undefined ? undefined : Number(length)
  if (declared !== undefined && declared > o.limit) return Promise.reject(tooLarge(`${declared}`, o.limit))
  if (o.signal.aborted) return Promise.reject(o.signal.reason)
  o.onWanted()

  return new Promise((resolve, reject) => new BodyReader(incoming, declared, o, resolve, reject))
}

/** Leads from a request to who reads its body. */
const reader = Symbol('reader')
type Reading = IncomingMessage & { [reader]?: BodyReader }

/** The listeners, one of each for all requests: with closures for each, V8 keeps nearly all of them (docs/adr/0013). */
function onData(this: Reading, part: Buffer): void {
  this[reader]?.take(part)
}
function onEnd(this: Reading): void {
  this[reader]?.end()
}
function onLost(this: Reading): void {
  this[reader]?.fail(new GatewayError('client_closed', 'The client hung up before its body was complete.'))
}

/** Gathers one body. It listens to the caller's signal itself. */
class BodyReader implements AbortObserver {
  /** One growing buffer: pieces can be as small as a byte each, and would cost a hundred times that as a list. */
  private room: Buffer = Buffer.alloc(0)
  private bytes = 0
  /** Of its memory, what was asked for. */
  private held = 0
  private readonly incoming: Reading
  private readonly declared: number | undefined
  private readonly o: BodyOptions
  private readonly resolve: (body: Buffer) => void
  private readonly reject: (error: unknown) => void
  private readonly timer: Timer

  /** @param declared bytes by Content-Length */
  constructor(
    incoming: Reading,
    declared: number | undefined,
    o: BodyOptions,
    resolve: (body: Buffer) => void,
    reject: (error: unknown) => void,
  ) {
    this.incoming = incoming
    this.declared = declared
    this.o = o
    this.resolve = resolve
    this.reject = reject
    this.timer = o.clock.after(o.timeoutMs, () => this.late())
    incoming[reader] = this
    incoming.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost)
    o.signal.addEventListener('abort', this)
  }

  take(part: Buffer): void {
    const { limit } = this.o
    const needed = this.bytes + part.length
    if (needed > limit) {
      this.fail(tooLarge(`more than ${limit}`, limit))
      return
    }
    if (this.bytes === 0 && needed === this.declared) {
      if (!this.hold(needed)) return
      this.room = part
    } else {
      if (needed > this.room.length) {
        const length = Math.min(limit, Math.max(needed, 2 * this.room.length, firstRoom))
        if (!this.hold(length)) return
        const larger = Buffer.allocUnsafe(length)
        this.room.copy(larger, 0, 0, this.bytes)
        this.room = larger
      }
      part.copy(this.room, this.bytes)
    }
    this.bytes = needed
  }

  /** Whether there is memory for so many bytes in all. */
  private hold(bytes: number): boolean {
    if (bytes <= firstRoom) return true
    try {
      this.o.onGrow(bytes - this.held)
    } catch (error) {
      this.fail(error)
      return false
    }
    this.held = bytes
    return true
  }

  end(): void {
    this.release()
    this.resolve(this.room.subarray(0, this.bytes))
  }

  fail(error: unknown): void {
    this.release()
    this.reject(error)
  }

  handleEvent(): void {
    this.fail(this.o.signal.reason)
  }

  private late(): void {
    const { timeoutMs } = this.o
    const message = `The body did not arrive within ${timeoutMs} ms (limits.bodyTimeout); ${this.bytes} bytes came.`
    this.fail(new GatewayError('request_timeout', message))
  }

  private release(): void {
    this.timer.cancel()
    this.incoming.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost)
    this.o.signal.removeEventListener('abort', this)
  }
}

const tooLarge = (bytes: string, limit: number) =>
  new GatewayError('body_too_large', `The body has ${bytes} bytes, the limit is ${limit} (limits.body).`, {
    facts: { limit },
  })
