/** One session in MySQL or MariaDB: one exchange at a time, prepared statements, cancel. Login is left to mysql2 (see dial.ts). */
import type { Socket } from 'node:net'
import type { Timer } from '#base/clock.ts'
import { createAlarm } from '#engine/alarm.ts'
import { endSocket } from '#engine/dial.ts'
import { type CancelReason, SessionLost } from '#engine/session-errors.ts'
import { createAnswerReader, type Reply } from './answers.ts'
import { conclude, createExchange, type Exchange, type ExchangeOptions, type Step } from './exchange.ts'
import type { Fields } from './packets.ts'
import { serverStatus } from './packets.ts'
import { ServerError } from './server-error.ts'
import { createStatementCache, type Prepared } from './statements.ts'
import { createCommandWriter, createFramer, quitCommand } from './wire.ts'

export interface Session {
  /** Runs one statement; resolves with the rows it touched, or gave. One at a time. */
  exchange(step: Step, o: ExchangeOptions): Promise<number>
  /** Stops reading from the server until `resume`, so that rows pile up there and not here. */
  pause(): void
  resume(): void
  inTransaction(): boolean
  /** How many warnings the rows of the last statement came with. */
  warnings(): number
  usable(): boolean
  close(): Promise<void>
}

/** What a session stands on: a socket after login, and how to cancel and to tell the time. */
export interface SessionParts {
  readonly socket: Socket
  /** The server leaves out descriptions of columns that have not changed. */
  readonly cachesMetadata: boolean
  /** Most statements kept prepared; the least recently used one makes room. */
  readonly maxPrepared: number
  /** max_allowed_packet, bytes. */
  readonly maxPacket: () => number
  readonly now: () => number
  readonly after: (ms: number, body: () => void) => Timer
  readonly soon: (body: () => void) => void
  /** Sends KILL QUERY; resolves when the server has confirmed it. */
  readonly sendKill: () => Promise<void>
  readonly onCancel: (why: CancelReason, outcome: 'sent' | 'failed') => void
  /** Told once when the session is lost or closed. */
  readonly onClosed: () => void
}

/** How long a cancelled statement may take to stop before the session is given up: 1 s, the bound promised to clients that hang up. */
const cancelGraceMs = 1000

/** What takes up a kill that came after the end of its statement; if it does, it is refused, and that is all. */
const harmless = 'DO 0'

/** Errors after which the server hangs up (MySQL Server Error Message Reference; 1927: MariaDB). */
const lastWords: ReadonlySet<number> = new Set([1053, 1080, 1152, 1153, 1159, 1161, 1184, 1927, 3169, 4031])
/** The server has forgotten the statement; wants it prepared anew. In both cases nothing was run. */
const [unknownStatement, needsPrepare] = [1243, 1615]
/** max_prepared_stmt_count is reached. */
const tooManyPrepared = 1461

export function createSession(parts: SessionParts): { session: Session; receive: (chunk: Buffer) => void } {
  const { socket } = parts
  const writer = createCommandWriter()
  const statements = createStatementCache(parts.maxPrepared)
  let current: Exchange | undefined
  let status = 0
  let warnings = 0
  let lost: Error | undefined
  let closing = false

  const alarm = createAlarm({
    now: parts.now,
    after: parts.after,
    current: () => current?.o.deadline,
    expire: () => {
      if (current !== undefined) cancel(current, 'deadline')
    },
  })

  const leave = (exchange: Exchange) => {
    exchange.giveUp?.cancel()
    exchange.o.signal.removeEventListener('abort', exchange)
  }

  const finish = (exchange: Exchange) => {
    leave(exchange)
    conclude(exchange)
  }

  const fail = (error: Error) => {
    if (lost !== undefined) return
    lost = error
    alarm.cancel()
    socket.destroy()
    const exchange = current
    current = undefined
    if (exchange !== undefined) {
      if (exchange.phase === 'over' || exchange.phase === 'taking up') finish(exchange)
      else {
        leave(exchange)
        const { cancelled, phase } = exchange
        // Preparing runs nothing.
        const sent = phase === 'executing'
        exchange.reject(new SessionLost(error.message, sent, { cause: error, cancelled }))
      }
    }
    parts.onClosed()
  }
  socket.on('error', (error) => fail(error))
  socket.on('close', () =>
    fail(new Error(closing ? 'the session was closed' : 'the server closed the connection')),
  )

  /**
   * At the end of the turn, with what other sessions have to send: a write wakes a thread of the server, which may take
   * the processor at once; so first all requests that have come are dealt with, then all threads are woken.
   */
  const send = () => {
    const bytes = writer.take()
    parts.soon(() => {
      if (lost === undefined) socket.write(bytes)
    })
  }

  const prepare = (exchange: Exchange) => {
    exchange.phase = 'preparing'
    writer.prepare(exchange.step.text)
    answers.expect('prepared', undefined)
    sendUnlessTooLong(exchange)
  }
  const execute = (exchange: Exchange, statement: Prepared) => {
    exchange.phase = 'executing'
    exchange.statement = statement
    writer.execute(statement.id, exchange.step.values ?? [], !statement.typed)
    answers.expect('results', statement.fields)
    sendUnlessTooLong(exchange)
  }
  /** The server would close the connection, and how often before having read the reason is left to chance. */
  const sendUnlessTooLong = (exchange: Exchange) => {
    if (writer.lastLength() < parts.maxPacket()) {
      send()
      return
    }
    writer.take()
    exchange.error = new ServerError({
      errno: 1153,
      sqlState: '08S01',
      message: `the statement is longer than max_allowed_packet, ${parts.maxPacket()} bytes`,
    })
    over(exchange)
  }
  const close = (statement: Prepared) => {
    writer.closeStatement(statement.id)
    send()
  }
  const begin = (exchange: Exchange) => {
    const { text, values } = exchange.step
    if (values === undefined) {
      exchange.phase = 'executing'
      writer.query(text)
      answers.expect('results', undefined)
      sendUnlessTooLong(exchange)
      return
    }
    const known = exchange.step.prepare ? statements.find(text) : undefined
    if (known === undefined) prepare(exchange)
    else execute(exchange, known)
  }

  const onPrepared = (exchange: Exchange, id: number, fields: Fields | undefined) => {
    const statement: Prepared = { text: exchange.step.text, id, fields, typed: false }
    exchange.passing = !exchange.step.prepare || parts.maxPrepared === 0
    exchange.statement = statement
    if (!exchange.passing) {
      const old = statements.add(statement)
      if (old !== undefined) close(old)
    }
    if (exchange.cancelled !== undefined) {
      exchange.unsent = true
      over(exchange)
    } else execute(exchange, statement)
  }

  /** Prepares once more what the server has forgotten or has no room for; nothing of it has run. */
  const preparesAgain = (exchange: Exchange, { errno }: ServerError): boolean => {
    if (exchange.again || exchange.cancelled !== undefined) return false
    const { statement } = exchange
    if (exchange.phase === 'preparing' && errno === tooManyPrepared) {
      // All sessions of all clients share one number: give back what this one holds.
      const held = statements.clear()
      if (held.length === 0) return false
      for (const one of held) close(one)
    } else if (statement !== undefined && (errno === unknownStatement || errno === needsPrepare)) {
      statements.remove(statement)
      exchange.statement = undefined
      if (errno === needsPrepare) close(statement)
    } else return false
    exchange.again = true
    prepare(exchange)
    return true
  }

  const onReply = (reply: Reply) => {
    const exchange = current
    if (reply.kind === 'error') {
      const { error } = reply
      if (exchange === undefined || lastWords.has(error.errno)) {
        // The server says why before it hangs up; that is the error, not the lost connection.
        fail(error)
        return
      }
      if (exchange.phase === 'taking up') end(exchange)
      else if (!preparesAgain(exchange, error)) {
        exchange.error = error
        if (exchange.statement !== undefined) exchange.statement.fields = reply.fields
        over(exchange)
      }
      return
    }
    if (exchange === undefined) throw new Error('the server answered what nobody asked')
    if (reply.kind === 'prepared') {
      onPrepared(exchange, reply.id, reply.fields)
      return
    }
    status = reply.status
    if (exchange.phase === 'taking up') {
      end(exchange)
      return
    }
    exchange.affected = reply.affected
    warnings = reply.warnings
    if (exchange.statement !== undefined) {
      exchange.statement.typed = true
      exchange.statement.fields = reply.fields
    }
    over(exchange)
  }

  /** The outcome of the statement is known. */
  const over = (exchange: Exchange) => {
    exchange.phase = 'over'
    if (exchange.passing && exchange.statement !== undefined) close(exchange.statement)
    settle(exchange)
  }

  /** Ends the exchange once its outcome is known and no kill of it is on its way any more. */
  const settle = (exchange: Exchange) => {
    if (current !== exchange || exchange.phase !== 'over' || exchange.kill === 'pending') return
    if (exchange.kill === 'none') {
      end(exchange)
      return
    }
    // The kill may have come after the end. Servers forget such a one, or keep it for the next statement: let that be ours.
    exchange.phase = 'taking up'
    writer.query(harmless)
    answers.expect('results', undefined)
    send()
  }

  const end = (exchange: Exchange) => {
    current = undefined
    finish(exchange)
  }

  const cancel = (exchange: Exchange, why: CancelReason) => {
    if (current !== exchange || exchange.cancelled !== undefined || exchange.phase === 'over') return
    if (exchange.phase === 'taking up') return
    exchange.cancelled = why
    stop(exchange, why)
  }

  /** Has the server end the statement, and reads on until it has. */
  const stop = (exchange: Exchange, why: CancelReason) => {
    exchange.giveUp ??= parts.after(cancelGraceMs, () => {
      if (current === exchange)
        fail(new Error(`the statement did not stop within ${cancelGraceMs} ms of a cancel`))
    })
    socket.resume()
    if (exchange.kill !== 'none') return
    exchange.kill = 'pending'
    parts.sendKill().then(
      () => {
        parts.onCancel(why, 'sent')
        exchange.kill = 'done'
        settle(exchange)
      },
      (error: unknown) => {
        parts.onCancel(why, 'failed')
        if (current === exchange) fail(new Error('the statement could not be killed', { cause: error }))
      },
    )
  }

  /** Whoever takes rows still wants them. */
  const wanted = (exchange: Exchange | undefined): exchange is Exchange =>
    exchange !== undefined &&
    exchange.phase === 'executing' &&
    exchange.broken === undefined &&
    (exchange.cancelled === undefined || !exchange.o.stream)
  /** What took rows has thrown: the rest of them is read and forgotten, and that is the outcome. */
  const broke = (exchange: Exchange, error: unknown) => {
    exchange.broken = error as Error
    if (exchange.o.stream && exchange.cancelled === undefined) stop(exchange, 'client')
  }
  const answers = createAnswerReader({
    cachesMetadata: parts.cachesMetadata,
    onReply,
    onFields: (fields, set, parameters) => {
      const exchange = current
      if (!wanted(exchange)) return
      try {
        exchange.o.onFields?.(fields, set, parameters)
      } catch (error) {
        broke(exchange, error)
      }
    },
    onRow: (bytes, start, rowEnd, fields) => {
      const exchange = current
      if (!wanted(exchange)) return
      try {
        exchange.o.onRow(bytes, start, rowEnd, fields)
      } catch (error) {
        broke(exchange, error)
      }
    },
  })

  const refused = (o: ExchangeOptions): Error | undefined => {
    if (lost !== undefined) return new SessionLost(lost.message, false, { cause: lost })
    if (current !== undefined) return new Error('the session is busy: one statement at a time')
    if (o.signal.aborted) return new SessionLost('aborted before it was sent', false, { cancelled: 'client' })
    if (o.deadline <= parts.now())
      return new SessionLost('the deadline had passed before it was sent', false, { cancelled: 'deadline' })
    return undefined
  }

  const session: Session = {
    exchange(step, o) {
      const refusal = refused(o)
      if (refusal !== undefined) return Promise.reject(refusal)
      return new Promise<number>((resolve, reject) => {
        const exchange = createExchange(step, o, resolve, reject, () => cancel(exchange, 'client'))
        o.signal.addEventListener('abort', exchange)
        current = exchange
        alarm.watch(o.deadline)
        begin(exchange)
      })
    },
    pause: () => {
      // Once it is to stop, what is left must be read.
      if (lost === undefined && current?.kill === 'none') socket.pause()
    },
    resume: () => {
      if (lost === undefined) socket.resume()
    },
    warnings: () => warnings,
    inTransaction: () => (status & serverStatus.inTransaction) !== 0,
    usable: () => lost === undefined && current === undefined && (status & serverStatus.inTransaction) === 0,
    close: async () => {
      closing = true
      if (lost === undefined && !socket.destroyed) await endSocket(socket, parts.after, quitCommand)
      else fail(new Error('the session was closed'))
    },
  }

  const frame = createFramer(answers.packet)
  return {
    session,
    receive: (chunk) => {
      try {
        frame(chunk)
      } catch (error) {
        fail(error as Error)
      }
    },
  }
}
