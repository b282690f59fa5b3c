/** Statements that travel together: what is sent when, and what each is told, whatever befalls the others. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect, label, openSession, options, server } from './session.fixture.ts'

const named = (text: string, values: readonly string[] = []) => ({ text, values, prepare: true })
const row = (value: string) =>
  Buffer.concat([server.count(1), ...label, server.eof(), server.row(value), server.eof()])
const settled = () => new Promise((resolve) => setImmediate(resolve))

type World = ReturnType<typeof openSession>

/** Who travels: what it has been told, by the rows it was given or the words of its error. */
const travel = (s: World, texts: readonly (string | { text: string; values: string[] })[]) => {
  const callers = texts.map(() => new AbortController())
  const told: string[] = texts.map(() => '')
  const { outcomes: convoy, over } = s.session.convoy(
    texts.map((text, i) => {
      const { rows, onRow } = collect()
      return {
        step: typeof text === 'string' ? named(text) : named(text.text, text.values),
        o: {
          ...options({ onRow, signal: callers[i]?.signal as AbortSignal }),
          onDone: () => {
            told[i] = rows.join()
          },
        },
      }
    }),
  )
  convoy.forEach((outcome, i) => {
    outcome.catch((error: { why?: string; errno?: number; name: string; sent?: boolean }) => {
      const sent = error.sent === undefined ? '' : error.sent ? ' sent' : ' not sent'
      told[i] = error.why ?? (error.errno === undefined ? error.name + sent : `error ${error.errno}`)
    })
  })
  let free = false
  void over.then(() => {
    free = true
  })
  return { callers, told, over: Promise.allSettled([over, ...convoy]), free: () => free }
}
/** A session that has prepared these statements, as 1, 2 and so on. */
const prepared = async (...texts: readonly string[]): Promise<World> => {
  const s = openSession()
  for (const [i, text] of texts.entries()) {
    const done = s.session.exchange(named(text), options())
    s.say(server.prepared(i + 1, label), row('x'))
    await done
  }
  s.asked()
  return s
}
/** One that has prepared A, as 1, and whose turns of the event loop end when the test says so. */
const inTurns = async (): Promise<{ s: World; turn: () => void }> => {
  const soon: (() => void)[] = []
  const s = openSession({ soon: (body) => soon.push(body) })
  const turn = () => {
    for (const body of soon.splice(0)) body()
  }
  const done = s.session.exchange(named('A'), options())
  turn()
  s.say(server.prepared(1, label), row('x'))
  await done
  turn()
  return { s, turn }
}

describe('a convoy', () => {
  it('of prepared statements leaves at once, and each is told what came of its own', async () => {
    const s = await prepared('A', 'B')
    const { told, over } = travel(s, ['A', 'B', 'A'])
    expect(s.asked()).toEqual(['execute 1', 'execute 2', 'execute 1'])
    s.say(row('a'), row('b'))
    expect(told).toEqual(['label: a', 'label: b', ''])
    expect(s.session.usable()).toBe(false)
    s.say(row('c'))
    await over
    expect(told[2]).toBe('label: c')
    expect(s.session.usable()).toBe(true)
  })

  it('waits for a statement that is to be prepared, and then goes on with all that are', async () => {
    const s = await prepared('A')
    const { told, over } = travel(s, ['A', 'B', 'B', 'A'])
    expect(s.asked()).toEqual(['execute 1'])
    s.say(row('a'))
    expect(s.asked()).toEqual(['prepare B'])
    s.say(server.prepared(2, label))
    expect(s.asked()).toEqual(['execute 2', 'execute 2', 'execute 1'])
    s.say(row('b'), row('c'), row('d'))
    await over
    expect(told).toEqual(['label: a', 'label: b', 'label: c', 'label: d'])
  })

  it('gives the error of one to that one', async () => {
    const s = await prepared('A')
    const { told, over } = travel(s, ['A', 'A', 'A'])
    s.say(row('a'), server.error(1242), row('c'))
    await over
    expect(told).toEqual(['label: a', 'error 1242', 'label: c'])
    expect(s.session.usable()).toBe(true)
  })

  it('prepares what the server has forgotten when the answers of the others are in', async () => {
    const s = await prepared('A', 'B')
    const { told, over } = travel(s, ['A', 'B', 'A'])
    s.asked()
    s.say(server.error(1243))
    expect(s.asked()).toEqual([])
    s.say(row('b'), server.error(1243))
    expect(s.asked()).toEqual(['prepare A'])
    s.say(server.prepared(3, label))
    expect(s.asked()).toEqual(['execute 3', 'execute 3'])
    // The last one has found out by itself, and the first comes behind it.
    s.say(row('c'), row('a'))
    await over
    expect(told).toEqual(['label: a', 'label: b', 'label: c'])
  })

  it('travels on without those who leave, who are told at once', async () => {
    const { s, turn } = await inTurns()
    const { told, over, callers, free } = travel(s, ['A', 'A', 'A'])
    turn()
    callers[0]?.abort()
    callers[2]?.abort()
    await settled()
    expect(told).toEqual(['client', '', 'client'])
    expect(s.kills).toEqual([])
    s.say(row('a'), row('b'))
    await settled()
    expect([told[1], free()]).toEqual(['label: b', false])
    s.say(row('c'))
    await over
    expect(told).toEqual(['client', 'label: b', 'client'])
    turn()
    expect([s.kills.length, s.session.usable()]).toEqual([0, true])
  })

  it('never sends the statement of one who leaves before its turn', async () => {
    const s = openSession()
    const { told, over, callers } = travel(s, ['A', 'B', 'A'])
    callers[1]?.abort()
    s.say(server.prepared(1, label))
    expect(s.asked()).toEqual(['prepare A', 'execute 1', 'execute 1'])
    s.say(row('a'), row('c'))
    await over
    expect(told).toEqual(['label: a', 'client', 'label: c'])
  })

  it('that nobody waits for is killed with the session', async () => {
    const s = await prepared('A')
    const { told, callers } = travel(s, ['A', 'A', 'A'])
    for (const caller of callers) caller.abort()
    await settled()
    expect(told).toEqual(['client', 'client', 'client'])
    await s.clock.advance(49)
    expect(s.kills).toEqual([])
    await s.clock.advance(1)
    expect(s.kills.map(({ what }) => what)).toEqual(['session'])
    s.kills[0]?.confirm()
    s.socket.emit('close')
    await settled()
    expect([s.session.usable(), s.closed()]).toEqual([false, 1])
  })

  it('that nobody waits for and that ends in a moment costs no kill', async () => {
    const s = await prepared('A')
    const { callers } = travel(s, ['A', 'A'])
    for (const caller of callers) caller.abort()
    await s.clock.advance(30)
    s.say(row('a'), row('b'))
    expect(s.session.usable()).toBe(true)
    await s.clock.advance(1000)
    expect([s.kills.length, s.session.usable()]).toEqual([0, true])
  })

  it('that ends before that kill comes is not lent before it has come', async () => {
    const s = await prepared('A')
    const { callers } = travel(s, ['A', 'A'])
    s.asked()
    for (const caller of callers) caller.abort()
    await s.clock.advance(50)
    s.say(row('a'), row('b'))
    expect([s.asked(), s.session.usable()]).toEqual([[], false])
    s.kills[0]?.confirm()
    await settled()
    expect([s.asked(), s.session.usable()]).toEqual([['query DO 0'], false])
    s.socket.emit('close')
    expect(s.closed()).toBe(1)
  })

  it('of which only one is left that nobody waits for has that one killed alone', async () => {
    const { s, turn } = await inTurns()
    const { told, callers } = travel(s, ['A', 'A'])
    turn()
    callers[1]?.abort()
    s.say(row('a'))
    expect(s.kills).toEqual([])
    await s.clock.advance(50)
    expect(s.kills.map(({ what }) => what)).toEqual(['statement'])
    s.say(server.error(1317))
    s.kills[0]?.confirm()
    await settled()
    turn()
    s.say(server.ok())
    await settled()
    expect(told).toEqual(['label: a', 'client'])
    expect(s.session.usable()).toBe(true)
  })

  it('that does not stop within a second costs the session', async () => {
    const s = await prepared('A')
    const { callers } = travel(s, ['A', 'A'])
    for (const caller of callers) caller.abort()
    await s.clock.advance(50)
    s.kills[0]?.confirm()
    await s.clock.advance(1001)
    expect(s.socket.destroyed).toBe(true)
  })

  it('ends the wait of each at its own deadline', async () => {
    const s = await prepared('A')
    const { outcomes } = s.session.convoy(
      [100, 300, 200].map((deadline) => ({ step: named('A'), o: options({ deadline }) })),
    )
    const told: string[] = []
    outcomes.forEach((outcome, i) => {
      outcome.catch((error: { why: string }) => told.push(`${i} ${error.why}`))
    })
    await s.clock.advance(101)
    expect(told).toEqual(['0 deadline'])
    await s.clock.advance(100)
    expect(told).toEqual(['0 deadline', '2 deadline'])
    expect(s.kills).toEqual([])
    await s.clock.advance(100)
    expect(told).toEqual(['0 deadline', '2 deadline', '1 deadline'])
    await s.clock.advance(50)
    expect(s.kills.map(({ what }) => what)).toEqual(['session'])
  })

  it('lets a statement that is too long wait for its turn, in which it is refused', async () => {
    const s = openSession({ maxPacket: () => 1024 })
    const warm = s.session.exchange(named('A', ['1']), options())
    s.say(server.prepared(1, label, 1), row('x'))
    await warm
    s.asked()
    const { told, over } = travel(s, [
      { text: 'A', values: ['1'] },
      { text: 'A', values: ['2'.repeat(2000)] },
      { text: 'A', values: ['3'] },
    ])
    expect(s.asked()).toEqual(['execute 1'])
    s.say(row('a'))
    expect(s.asked()).toEqual(['execute 1'])
    s.say(row('c'))
    await over
    expect(told).toEqual(['label: a', 'error 1153', 'label: c'])
  })

  it('that is lost says of each whether it was sent', async () => {
    const s = await prepared('A')
    const { told, over } = travel(s, ['A', 'A', 'B'])
    s.say(row('a'))
    s.socket.emit('close')
    await over
    expect(told).toEqual(['label: a', 'SessionLost sent', 'SessionLost not sent'])
  })

  it('gives each its own answer, whatever is prepared, is forgotten or left, and wherever answers are cut', async () => {
    const traveller = fc.record({
      text: fc.constantFrom('A', 'B', 'C'),
      /** Leaves when so many commands have been answered. */
      leaves: fc.option(fc.nat(8), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(traveller, { minLength: 1, maxLength: 6 }),
        fc.array(fc.constantFrom('A', 'B', 'C'), { maxLength: 2 }),
        fc.nat(20),
        fc.nat(8),
        async (travellers, forgotten, cut, slowAt) => {
          const s = await prepared('A', 'B')
          const { told, over, callers } = travel(
            s,
            travellers.map(({ text }, i) => ({ text, values: [String(i)] })),
          )
          /** The server: answers commands in their order; statements that it forgets are not known by their old number. */
          const gone = new Set(forgotten.flatMap((text) => (text === 'A' ? [1] : text === 'B' ? [2] : [])))
          let next = 3
          const queue = s.asked()
          let answered = 0
          const textOf = new Map([
            [1, 'A'],
            [2, 'B'],
          ])
          for (let steps = 0; steps < 100; steps++) {
            travellers.forEach(({ leaves }, i) => {
              if (leaves === answered) callers[i]?.abort()
            })
            if (answered === slowAt) await s.clock.advance(60)
            for (const kill of s.kills.splice(0)) {
              kill.confirm()
              await settled()
              if (kill.what === 'session') s.socket.emit('close')
            }
            queue.push(...s.asked())
            const command = queue.shift()
            if (command === undefined) break
            answered++
            const [verb, what = ''] = command.split(' ')
            let answer: Buffer
            if (verb === 'prepare') {
              textOf.set(next, what)
              answer = server.prepared(next++, label)
            } else if (verb === 'close') continue
            else if (verb === 'query') answer = server.ok()
            else if (gone.has(Number(what))) answer = server.error(1243)
            else answer = row(String(textOf.get(Number(what))))
            s.receive(answer.subarray(0, cut))
            s.receive(answer.subarray(cut))
          }
          await over
          travellers.forEach(({ text, leaves }, i) => {
            if (leaves === undefined) expect(told[i]).toBe(`label: ${text}`)
            // The error is one that whoever left last is told.
            else expect([`label: ${text}`, 'client', 'error 1243']).toContain(told[i])
          })
          if (s.closed() === 0) expect(s.session.usable()).toBe(true)
        },
      ),
    )
  })
})
