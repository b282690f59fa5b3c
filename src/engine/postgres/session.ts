/** One session in PostgreSQL: prepared statements, one exchange at a time, portals, cancel. Login is left to postgres.js (see dial.ts). */
import { createAlarm } from '#engine/alarm.ts'
import { endSocket } from '#engine/dial.ts'
import { cancelGraceMs, hangUpGraceMs } from '#engine/graces.ts'
import { Cancelled, type CancelReason, SessionLost, TypesChanged } from '#engine/session-errors.ts'
import {
  type Exchange,
  harmless,
  newExchange,
  type Session,
  type SessionParts,
  type Step,
} from './exchange.ts'
import { ServerError } from './server-error.ts'
import {
  affectedRows,
  backend,
  createFramer,
  createWireWriter,
  readServerMessage,
  terminateMessage,
  typesOfColumns,
} from './wire.ts'

/** How long the step behind may take: the answer of the one before waits for it. Then the session is given up. */
const behindMs = 250

export function createSession(parts: SessionParts): { session: Session; receive: (chunk: Buffer) => void } {
  const { socket } = parts
  const writer = createWireWriter()
  /** Text → name on the server, least recently used first. */
  const prepared = new Map<string, string>()
  let serial = 0
  let current: Exchange | undefined
  let status: 'I' | 'T' | 'E' = 'I'
  let lost: Error | undefined
  let closing = false
  /** Names of statements to close with the next exchange. */
  const stale: string[] = []

  const leave = (exchange: Exchange) => {
    exchange.giveUp?.cancel()
    exchange.o.signal.removeEventListener('abort', exchange)
  }

  const alarm = createAlarm({
    now: parts.now,
    after: parts.after,
    current: () => (current?.answered ? undefined : current?.o.deadline),
    expire: () => {
      if (current !== undefined) cancel(current, 'deadline')
    },
  })

  const finish = (exchange: Exchange) => {
    leave(exchange)
    if (exchange.error !== undefined) {
      exchange.error.cancelled = exchange.cancelled
      exchange.reject(exchange.error)
    } else if (exchange.broken !== undefined) exchange.reject(exchange.broken)
    else if (exchange.cancelled !== undefined && exchange.o.portal !== undefined)
      exchange.reject(new Cancelled(exchange.cancelled))
    else exchange.resolve(exchange.affected)
  }

  const fail = (error: Error) => {
    if (lost !== undefined) return
    lost = error
    alarm.cancel()
    socket.destroy()
    const exchange = current
    current = undefined
    if (exchange?.ready || exchange?.answered) finish(exchange)
    else if (exchange !== undefined) {
      leave(exchange)
      exchange.reject(new SessionLost(error.message, true, { cause: error, cancelled: exchange.cancelled }))
    }
    parts.onClosed()
  }
  socket.on('error', (error) => fail(error))
  socket.on('close', () =>
    fail(new Error(closing ? 'the session was closed' : 'the server closed the connection')),
  )

  const addStep = (step: Step, rows: number, parsing: string[]) => {
    let name = ''
    if (step.prepare && parts.maxPrepared > 0) {
      const known = prepared.get(step.text)
      if (known !== undefined) {
        // Most recently used goes last; while there is room for all the order does not matter.
        if (prepared.size >= parts.maxPrepared) {
          prepared.delete(step.text)
          prepared.set(step.text, known)
        }
        writer.bind(known, step.values, step.formats).execute(rows)
        return
      }
      if (prepared.size >= parts.maxPrepared) {
        const [oldText, oldName] = prepared.entries().next().value as [string, string]
        prepared.delete(oldText)
        stale.push(oldName)
      }
      name = `p${++serial}`
      prepared.set(step.text, name)
      parsing.push(step.text)
    }
    writer.parse(name, step.text)
    // Once is enough: the server refuses to run a prepared statement whose columns have changed since.
    if (step.fits !== undefined) writer.describe(name)
    writer.bind(name, step.values, step.formats).execute(rows)
  }

  /**
   * At the end of the turn, with what other sessions have to send: a write wakes a backend, which may take the
   * processor at once; so first all requests that have come are dealt with, then all backends are woken.
   */
  const send = (atOnce = false) => {
    const bytes = writer.take()
    const write = () => {
      if (lost === undefined) socket.write(bytes)
    }
    if (atOnce) write()
    else parts.soon(write)
  }

  const onMessage = (type: number, bytes: Buffer, start: number, end: number) => {
    const exchange = current?.takingUp ? undefined : current
    switch (type) {
      case backend.dataRow:
        if (exchange === undefined || exchange.ahead > 0) return
        if (exchange.answered) {
          exchange.o.behind?.onRow(bytes, start)
          return
        }
        if (exchange.broken !== undefined) return
        if (exchange.o.portal !== undefined && exchange.cancelled !== undefined) return
        try {
          exchange.o.onRow(bytes, start)
        } catch (error) {
          exchange.broken = error as Error
          exchange.misfit = true
        }
        return
      case backend.parseComplete:
        if (exchange !== undefined) (exchange.answered ? exchange.parsingBehind : exchange.parsing).shift()
        return
      case backend.rowDescription:
        if (exchange !== undefined) checkTypes(exchange, typesOfColumns(bytes, start))
        return
      case backend.commandComplete:
        if (exchange === undefined || exchange.answered) return
        if (exchange.ahead > 0) {
          exchange.ahead--
          return
        }
        stepDone(exchange, affectedRows(bytes, start, end))
        if (exchange.o.portal !== undefined) endPortal(exchange)
        return
      case backend.portalSuspended:
        if (exchange !== undefined) nextBatch(exchange)
        return
      case backend.error: {
        const fields = readServerMessage(bytes, start, end)
        if (fields.severity === 'FATAL' || fields.severity === 'PANIC') {
          // The server says why before it hangs up; that is the error, not the lost connection.
          fail(new ServerError(fields))
          return
        }
        if (exchange === undefined) return
        if (exchange.answered) {
          if (exchange.o.behind !== undefined)
            forgetAfter(fields.code, exchange.o.behind.step.text, exchange.parsingBehind)
          return
        }
        exchange.error = new ServerError(fields)
        if (exchange.o.portal !== undefined) endPortal(exchange)
        return
      }
      case backend.readyForQuery:
        status = String.fromCharCode(bytes[start] as number) as 'I' | 'T' | 'E'
        if (current?.takingUp) conclude(current)
        if (exchange === undefined) return
        if (exchange.o.behind !== undefined && !exchange.answered) waitBehind(exchange)
        else {
          exchange.ready = true
          settle(exchange)
        }
        return
      case backend.notification: {
        const zero = bytes.indexOf(0, start + 4)
        parts.onNotify?.(bytes.toString('utf8', start + 4, zero), bytes.toString('utf8', zero + 1, end - 1))
        return
      }
      default:
        return
    }
  }

  /** Only steps ask, so it is about the one that comes next. */
  const checkTypes = (exchange: Exchange, types: readonly number[]) => {
    const step = exchange.steps[exchange.done]
    if (step?.fits === undefined || step.fits(types)) return
    exchange.broken ??= new TypesChanged('the columns of the statement have other types than it was made for')
    forget(step.text)
  }

  const stepDone = (exchange: Exchange, affected: number) => {
    exchange.done++
    exchange.affected += affected
    if (exchange.broken !== undefined) return
    try {
      exchange.o.onDone?.(affected)
    } catch (error) {
      exchange.broken ??= error as Error
    }
  }

  const endPortal = (exchange: Exchange) => {
    if (exchange.synced) return
    exchange.synced = true
    writer.sync()
    send()
  }

  const closePortal = (exchange: Exchange) => {
    exchange.suspended = false
    writer.closePortal()
    endPortal(exchange)
  }

  const nextBatch = (exchange: Exchange) => {
    // The server takes no notice of a cancel that comes when it waits for us: the next batch would run as if there were none.
    if (exchange.cancelled !== undefined) return closePortal(exchange)
    exchange.suspended = true
    const go = (answer: 'more' | 'stop') => {
      if (current !== exchange || !exchange.suspended) return
      if (answer === 'stop') return closePortal(exchange)
      exchange.suspended = false
      writer.execute(exchange.o.portal?.rows ?? 0).flush()
      send()
    }
    if (exchange.broken !== undefined) go('stop')
    else
      exchange.o.portal?.onBatch().then(go, (error: unknown) => {
        exchange.broken ??= error as Error
        go('stop')
      })
  }

  /** The outcome is known and nothing can change it any more; what runs behind it has its own time. */
  const waitBehind = (exchange: Exchange) => {
    exchange.answered = true
    leave(exchange)
    if (exchange.error !== undefined)
      forgetAfter(exchange.error.code, exchange.steps[exchange.done]?.text, exchange.parsing)
    exchange.giveUp = parts.after(behindMs, () =>
      // When it is this process that was late, the answer lies in the socket: it is read before the verdict.
      parts.soon(() => {
        if (current === exchange) fail(new Error(`the step behind took longer than ${behindMs} ms`))
      }),
    )
  }

  /** Ends the exchange once its outcome is known and no cancel of it is on its way any more. */
  const settle = (exchange: Exchange) => {
    if (current !== exchange || !exchange.ready || exchange.takingUp || exchange.cancelRequest === 'pending')
      return
    if (exchange.error !== undefined && !exchange.answered)
      forgetAfter(exchange.error.code, exchange.steps[exchange.done]?.text, exchange.parsing)
    // A statement that ended by itself may have left the signal to the next one: let that be ours. In a transaction there is
    // no room for it: then the session is given up.
    if (exchange.cancelRequest === 'done' && status === 'I') {
      exchange.takingUp = true
      addStep(harmless, 0, [])
      writer.sync()
      send()
    } else conclude(exchange)
  }

  const conclude = (exchange: Exchange) => {
    current = undefined
    if (exchange.cancelRequest === 'done' && !exchange.takingUp && exchange.error?.code !== '57014')
      fail(new Error('a cancel came too late'))
    // Nobody else gets a session whose answers may be those of other statements.
    if (exchange.misfit) fail(new Error('a row did not fit its statement'))
    finish(exchange)
  }

  /** Is prepared anew when it comes again. */
  const forget = (text: string | undefined) => {
    const name = text === undefined ? undefined : prepared.get(text)
    if (text === undefined || name === undefined) return
    prepared.delete(text)
    stale.push(name)
  }

  /** After an error: what was never parsed, has gone stale or is gone. */
  const forgetAfter = (code: string, text: string | undefined, parsing: readonly string[]) => {
    for (const one of parsing) prepared.delete(one)
    if (code === '0A000') forget(text)
    // A routine has thrown one away (DEALLOCATE), and likely all of them (DISCARD).
    if (code === '26000') for (const one of prepared.keys()) forget(one)
  }

  const cancel = (exchange: Exchange, why: CancelReason) => {
    if (current !== exchange || exchange.cancelled !== undefined || exchange.ready || exchange.answered)
      return
    exchange.cancelled = why
    if (exchange.suspended) {
      // Nothing runs in the server: closing the portal is enough.
      closePortal(exchange)
      giveUpIn(cancelGraceMs, exchange)
    } else if (why === 'client' && exchange.o.portal === undefined)
      exchange.giveUp = parts.after(hangUpGraceMs, () => stop(exchange, why))
    else stop(exchange, why)
  }

  const giveUpIn = (ms: number, exchange: Exchange) => {
    exchange.giveUp = parts.after(ms, () => {
      if (current === exchange) fail(new Error(`the statement did not stop within ${ms} ms of a cancel`))
    })
  }

  /** Has the server end the statement, and reads on until it has. */
  const stop = (exchange: Exchange, why: CancelReason) => {
    giveUpIn(cancelGraceMs, exchange)
    socket.resume()
    exchange.cancelRequest = 'pending'
    parts.sendCancel().then(
      () => {
        parts.onCancel(why, 'sent')
        exchange.cancelRequest = 'done'
        settle(exchange)
      },
      (error: unknown) => {
        parts.onCancel(why, 'failed')
        if (current === exchange) fail(new Error('the cancel request could not be sent', { cause: error }))
      },
    )
  }

  const session: Session = {
    processId: parts.processId,
    exchange(steps, o) {
      if (lost !== undefined) return Promise.reject(new SessionLost(lost.message, false, { cause: lost }))
      if (current !== undefined)
        return Promise.reject(new Error('the session is busy: one statement at a time'))
      if (o.signal.aborted)
        return Promise.reject(new SessionLost('aborted before it was sent', false, { cancelled: 'client' }))
      const left = o.deadline - parts.now()
      if (left <= 0)
        return Promise.reject(
          new SessionLost('the deadline had passed before it was sent', false, { cancelled: 'deadline' }),
        )
      return new Promise<number>((resolve, reject) => {
        const exchange = newExchange(steps, o, resolve, reject, (why) => cancel(exchange, why))
        o.signal.addEventListener('abort', exchange)
        current = exchange
        alarm.watch(o.deadline)
        for (const name of stale.splice(0)) writer.closeStatement(name)
        for (const one of o.before ?? []) addStep(one, 0, exchange.parsing)
        for (const step of steps) addStep(step, o.portal?.rows ?? 0, exchange.parsing)
        if (o.portal === undefined) writer.sync()
        else writer.flush()
        if (o.behind !== undefined) {
          addStep(o.behind.step, 0, exchange.parsingBehind)
          writer.sync()
        }
        send(o.atOnce)
      })
    },
    pause: () => {
      if (lost === undefined) socket.pause()
    },
    resume: () => {
      if (lost === undefined) socket.resume()
    },
    status: () => status,
    usable: () => lost === undefined && current === undefined && status === 'I',
    close: async () => {
      closing = true
      if (lost === undefined && !socket.destroyed) await endSocket(socket, parts.after, terminateMessage)
      else fail(new Error('the session was closed'))
    },
  }

  const frame = createFramer(onMessage)
  return {
    session,
    receive: (chunk) => {
      try {
        frame(chunk)
        current?.o.onChunk?.()
      } catch (error) {
        fail(error as Error)
      }
    },
  }
}
