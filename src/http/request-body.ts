/** Reads a request body: bounded in bytes and time, straight from Node's stream. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'

/**
 * @param limit bytes
 * @param timeoutMs for the whole body
 * @throws GatewayError body_too_large (at once when Content-Length says so), request_timeout, client_closed
 */
export function readBody(
  incoming: IncomingMessage,
  o: { limit: number; timeoutMs: number; clock: Clock },
): Promise<Buffer> {
  const declared = Number(incoming.headers['content-length'] ?? 0)
  const tooLarge = (bytes: number) =>
    new GatewayError(
      'body_too_large',
      `The body has ${bytes > o.limit && declared > o.limit ? declared : `more than ${o.limit}`} bytes, the limit is ${o.limit} (limits.body).`,
      {
        facts: { limit: o.limit },
      },
    )
  if (declared > o.limit) return Promise.reject(tooLarge(declared))
  if (incoming.headers['content-length'] === undefined && incoming.headers['transfer-encoding'] === undefined)
    return Promise.resolve(Buffer.alloc(0))
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    const timer = o.clock.after(o.timeoutMs, () =>
      end(
        new GatewayError(
          'request_timeout',
          `The body did not arrive within ${o.timeoutMs} ms (limits.bodyTimeout); ${bytes} bytes came.`,
        ),
      ),
    )
    const end = (error?: GatewayError) => {
      timer.cancel()
      incoming.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost)
      if (error !== undefined) reject(error)
      else resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, bytes))
    }
    const onData = (part: Buffer) => {
      bytes += part.length
      if (bytes > o.limit) end(tooLarge(bytes))
      else parts.push(part)
    }
    const onEnd = () => end()
    const onLost = () =>
      end(new GatewayError('client_closed', 'The client hung up before its body was complete.'))
    incoming.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost)
  })
}
