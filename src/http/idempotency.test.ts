import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { createRecords } from '#limits/idempotency.ts'
import type { Exchange } from './exchange.ts'
import { once } from './idempotency.ts'
import type { Reply } from './problem.ts'

const exchange = {
  method: 'POST',
  path: '/api/v1/orders',
  search: '',
  principal: { subject: 'me' },
  requestId: 'r',
  ctx: { requestId: 'r', timing: { poolMs: 0, dbMs: 0 } },
  header: () => undefined,
  body: async () => Buffer.from('{}'),
  observe: () => {},
} as unknown as Exchange

test('what is kept holds its own bytes, and not the buffer that they were written into', async () => {
  const kept: Reply[] = []
  const inner = createRecords<Reply>({ clock: virtualClock(), keep: 60_000, entries: 10, memory: 1_000_000 })
  const records: typeof inner = {
    ...inner,
    claim: (ask) => {
      const claim = inner.claim(ask)
      if (claim.kind !== 'first') return claim
      return {
        ...claim,
        keep: (answer, bytes) => {
          kept.push(answer)
          claim.keep(answer, bytes)
        },
      }
    },
  }
  const written = Buffer.alloc(65_536, 'x').subarray(0, 20)
  await once(exchange, 'k', { records, largestBody: 1000 }, () => ({
    status: 201,
    headers: {},
    body: written,
  }))
  const body = kept[0]?.body as Uint8Array
  expect(Buffer.from(body).toString()).toBe('x'.repeat(20))
  expect(body.buffer.byteLength).toBe(20)
})
