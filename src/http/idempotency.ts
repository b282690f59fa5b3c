/** Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a repeated POST or PATCH gets the first answer, not a second effect. */
import { createHash } from 'node:crypto'
import { asGatewayError, GatewayError } from '#base/errors.ts'
import type { Claim, Records } from '#limits/idempotency.ts'
import type { Exchange } from './exchange.ts'
import { problemReply, type Reply } from './problem.ts'
import { shown } from './refuse.ts'
import { baseHeaders } from './respond.ts'

export interface Idempotency {
  readonly records: Records<Reply>
  /** Bodies with more bytes are not kept. */
  readonly largestBody: number
}

/**
 * The key of a request: a string of RFC 9651 in quotes, as the draft has it, or bare, as most clients send it.
 * @throws GatewayError malformed_header
 */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text)?.[1]
  const key = quoted === undefined ? text : quoted.replaceAll(/\\(["\\])/g, '$1')
  if ((quoted === undefined && !/^[\x21\x23-\x7e]*$/.test(text)) || key.length < 1 || key.length > 255)
    throw new GatewayError(
      'malformed_header',
      `Idempotency-Key: ${shown(header)} is no key of 1 to 255 visible ASCII characters, with or without double quotes`,
      { facts: { header: 'Idempotency-Key' } },
    )
  return key
}

/** Errors after which nobody knows whether something happened: a repetition must not run. */
const unknowable = new Set(['outcome_unknown', 'internal'])

/** Replies as bytes, for a store outside of this process: the length of what JSON can say, that, and the body as it is. */
export const replyCodec = {
  write: ({ status, headers, body }: Reply): Buffer => {
    const head = Buffer.from(JSON.stringify({ status, headers, empty: body === null }))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(head.length)
    return Buffer.concat([length, head, body === null ? Buffer.alloc(0) : Buffer.from(body as Uint8Array)])
  },
  read: (bytes: Buffer): Reply | undefined => {
    try {
      const end = 4 + bytes.readUInt32BE(0)
      const { status, headers, empty } = JSON.parse(bytes.toString('utf8', 4, end)) as Pick<
        Reply,
        'status' | 'headers'
      > & { empty: boolean }
      return { status, headers, body: empty ? null : bytes.subarray(end) }
    } catch {
      return undefined
    }
  },
}

/** What differs between two answers to the same request. */
const ofTheMoment = ['x-request-id', 'server-timing']

function kept({ status, headers, body }: Reply, largest: number): { reply: Reply; bytes: number } {
  const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheMoment.includes(name)))
  const length = body === null ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length
  // A copy: the body is a piece of the buffer that rows were written into, and would hold all of it.
  const own = body === null || typeof body === 'string' ? body : new Uint8Array(body)
  if (length <= largest) return { reply: { status, headers: rest, body: own }, bytes: length + 1024 }
  const { 'content-type': _, 'content-length': __, ...bare } = rest
  return { reply: { status, headers: bare, body: null }, bytes: 1024 }
}

/**
 * Runs `handler` unless its request has run before.
 * @throws GatewayError idempotency_key_busy while the first runs, idempotency_key_reused for another request,
 *   outcome_unknown when whoever ran the first was lost, idempotency_unavailable when nobody knows; and what the handler
 *   throws
 */
export async function once(
  x: Exchange,
  key: string,
  { records, largestBody }: Idempotency,
  handler: () => Promise<Reply> | Reply,
): Promise<Reply> {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([x.method, x.path, x.search, x.header('content-type'), x.header('if-match')]))
  const fingerprint = hash.update(await x.body()).digest('base64url')
  const ask = { owner: x.principal.subject, key, fingerprint, deadline: x.deadline }
  let claim: Claim<Reply>
  try {
    claim = await records.claim(ask)
  } catch (error) {
    x.observe({ kind: 'idempotency', result: 'unavailable' })
    throw error
  }
  x.observe({ kind: 'idempotency', result: claim.kind })
  switch (claim.kind) {
    case 'repeated': {
      const { status, headers, body } = claim.answer
      const own = { ...baseHeaders(x.ctx), 'idempotency-replayed': 'true' }
      return { status, body, headers: { ...headers, ...own } }
    }
    case 'running':
      throw new GatewayError(
        'idempotency_key_busy',
        `A request with this Idempotency-Key has been running for ${Math.round(claim.forMs)} ms.`,
        { retryAfter: 1 },
      )
    case 'reused':
      throw new GatewayError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for a request with another method, path or body.',
      )
    case 'unknown':
      throw new GatewayError(
        'outcome_unknown',
        `The gateway that began this request ${Math.round(claim.forMs)} ms ago has not said what became of it: it may or may not have been applied. It was not repeated.`,
      )
    case 'first':
      break
    default:
      claim satisfies never
  }
  try {
    const reply = await handler()
    const { reply: answer, bytes } = kept(reply, largestBody)
    await claim.keep(answer, bytes)
    return reply
  } catch (thrown) {
    const error = asGatewayError(thrown)
    // Of any other error it is certain that nothing was applied.
    if (unknowable.has(error.code)) await claim.keep(problemReply(error, x.requestId), 2048)
    else await claim.release()
    throw thrown
  }
}
