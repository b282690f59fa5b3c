/** The load of the soak: writers with and without Idempotency-Key, writers of registers, readers with and without tokens. */
import { Agent } from 'node:http'
import { type Answer, type Ask, ask, sleep } from '../support/process.ts'
import type { History } from './history.ts'
import type { Random } from './random.ts'
import { registers, type World } from './world.ts'

/** Between two requests of one client (ms). */
const pauseMs = 15

export interface Clients {
  stop(): Promise<void>
}

/** Errors that say that nothing was sent. */
const neverSent = new Set(['ECONNREFUSED'])

type Told = Answer | { readonly status: 0; readonly code: string | undefined; readonly sent: boolean }

export function startClients(world: World, history: History, random: Random): Clients {
  let stopped = false

  const request = async (seat: World['seats'][number], path: string, o: Ask): Promise<Told> => {
    try {
      return await ask(`${seat.postern.api}${path}`, o)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      return { status: 0, code, sent: code === undefined || !neverSent.has(code) }
    }
  }
  const outcomeOf = (told: Told) => {
    if (told.status === 201) return 'acknowledged' as const
    if (told.status === 0) return 'sent' in told && told.sent ? ('unknown' as const) : ('refused' as const)
    return told.code === 'outcome_unknown' ? ('unknown' as const) : ('refused' as const)
  }

  const inserter = (client: number, keyed: boolean) => async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let seq = 1; !stopped; seq++) {
      const seat = random.pick(world.seats)
      const body = JSON.stringify({ client, seq })
      const headers: Record<string, string> = keyed ? { 'idempotency-key': `${client}-${seq}` } : {}
      const send = () => request(seat, '/entries', { method: 'POST', body, headers, agent })
      const { postern } = seat
      let told = await send()
      let outcome = outcomeOf(told)
      // With its key a request may be repeated, whatever was said. Another process knows nothing of the first time.
      for (
        let again = 0;
        keyed && outcome !== 'acknowledged' && again < 3 && seat.postern === postern;
        again++
      ) {
        await sleep(50)
        told = await send()
        const repeated = outcomeOf(told)
        if (repeated === 'acknowledged') outcome = repeated
        else if (outcome === 'refused') outcome = repeated
      }
      const moment = new Date().toISOString()
      history.inserted(
        { client, seq },
        outcome,
        `${told.status} ${told.code ?? ''} ${'text' in told ? told.text : ''} by gateway ${seat.name} at ${moment}`,
      )
      await sleep(pauseMs)
    }
    agent.destroy()
  }

  const writers = 4
  const registerWriter = (me: number) => async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!stopped) {
      // Each register has one writer, who counts upwards.
      const register = 1 + me + writers * random.next(registers / writers)
      const n = (history.newest(register)?.n ?? 0) + 1
      history.attempted(register, n)
      const told = await request(random.pick(world.seats), `/registers/${register}`, {
        method: 'PATCH',
        body: `{"n":${n}}`,
        headers: { prefer: 'return=minimal' },
        agent,
      })
      if (told.status === 204 && 'headers' in told)
        history.acknowledged(register, n, String(told.headers['postern-consistency']))
      await sleep(pauseMs)
    }
    agent.destroy()
  }

  const reader = (withToken: boolean) => async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!stopped) {
      const register = 1 + random.next(registers)
      const known = withToken ? history.newest(register) : undefined
      const headers: Record<string, string> =
        known === undefined ? {} : { 'postern-consistency': known.token }
      const told = await request(random.pick(world.seats), `/registers/${register}`, { headers, agent })
      if (told.status === 200 && 'text' in told)
        history.read(register, (told.json() as { n: number }).n, known?.n ?? 0)
      await sleep(pauseMs)
    }
    agent.destroy()
  }

  const all = [
    inserter(1, false),
    inserter(2, false),
    inserter(3, true),
    inserter(4, true),
    ...Array.from({ length: writers }, (_, me) => registerWriter(me)),
    reader(true),
    reader(true),
    reader(true),
    reader(false),
    reader(false),
  ].map((client) => client())
  return {
    stop: async () => {
      stopped = true
      await Promise.all(all)
    },
  }
}
