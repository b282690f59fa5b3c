/** Streamed answers: written to the socket as the rows come, no faster than the reader takes them; a reader that stalls is cut off. */
import { asGatewayError, GatewayError } from '#base/errors.ts'
import type { ReadRequest } from '#contract/request.ts'
import type { Answer } from '#gateway/answer.ts'
import type { DataDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import type { Reply } from './problem.ts'
import { baseHeaders, contentType } from './respond.ts'

type StreamAnswer = Extract<Answer, { kind: 'stream' }>

/**
 * Runs the stream. What fails before the first byte is thrown and becomes a problem document; after it the connection
 * is cut, so that nobody takes half an answer for a whole one (RFC 9112 section 8).
 */
export async function sendStream(
  x: Exchange,
  answer: StreamAnswer,
  request: ReadRequest,
  d: Pick<DataDependencies, 'clock' | 'stream'>,
): Promise<Reply> {
  const { outgoing } = x
  const head = x.method === 'HEAD'
  const headers = { ...baseHeaders(x.ctx), 'content-type': contentType(answer.media, request.numbers) }
  // The time is not known yet when the head leaves.
  delete (headers as Record<string, string>)['server-timing']
  let bytes = 0
  let begun = false
  let slow = false

  const begin = () => {
    begun = true
    x.streaming = true
    outgoing.writeHead(200, headers)
  }
  const write = async (chunk: Uint8Array): Promise<void> => {
    if (!begun) begin()
    bytes += chunk.length
    if (head) throw new HeadDone()
    if (outgoing.destroyed) throw new GatewayError('client_closed', 'The client hung up during the stream.')
    if (outgoing.write(chunk)) return
    await drained(x, d.stream.slowReaderMs, d.clock.after, () => {
      slow = true
    })
  }

  try {
    await answer.run(write)
    if (!begun) begin()
    outgoing.end()
    x.done(200, bytes)
  } catch (thrown) {
    if (thrown instanceof HeadDone) {
      outgoing.end()
      x.done(200, 0)
      return nothing
    }
    const error = asGatewayError(thrown)
    if (!begun) throw error
    x.error = error
    x.ctx.observe({ kind: 'stream.cut', reason: cutReason(error, slow), rows: 0 })
    outgoing.destroy()
    x.done(200, bytes)
  }
  return nothing
}

/** HEAD needs the head alone: the first row ends the statement. */
class HeadDone extends Error {}

const nothing: Reply = { status: 200, headers: {}, body: null }

function cutReason(error: GatewayError, slow: boolean): 'slow' | 'deadline' | 'client' | 'database' {
  if (slow) return 'slow'
  if (error.code === 'client_closed') return 'client'
  return error.code === 'statement_timeout' || error.code === 'deadline_exceeded' ? 'deadline' : 'database'
}

/** Resolves when the reader has taken what was written; rejects when it hangs up or takes nothing for too long. */
function drained(
  x: Exchange,
  slowReaderMs: number,
  after: DataDependencies['clock']['after'],
  onSlow: () => void,
): Promise<void> {
  const { outgoing } = x
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      timer.cancel()
      outgoing.off('drain', onDrain).off('close', onClose)
      x.ctx.signal.removeEventListener('abort', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = () => end()
    const onClose = () => end(new GatewayError('client_closed', 'The client hung up during the stream.'))
    const timer = after(slowReaderMs, () => {
      onSlow()
      end(
        new GatewayError(
          'deadline_exceeded',
          `The reader took nothing for ${slowReaderMs} ms (deadlines.slowReader).`,
        ),
      )
    })
    outgoing.on('drain', onDrain).on('close', onClose)
    x.ctx.signal.addEventListener('abort', onClose)
  })
}
