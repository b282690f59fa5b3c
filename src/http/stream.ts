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
  let bytes = 0
  let cut: 'slow' | 'head' | undefined
  const stop = (why: 'slow' | 'head', error: GatewayError) => {
    cut = why
    return error
  }

  const begin = () => {
    if (x.streaming) return
    x.streaming = true
    const headers = {
      ...baseHeaders(x.ctx),
      'content-type': contentType(answer.media, request.numbers),
    }
    // The time is not known yet when the head leaves.
    Reflect.deleteProperty(headers, 'server-timing')
    outgoing.writeHead(200, headers)
  }
  const write = async (chunk: Uint8Array): Promise<void> => {
    begin()
    if (x.method === 'HEAD') throw stop('head', new GatewayError('client_closed', 'HEAD needs no rows.'))
    if (outgoing.destroyed) throw hungUp(x)
    bytes += chunk.length
    if (outgoing.write(chunk)) return
    const taken = await drained(x, d.stream.slowReaderMs, d.clock.after)
    if (taken === 'yes') return
    throw taken === 'slow' ? stop('slow', tooSlow(d.stream.slowReaderMs)) : hungUp(x)
  }

  try {
    await answer.run(write)
    begin()
    outgoing.end()
    x.done(200, bytes)
  } catch (thrown) {
    if (!x.streaming) throw thrown
    if (cut === 'head') {
      outgoing.end()
      x.done(200, 0)
      return nothing
    }
    const error = asGatewayError(thrown)
    x.error = error
    x.ctx.observe({ kind: 'stream.cut', reason: cut ?? cutReason(error) })
    outgoing.destroy()
    x.done(200, bytes)
  }
  return nothing
}

const nothing: Reply = { status: 200, headers: {}, body: null }

function cutReason({ code }: GatewayError): 'deadline' | 'client' | 'database' | 'drain' {
  if (code === 'client_closed') return 'client'
  if (code === 'draining') return 'drain'
  return code === 'statement_timeout' || code === 'deadline_exceeded' ? 'deadline' : 'database'
}

const tooSlow = (ms: number) =>
  new GatewayError('deadline_exceeded', `The reader took nothing for ${ms} ms (deadlines.slowReader).`)

const hungUp = (x: Exchange) =>
  x.ctx.signal.reason instanceof GatewayError
    ? x.ctx.signal.reason
    : new GatewayError('client_closed', 'The client hung up during the stream.')

/** Whether the reader has taken what was written, before it hung up or its time was over. */
function drained(
  x: Exchange,
  slowReaderMs: number,
  after: DataDependencies['clock']['after'],
): Promise<'yes' | 'slow' | 'gone'> {
  const { outgoing } = x
  return new Promise((resolve) => {
    const end = (how: 'yes' | 'slow' | 'gone') => {
      timer.cancel()
      outgoing.off('drain', onDrain).off('close', onGone)
      x.ctx.signal.removeEventListener('abort', onGone)
      resolve(how)
    }
    const onDrain = () => end('yes')
    const onGone = () => end('gone')
    const timer = after(slowReaderMs, () => end('slow'))
    outgoing.on('drain', onDrain).on('close', onGone)
    x.ctx.signal.addEventListener('abort', onGone)
  })
}
