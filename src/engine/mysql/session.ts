/** One session in MySQL or MariaDB: statements one after the other, alone or in a convoy, kept prepared; cancel. Login is left to mysql2 (see dial.ts). */
import { createAlarm } from '#engine/alarm.ts'
import { endSocket } from '#engine/dial.ts'
import { cancelGraceMs, hangUpGraceMs } from '#engine/graces.ts'
import { Cancelled, type CancelReason, SessionLost } from '#engine/session-errors.ts'
import { createAnswerReader, type Reply } from './answers.ts'
import {
  conclude,
  concludeLost,
  createExchange,
  type Exchange,
  type ExchangeOptions,
  harmless,
  leave,
  type Step,
  tooLate,
  wanted,
} from './exchange.ts'
import { Line } from './line.ts'
import type { Fields } from './packets.ts'
import { isAtRest, serverStatus } from './packets.ts'
import { lastWords, type ServerError, tooLong } from './server-error.ts'
import type { Session, SessionParts } from './session-parts.ts'
import { createStatementCache, type Prepared, staleAfter } from './statements.ts'
import { createCommandWriter, createFramer, mostBytesOfExecute, quitCommand } from './wire.ts'

export function createSession(parts: SessionParts): { session: Session; receive: (chunk: Buffer) => void } {
  const { socket } = parts
  const writer = createCommandWriter()
  const statements = createStatementCache(parts.maxPrepared)
  const line = new Line()
  /** Whom to tell when nothing is under way any more. */
  let onFree = () => {}
  let status: number = serverStatus.autocommit
  let warnings = 0
  let lost: Error | undefined
  let closing = false

  const alarm = createAlarm({
    now: parts.now,
    after: parts.after,
    current: () => line.due(),
    expire: () => {
      const now = parts.now()
      for (const exchange of line.all()) if (exchange.o.deadline <= now) cancel(exchange, 'deadline')
      const due = line.due()
      if (due !== undefined) alarm.watch(due)
    },
  })

  const fail = (error: Error) => {
    if (lost !== undefined) return
    lost = error
    alarm.cancel()
    socket.destroy()
    for (const exchange of line.clear()) concludeLost(exchange, error)
    onFree()
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
    if (sending) return
    sending = true
    parts.soon(() => {
      sending = false
      const bytes = writer.take()
      if (lost === undefined) socket.write(bytes)
    })
  }
  let sending = false

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
    writer.takeBack()
    exchange.error = tooLong(parts.maxPacket())
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
  /** As many of those behind as are prepared, in one write. What else there is waits until it is the first. */
  const sendBehind = () => {
    if (line.first?.phase !== 'executing') return
    let sent = false
    for (const exchange of line.behind) {
      const { text, values, prepare: keeps } = exchange.step
      if (exchange.phase === 'executing') continue
      const known = keeps && values !== undefined ? statements.find(text) : undefined
      if (known === undefined || mostBytesOfExecute(values) >= parts.maxPacket()) break
      exchange.phase = 'executing'
      exchange.statement = known
      writer.execute(known.id, values ?? [], !known.typed)
      sent = true
    }
    if (sent) send()
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
      return
    }
    execute(exchange, statement)
    sendBehind()
  }

  /** Prepares once more what the server has forgotten or has no room for; nothing of it has run. */
  const preparesAgain = (exchange: Exchange, { errno }: ServerError): boolean => {
    if (exchange.again || exchange.cancelled !== undefined) return false
    const stale = staleAfter(errno, statements, exchange.statement)
    if (stale === undefined) return false
    for (const one of stale) close(one)
    exchange.statement = undefined
    exchange.again = true
    if (line.sentBehind()) {
      // Their answers come first.
      line.postpone(exchange)
      advance()
    } else prepare(exchange)
    return true
  }

  const onReply = (reply: Reply) => {
    const exchange = line.first
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
    if (wanted(exchange)) {
      try {
        exchange.o.onDone?.(reply.affected)
      } catch (error) {
        broke(exchange, error)
      }
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
    if (line.first !== exchange || exchange.phase !== 'over' || exchange.kill === 'pending') return
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
    advance()
    conclude(exchange)
  }

  /** To the next of the convoy, which may have been sent already. */
  const advance = () => {
    const next = line.advance()
    if (next === undefined) {
      onFree()
      return
    }
    if (next.phase === 'executing') answers.expect('results', next.statement?.fields)
    else begin(next)
    sendBehind()
    // Behind somebody who waited there may be those who do not.
    if (next.cancelled !== undefined) stopAll()
  }

  const cancel = (exchange: Exchange, why: CancelReason) => {
    const { phase, cancelled } = exchange
    if (!line.has(exchange) || cancelled !== undefined || phase === 'over' || phase === 'taking up') return
    exchange.cancelled = why
    if (line.behind.length === 0) {
      if (why === 'deadline' || exchange.o.stream) stop(exchange, why)
      else stopSoon(exchange)
      return
    }
    // The others travel on. Whoever has left is told at once: its statement may still have to come.
    leave(exchange)
    exchange.broken = new Cancelled(why)
    exchange.reject(exchange.broken)
    if (exchange.phase === 'waiting') line.drop(exchange)
    stopAll()
  }

  /** When nobody waits for any of them. A kill of the first alone would have to be repeated for each of the others. */
  const stopAll = () => {
    const last = line.abandoned()
    if (last?.kill === 'none') stopSoon(last)
  }
  /** Nearly all end by themselves. */
  const stopSoon = (exchange: Exchange) => {
    exchange.giveUp ??= parts.after(hangUpGraceMs, () => {
      exchange.giveUp = undefined
      if (exchange.cancelled !== undefined) stop(exchange, exchange.cancelled)
    })
  }

  /** Has the server end the statement, and reads on until it has. */
  const stop = (exchange: Exchange, why: CancelReason) => {
    exchange.giveUp ??= parts.after(cancelGraceMs, () => {
      fail(new Error(`the statement did not stop within ${cancelGraceMs} ms of a cancel`))
    })
    socket.resume()
    if (exchange.kill !== 'none') return
    exchange.kill = 'pending'
    parts.sendKill(line.first === exchange ? 'statement' : 'session').then(
      () => {
        parts.onCancel(why, 'sent')
        exchange.kill = 'done'
        settle(exchange)
      },
      (error: unknown) => {
        parts.onCancel(why, 'failed')
        if (line.has(exchange)) fail(new Error('the statement could not be killed', { cause: error }))
      },
    )
  }

  /** What took rows has thrown: the rest of them is read and forgotten, and that is the outcome. */
  const broke = (exchange: Exchange, error: unknown) => {
    exchange.broken = error as Error
    if (exchange.o.stream && exchange.cancelled === undefined) stop(exchange, 'client')
  }
  const answers = createAnswerReader({
    cachesMetadata: parts.cachesMetadata,
    onReply,
    onFields: (fields, set, parameters) => {
      const exchange = line.first
      if (!wanted(exchange)) return
      try {
        exchange.o.onFields?.(fields, set, parameters)
      } catch (error) {
        broke(exchange, error)
      }
    },
    onRow: (bytes, start, rowEnd, fields) => {
      const exchange = line.first
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
    if (line.first !== undefined) return new Error('the session is busy: one statement at a time')
    return tooLate(o, parts.now())
  }

  const admit = (step: Step, o: ExchangeOptions, enter: (exchange: Exchange) => void): Promise<number> => {
    const refusal = refused(o)
    if (refusal !== undefined) return Promise.reject(refusal)
    return new Promise<number>((resolve, reject) => {
      const exchange = createExchange(step, o, resolve, reject, () => cancel(exchange, 'client'))
      o.signal.addEventListener('abort', exchange)
      alarm.watch(o.deadline)
      enter(exchange)
    })
  }
  const start = (exchange: Exchange) => {
    line.first = exchange
    begin(exchange)
  }

  const session: Session = {
    exchange: (step, o) => admit(step, o, start),
    convoy: (of) => {
      const admitted: Exchange[] = []
      const outcomes = of.map(({ step, o }) => admit(step, o, (exchange) => admitted.push(exchange)))
      const over = new Promise<void>((resolve) => {
        onFree = resolve
      })
      const [first, ...others] = admitted
      if (first === undefined) onFree()
      else {
        line.behind = others
        start(first)
        sendBehind()
      }
      return { outcomes, over }
    },
    pause: () => {
      // Once it is to stop, what is left must be read.
      if (lost === undefined && line.first?.kill === 'none') socket.pause()
    },
    resume: () => {
      if (lost === undefined) socket.resume()
    },
    warnings: () => warnings,
    inTransaction: () => (status & serverStatus.inTransaction) !== 0,
    usable: () => lost === undefined && line.first === undefined && isAtRest(status),
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
