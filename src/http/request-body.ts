/** Reads a request body: bounded in bytes and time, straight from Node's stream. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Signal } from '#base/signal.ts'

/** Room for a body whose length is not known yet; it doubles as needed. */
const firstRoom = 16_384

export interface BodyOptions {
  /** Bytes. */
  readonly limit: number
  /** For the whole body. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** Ends the reading; its reason is a GatewayError. */
  readonly signal: Signal
  /** Called when the body is wanted, before its first byte is read. */
  readonly onWanted: () => void
}

/** @throws GatewayError body_too_large (at once when Content-Length says so), request_timeout, client_closed */
export function readBody(incoming: IncomingMessage, o: BodyOptions): Promise<Buffer> {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers
  if (length === undefined && encoding === undefined) return Promise.resolve(Buffer.alloc(0))
  // A length beside chunks is void (RFC 9112 section 6.3), and refused by the parser.
  const declared = length === undefined ? undefined : Number(length)
  if (declared !== undefined && declared > o.limit) return Promise.reject(tooLarge(`${declared}`, o.limit))
  if (o.signal.aborted) return Promise.reject(o.signal.reason)
  o.onWanted()

  return new Promise((resolve, reject) => {
    // One growing buffer: pieces can be as small as a byte each, and would cost a hundred times that as a list.
    let room: Buffer = Buffer.alloc(0)
    let bytes = 0
    const timer = o.clock.after(o.timeoutMs, () =>
      fail(
        new GatewayError(
          'request_timeout',
          `The body did not arrive within ${o.timeoutMs} ms (limits.bodyTimeout); ${bytes} bytes came.`,
        ),
      ),
    )
    const release = () => {
      timer.cancel()
      incoming.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost)
      o.signal.removeEventListener('abort', onAbort)
    }
    const fail = (error: unknown) => {
      release()
      reject(error)
    }
    const onData = (part: Buffer) => {
      const needed = bytes + part.length
      if (needed > o.limit) return fail(tooLarge(`more than ${o.limit}`, o.limit))
      if (bytes === 0 && needed === declared) room = part
      else {
        if (needed > room.length) {
          const larger = Buffer.allocUnsafe(Math.max(needed, 2 * room.length, firstRoom))
          room.copy(larger, 0, 0, bytes)
          room = larger
        }
        part.copy(room, bytes)
      }
      bytes = needed
    }
    const onEnd = () => {
      release()
      resolve(room.subarray(0, bytes))
    }
    const onLost = () =>
      fail(new GatewayError('client_closed', 'The client hung up before its body was complete.'))
    const onAbort = () => fail(o.signal.reason)
    incoming.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost)
    o.signal.addEventListener('abort', onAbort)
  })
}

const tooLarge = (bytes: string, limit: number) =>
  new GatewayError('body_too_large', `The body has ${bytes} bytes, the limit is ${limit} (limits.body).`, {
    facts: { limit },
  })
