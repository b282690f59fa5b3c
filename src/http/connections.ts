/** The connections of one HTTP server: which of them are answering, and how each ends without cutting a request off. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '#base/clock.ts'

/** Requests of one connection that are not answered yet; more than one when a client pipelines. */
interface State {
  answering: number
  /** Too many wait for their answers: at the end of this turn it is read from no more, or that is so already. */
  reading: 'on' | 'about to pause' | 'paused'
  /** The last of them. An idle connection has none: kept, it would live until the next one comes, grow old and be costly garbage. */
  latest: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse } | undefined
}

/**
 * A connection between two requests may carry the next one already, unread: to close it would break that request.
 * So the end waits this long (ms), and who sends one meanwhile gets its answer with `Connection: close`.
 */
const idleGraceMs = 200

/**
 * With more requests unanswered a connection is not read from until half of them are left, so that one client cannot fill
 * the memory: Node reads on however many there are. What the last piece that was read (64 KiB) still held comes on top.
 */
const mostUnanswered = 64

export interface Connections {
  opened(socket: Socket): void
  /** A request has come; before anything is answered. */
  begins(incoming: IncomingMessage, outgoing: ServerResponse): void
  /** What the connection is doing: waiting for (the rest of) a request, or answering. */
  doing(socket: Socket): 'reading' | 'answering' | 'answer begun'
  /** Calls back when the answer under way has left. */
  afterAnswer(socket: Socket, body: () => void): void
  /** From now on each connection ends after its answer, an idle one after a moment. */
  drain(): void
}

/** Makes the book of connections of one server. */
export function createConnections(clock: Clock): Connections {
  const states = new Map<Socket, State>()
  let draining = false
  let graceOver = false

  const closeIfIdle = (socket: Socket, state: State) => {
    if (state.answering === 0) socket.destroySoon()
  }
  /** One function for all requests: with a closure for each, V8 keeps nearly all of them (docs/adr/0013). */
  function answered(this: ServerResponse): void {
    const { socket } = this.req
    const state = states.get(socket)
    if (state === undefined) return
    if (--state.answering === 0) state.latest = undefined
    if (state.reading === 'paused' && state.answering <= mostUnanswered / 2) {
      state.reading = 'on'
      socket.resume()
    }
    if (graceOver) closeIfIdle(socket, state)
  }
  /** Not at once: behind each request that is whole Node itself says that reading goes on. */
  const pauseSoon = (socket: Socket, state: State) => {
    if (state.reading === 'about to pause') return
    state.reading = 'about to pause'
    clock.soon(() => {
      const enough = state.answering > mostUnanswered / 2
      state.reading = enough ? 'paused' : 'on'
      if (enough) socket.pause()
    })
  }
  /** The last answer of a connection says that it is the last. */
  const announceEnd = ({ latest }: State) => {
    if (latest !== undefined && !latest.outgoing.headersSent) latest.outgoing.setHeader('connection', 'close')
  }

  return {
    opened: (socket) => {
      const state: State = { answering: 0, reading: 'on', latest: undefined }
      states.set(socket, state)
      socket.once('close', () => states.delete(socket))
    },
    begins: (incoming, outgoing) => {
      const state = states.get(incoming.socket)
      if (state === undefined) return
      const { latest } = state
      if (draining && latest !== undefined && !latest.outgoing.headersSent)
        latest.outgoing.removeHeader('connection')
      if (++state.answering > mostUnanswered) pauseSoon(incoming.socket, state)
      state.latest = { incoming, outgoing }
      if (draining) announceEnd(state)
      outgoing.on('close', answered)
    },
    doing: (socket) => {
      const state = states.get(socket)
      if (state?.latest === undefined || state.answering === 0) return 'reading'
      if (state.latest.outgoing.headersSent) return 'answer begun'
      return state.latest.incoming.complete ? 'answering' : 'reading'
    },
    afterAnswer: (socket, body) => {
      const state = states.get(socket)
      if (state === undefined) return
      announceEnd(state)
      state.latest?.outgoing.once('close', body)
    },
    drain: () => {
      draining = true
      for (const state of states.values()) if (state.answering > 0) announceEnd(state)
      clock.after(idleGraceMs, () => {
        graceOver = true
        for (const [socket, state] of states) closeIfIdle(socket, state)
      })
    },
  }
}
