/** The texts of the statements of a trip, for the log at level debug. Values are never part of them: they are bound. */
import type { Compiled, Connection } from '#engine/engine.ts'
import type { Execute } from './execute.ts'

/** Most characters of a line's text; what a bulk insert or a batch has beyond it is more of the same. */
const mostCharacters = 4000

/** One text of all, in the order they ran. */
export function joinedTexts(texts: readonly string[]): string {
  const text = texts.join('; ')
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text
}

/**
 * The same, with the texts noted in the trip while they are wanted.
 * @param wanted asked for every trip: the level may change while the gateway runs
 */
export function withTexts(execute: Execute, wanted: () => boolean): Execute {
  return (ctx, trip, body) => {
    if (!wanted()) return execute(ctx, trip, body)
    const texts: string[] = []
    return execute(ctx, { ...trip, texts }, (connection) => {
      // A second attempt begins anew.
      texts.length = 0
      return body(telling(connection, ({ text }) => texts.push(text)))
    })
  }
}

/** The connection itself, but that `tell` sees each statement first. */
function telling(connection: Connection, tell: (q: Compiled) => void): Connection {
  const told: Pick<Connection, 'run' | 'stream' | 'transaction'> = {
    run: (q, values, o) => {
      tell(q)
      return connection.run(q, values, o)
    },
    stream: (q, values, o) => {
      tell(q)
      return connection.stream(q, values, o)
    },
    transaction: (o, body) =>
      connection.transaction(o, (t) =>
        body({
          run: (q, values, how) => {
            tell(q)
            return t.run(q, values, how)
          },
        }),
      ),
  }
  return new Proxy(connection, {
    get: (target, key) => {
      const member: unknown = Reflect.get(key in told ? told : target, key)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
