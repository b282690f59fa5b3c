/** Several hosts as one: sessions go to the one that is the primary, wherever it is at the moment. */
import type { Engine, SchemaWatch } from '#engine/engine.ts'
import type { Monitor } from './monitor.ts'
import { refusalOf } from './writer.ts'
import type { ConnectPrimary } from './primary.ts'

export interface Host {
  readonly name: string
  readonly engine: Engine
}

type Knowing = Pick<Monitor, 'seat' | 'lookAround'>

/** @returns what rejects with what the network or the server said, or why there is no primary to connect to */
export function writerOf(hosts: readonly Host[], monitor: Knowing): ConnectPrimary {
  const engineOf = (name: string | undefined) => hosts.find((host) => host.name === name)?.engine
  const none = () =>
    Object.assign(
      new Error(`no primary is reached among ${hosts.map(({ engine }) => engine.address).join(', ')}`),
      { code: 'NO_PRIMARY' },
    )
  return async (o) => {
    if (monitor.seat().state !== 'taken') await monitor.lookAround()
    for (let attempt = 1; ; attempt++) {
      const { writer } = monitor.seat()
      const refusal = refusalOf(monitor.seat())
      if (refusal !== undefined) throw refusal
      const engine = engineOf(writer)
      if (engine === undefined) throw none()
      try {
        const connection = await engine.connect(o)
        if ((await connection.role(o).catch(() => undefined)) === 'primary') return connection
        await connection.close()
        throw Object.assign(new Error(`${engine.address} is no longer the primary`), {
          code: 'READ_ONLY_REPLICA',
        })
      } catch (error) {
        if (attempt > 1 || o.signal.aborted) throw error
        // What is known of the hosts is up to a second old.
        await monitor.lookAround()
        if (monitor.seat().writer === writer) throw error
      }
    }
  }
}

/** The engine of the hosts together: as one of them is, but connected to the primary, and listening there. */
export function asOneEngine(hosts: readonly [Host, ...Host[]], monitor: Knowing): Engine {
  const [first] = hosts
  let last = first
  // While nobody is the primary, the one that was: what it is, is known.
  const leading = () => (last = hosts.find(({ name }) => name === monitor.seat().writer) ?? last)
  return {
    ...first.engine,
    get system() {
      return leading().engine.system
    },
    get address() {
      return hosts.map(({ engine }) => engine.address).join(',')
    },
    spare: () => leading().engine.spare?.(),
    compile: (statement) => leading().engine.compile(statement),
    connect: writerOf(hosts, monitor),
    watchSchema: (o) => {
      let at = leading()
      let watch: SchemaWatch = at.engine.watchSchema(o)
      return {
        next: async (signal) => {
          if (leading() !== at) {
            await watch.close()
            at = leading()
            watch = at.engine.watchSchema(o)
          }
          return watch.next(signal)
        },
        close: () => watch.close(),
      }
    },
  }
}
