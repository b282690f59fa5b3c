/** Options of the three listeners and the limits of a request's form. */
import * as z from 'zod'
import { duration, port, size } from '#config/types.ts'

const listener = (host: string, number: number, what: string) =>
  z
    .strictObject({
      host: z.string().min(1).default(host).describe('Address to bind.'),
      port: port().default(number).describe('Port; 0 lets the system choose.'),
    })
    .prefault({})
    .describe(what)

export const listenersOptions = z.strictObject({
  data: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe(
          'Address to bind; 127.0.0.1 binds ::1 too where it exists. Any other than a loopback address needs auth.mode written out.',
        ),
      port: port().default(6420).describe('Port; 0 lets the system choose.'),
      socket: z.string().min(1).optional().describe('Path of a Unix socket to listen on as well.'),
    })
    .prefault({})
    .describe('The API.'),
  observe: listener(
    '0.0.0.0',
    6421,
    'Probes and metrics, for the kubelet and Prometheus; nothing else is served there.',
  ),
  admin: listener('127.0.0.1', 6422, 'Status and operator actions; keep it on loopback.'),
})

export const limitsOptions = z.strictObject({
  url: size({ min: 256, max: 65_536 }).default(16_384).describe('Longest URL.'),
  body: size({ min: 1024, max: 1024 ** 3 })
    .default(16 * 1024 ** 2)
    .describe('Largest request body.'),
  bodies: size({ min: 1024 ** 2, max: 64 * 1024 ** 3 })
    .default(64 * 1024 ** 2)
    .describe(
      'Most memory that the bodies of all requests under way take together, those of up to 16 KiB apart; further ones are refused. At least limits.body.',
    ),
  headers: size({ min: 1024, max: 1024 ** 2 })
    .default(32_768)
    .describe('All request headers together.'),
  eventLoopLag: duration({ min: 0, max: 60_000 })
    .default(1000)
    .describe(
      'When the event loop is held up for longer, or a request waits for its turn of it that long, requests that come are refused until it has caught up; 0s refuses none.',
    ),
  bodyTimeout: duration({ min: 100 }).default(10_000).describe('Longest time for the body to arrive.'),
  jsonDepth: z.int().min(1).max(1000).default(64).describe('Deepest nesting of a JSON body or filter.'),
  bodyValues: z
    .int()
    .min(100)
    .max(100_000_000)
    .default(500_000)
    .describe(
      'Most values in a body: of JSON also lists and objects, of CSV every field. Each takes memory, however short it is written.',
    ),
  bulkRows: z.int().min(1).max(1_000_000).default(10_000).describe('Most rows one POST inserts.'),
  batchItems: z.int().min(1).max(10_000).default(100).describe('Most items of one batch.'),
})
export type LimitsOptions = z.output<typeof limitsOptions>
