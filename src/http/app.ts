/** The API: every route on one screen. A request is parsed, given to a use case, and answered; all faults end in `problem`. */
import type { ServerResponse } from 'node:http'
import type { Context } from '#base/context.ts'
import { asGatewayError, GatewayError, withFacts } from '#base/errors.ts'
import type { Answer } from '#gateway/answer.ts'
import { mayEndBatch } from '#gateway/call.ts'
import type { Runner } from '#gateway/runner.ts'
import { catalogueDocument } from './catalogue.ts'
import { refuseCrossSite } from './cross-site.ts'
import type { DataDependencies } from './dependencies.ts'
import { Exchange, finishExchange } from './exchange.ts'
import type { Snapshot } from '#gateway/schema.ts'
import { type BatchItem, type ItemPath, itemPath, parseBatch } from './batch.ts'
import { bodyOf } from './body.ts'
import { createBodyRoom } from './body-room.ts'
import { type Form, parseCall, parseRead, parseWrite, type WriteMethod } from './parse.ts'
import { createLoopLag } from './loop-lag.ts'
import { checkTarget, methodsOf, refusedMethod, withOptions } from './methods.ts'
import { createOpenExchanges } from './open-exchanges.ts'
import { idempotencyKey, once } from './idempotency.ts'
import { checkUntagged, type Conditions, noConditions, readConditions } from './preconditions.ts'
import { parsePreferences } from './prefer.ts'
import { problemReply, type Reply } from './problem.ts'
import { decodeSegment, refuseParameters } from './query-string.ts'
import { type Asked, baseHeaders, respond } from './respond.ts'
import type { Answerer } from './server.ts'
import { sendStream } from './stream.ts'
import { createTurnstile } from './turnstile.ts'

type Handler = (x: Exchange) => Promise<Reply> | Reply

interface Route {
  /** The label of metrics: bounded, whatever clients send. */
  readonly template: string
  readonly handler: Handler
}
const route = (template: string, handler: Handler): Route => ({ template, handler })

/**
 * The app of the data listener, on Node's own request and response: at thousands of requests a second, Hono's context and
 * the promise of its dispatch were a tenth of all that a request allocates (docs/adr/0005).
 */
export function createDataApp(d: DataDependencies): Answerer {
  const open = createOpenExchanges()
  const room = createBodyRoom(d.limits)
  const lag = createLoopLag({
    clock: d.clock,
    observe: d.observe,
    limitMs: d.limits.eventLoopLag,
    busy: open.any,
  })
  d.cancelled.addEventListener('abort', () => open.abortAll(d.cancelled.reason))

  const routes = {
    version: route('/api/{version}', (x) => only(x, ['GET', 'HEAD'], () => catalogue(x))),
    openapi: route('/api/{version}/openapi.json', (x) => only(x, ['GET', 'HEAD'], () => openapi(x))),
    batch: route('/api/{version}/batch', (x) => only(x, ['POST'], () => batch(x))),
    routine: route('/api/{version}/rpc/{routine}', (x) => call(x, x.segments[3] as string)),
    collection: route('/api/{version}/{resource}', (x) => rows(x, x.segments[2] as string, undefined)),
    row: route('/api/{version}/{resource}/{key}', (x) => rows(x, x.segments[2] as string, x.segments[3])),
    other: route('_OTHER', (x) => {
      // RFC 9110 section 9.3.7.
      if (x.method === 'OPTIONS' && x.path === '*')
        return optionsReply(x, ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      throw new GatewayError(
        'not_found',
        `Nothing lives at ${x.path.slice(0, 200)}; the API begins at /api/${d.schema.peek()?.contract.version ?? 'v1'}.`,
      )
    }),
  }

  /** By the raw segments, percent-encoding and all: a key may hold anything, `%2E%2E` and `%2F` included. */
  function routeOf([api, version, third, fourth, fifth]: readonly string[]): Route {
    if (api !== 'api' || !version || fifth !== undefined) return routes.other
    if (third === undefined) return routes.version
    if (third === '' || fourth === '') return routes.other
    if (fourth !== undefined) return third === 'rpc' ? routes.routine : routes.row
    return third === 'openapi.json' ? routes.openapi : third === 'batch' ? routes.batch : routes.collection
  }

  /** From the request's head to the response: one deadline, one log line, one set of metrics. */
  async function handle(outgoing: ServerResponse, arrived: number): Promise<void> {
    const x = new Exchange(outgoing, arrived, d, open, room)
    const { template, handler } = routeOf(x.segments)
    x.template = template
    let reply: Reply
    try {
      lag.admit(arrived)
      x.check()
      refuseCrossSite(x)
      const key =
        x.method === 'POST' || x.method === 'PATCH' ? idempotencyKey(x.header('idempotency-key')) : undefined
      // A repetition is answered without its handler, and is a request of its version all the same.
      if (key !== undefined) x.note(d.schema)
      reply = await (key === undefined ? handler(x) : once(x, key, d.idempotency, () => handler(x)))
    } catch (thrown) {
      const error = asGatewayError(thrown)
      x.error = error
      reply = problemReply(error, x.requestId)
      Object.assign(reply.headers, { ...baseHeaders(x.ctx), ...reply.headers })
    }
    finishExchange(x, reply, d.clock)
  }

  function only(
    x: Exchange,
    allow: readonly string[],
    body: () => Promise<Reply> | Reply,
  ): Promise<Reply> | Reply {
    if (x.method === 'OPTIONS') return optionsReply(x, allow)
    if (!allow.includes(x.method)) throw refusedMethod(x.method, x.path, allow)
    x.snapshot(d.schema)
    refuseParameters(x.search)
    checkUntagged(headerOf(x), 'what is here', x.method !== 'POST')
    return body()
  }

  function catalogue(x: Exchange): Reply {
    return json(x, catalogueDocument(x.current, x.principal, `/api/${x.version}`))
  }

  function openapi(x: Exchange): Reply {
    return json(x, d.openapi(x.current, x.principal))
  }

  function rows(x: Exchange, resource: string, key: string | undefined): Promise<Reply> | Reply {
    const snapshot = x.snapshot(d.schema)
    const form = { resource, key, search: x.search, header: headerOf(x), limits: d.limits }
    switch (x.method) {
      case 'GET':
      case 'HEAD':
        return read(x, snapshot, form)
      case 'POST':
      case 'PUT':
      case 'PATCH':
      case 'DELETE':
        return write(x, snapshot, form, x.method)
      case 'OPTIONS':
        return optionsReply(x, methodsOf(snapshot, x.principal, resource, key))
      default:
        throw refusedMethod(x.method, x.path, methodsOf(snapshot, x.principal, resource, key))
    }
  }

  async function read(x: Exchange, snapshot: Snapshot, form: Form): Promise<Reply> {
    const request = parseRead(form)
    x.resource = snapshot.contract.resources.has(request.resource) ? request.resource : undefined
    x.limit(request.preferences.wait)
    const asked = askedOf(x, request, readConditions(form.header, form.key !== undefined))
    const answer = await d.read(request, snapshot, x.ctx, d.runner(x.ctx))
    if (answer.kind !== 'stream') return respond(answer, asked, x.ctx)
    x.limitStream(request.preferences.wait)
    return sendStream(x, answer, request, d)
  }

  async function write(x: Exchange, snapshot: Snapshot, form: Form, method: WriteMethod): Promise<Reply> {
    checkTarget(snapshot, x.principal, method, form)
    const parsed = parseWrite({ ...form, method, body: await x.body() })
    const request = {
      ...parsed,
      preferences: { return: d.defaultReturn(parsed.operation), ...parsed.preferences },
    }
    x.resource = snapshot.contract.resources.has(request.resource) ? request.resource : undefined
    x.limit(request.preferences.wait)
    const asked = askedOf(x, parsed)
    const answer = await d.write(request, snapshot, x.ctx, d.runner(x.ctx))
    return respondNow(answer, asked, x.ctx)
  }

  async function call(x: Exchange, routine: string): Promise<Reply> {
    const snapshot = x.snapshot(d.schema)
    const method = x.method === 'HEAD' ? 'GET' : x.method
    if (method === 'OPTIONS') return optionsReply(x, methodsOf(snapshot, x.principal, routine, 'rpc'))
    if (method !== 'GET' && method !== 'POST')
      throw refusedMethod(x.method, x.path, methodsOf(snapshot, x.principal, routine, 'rpc'))
    const request = parseCall({
      resource: routine,
      search: x.search,
      header: headerOf(x),
      limits: d.limits,
      method,
      body: method === 'POST' ? await x.body() : undefined,
    })
    x.resource = snapshot.contract.routines.has(request.routine) ? request.routine : undefined
    x.limit(request.preferences.wait)
    const asked = askedOf(x, request)
    const answer = await d.call(request, snapshot, x.ctx, d.runner(x.ctx))
    return respondNow(answer, asked, x.ctx)
  }

  /** All items in one transaction: each is parsed and answered as a request of its own would be. */
  async function batch(x: Exchange): Promise<Reply> {
    const preferences = parsePreferences(x.header('prefer'), 'batch')
    const items = parseBatch(bodyOf(headerOf(x), await x.body()), d.limits)
    x.limit(preferences.wait)
    let at = 0
    const run = async (runner: Runner): Promise<string[]> => {
      const done: string[] = []
      for (at = 0; at < items.length; at++) {
        const item = items[at] as BatchItem
        const form = { ...itemPath(item, x.version), header: item.header, limits: d.limits, item: true }
        done.push(itemAnswer(await answerItem(x, item, form, runner)))
      }
      return done
    }
    /** Asked before the transaction is opened, which depends on it. */
    const mayEnd = (item: BatchItem, index: number): boolean => {
      at = index
      const { rpc, resource } = itemPath(item, x.version)
      return rpc && mayEndBatch(x.current, decodeSegment(resource, 'routine'))
    }
    let answers: string[]
    try {
      const contained = items.some(mayEnd)
      at = 0
      answers = await d.batch(x.ctx, { contained }, run)
    } catch (thrown) {
      throw at < items.length ? ofItem(asGatewayError(thrown), at, items[at] as BatchItem) : thrown
    }
    return {
      status: 200,
      headers: {
        ...baseHeaders(x.ctx),
        ...(preferences.wait !== undefined && { 'preference-applied': `wait=${preferences.wait}` }),
        'content-type': 'application/json',
      },
      body: `[${answers.join(',')}]`,
    }
  }

  async function answerItem(
    x: Exchange,
    item: BatchItem,
    form: ItemPath & Pick<Form, 'header' | 'item'> & { limits: DataDependencies['limits'] },
    runner: Runner,
  ): Promise<Reply> {
    const snapshot = x.current
    const here = { method: item.method, path: form.base, search: form.search }
    if (form.rpc) {
      if (item.method !== 'GET' && item.method !== 'POST')
        throw refusedMethod(item.method, item.path, methodsOf(snapshot, x.principal, form.resource, 'rpc'))
      const request = parseCall({ ...form, method: item.method, body: item.body })
      return respondNow(await d.call(request, snapshot, x.ctx, runner), askedOf(here, request), x.ctx)
    }
    if (item.method === 'GET') {
      const request = parseRead(form)
      const asked = askedOf(here, request, readConditions(form.header, form.key !== undefined))
      return respondNow(await d.read(request, snapshot, x.ctx, runner), asked, x.ctx)
    }
    checkTarget(snapshot, x.principal, item.method, form)
    const parsed = parseWrite({ ...form, method: item.method as WriteMethod, body: item.body })
    const request = {
      ...parsed,
      preferences: { return: d.defaultReturn(parsed.operation), ...parsed.preferences },
    }
    return respondNow(await d.write(request, snapshot, x.ctx, runner), askedOf(here, parsed), x.ctx)
  }

  const turnstile = createTurnstile<ServerResponse>({
    now: d.clock.now,
    later: (body) => void setImmediate(body),
    begin: (outgoing, arrived) => {
      handle(outgoing, arrived).catch((error: unknown) => {
        // `handle` answers every fault itself; whatever gets past it must not leave a client waiting.
        d.observe({ kind: 'fault', where: 'data listener', error })
        outgoing.destroy()
      })
    },
  })
  return { answer: (_, outgoing) => turnstile.enter(outgoing), connected: turnstile.connected }
}

/** The same error, naming the item of the batch that caused it. */
function ofItem(error: GatewayError, index: number, item: BatchItem): GatewayError {
  return withFacts(
    error,
    { item: index },
    `Item ${index} (${item.method} ${item.path.slice(0, 200)}): ${error.message}`,
  )
}

/** One answer inside the array of a batch: the body is JSON already and goes in as it is, anything else as a string. */
function itemAnswer(reply: Reply): string {
  const { vary: _, 'server-timing': __, 'x-request-id': ___, ...headers } = reply.headers
  const text = reply.body === null ? 'null' : Buffer.from(reply.body as Uint8Array).toString('utf8')
  const body =
    reply.body === null || headers['content-type']?.startsWith('application/json')
      ? text
      : JSON.stringify(text)
  return `{"status":${reply.status},"headers":${JSON.stringify(headers)},"body":${body}}`
}

function respondNow(answer: Answer, asked: Asked, ctx: Context): Reply {
  if (answer.kind === 'stream') throw new GatewayError('not_acceptable', 'This answer cannot be a stream.')
  return respond(answer, asked, ctx)
}

const headerOf = (x: Exchange) => (name: string) => x.header(name)

function askedOf(
  { method, path, search }: Pick<Asked, 'method' | 'path' | 'search'>,
  { numbers, preferences }: Pick<Asked, 'numbers' | 'preferences'>,
  { ifMatch, ifNoneMatch }: Conditions = noConditions,
): Asked {
  return { method, path, search, numbers, preferences, ifMatch, ifNoneMatch }
}

function json(x: Exchange, document: unknown): Reply {
  return {
    status: 200,
    headers: { ...baseHeaders(x.ctx), 'content-type': 'application/json', 'cache-control': 'no-cache' },
    body: JSON.stringify(document),
  }
}

function optionsReply(x: Exchange, allow: readonly string[]): Reply {
  return {
    status: 204,
    headers: { ...baseHeaders(x.ctx), allow: withOptions(allow).join(', ') },
    body: null,
  }
}
