/** Error → what the log may hold of it: a whitelist, because errors of drivers carry statements, values and secrets. */

/** One error of a chain of causes. */
export interface ErrorDescription {
  readonly name: string
  /** SQLSTATE, errno word (ECONNREFUSED) or Postern's own code. */
  readonly code?: string
  readonly message?: string
  /** Frames only, without the message at their head. */
  readonly stack?: readonly string[]
  readonly cause?: ErrorDescription
  /** The single failures behind an AggregateError (connecting to several addresses). */
  readonly errors?: readonly ErrorDescription[]
}

const maxDepth = 6
const maxFrames = 20
const maxErrors = 4
const maxMessage = 500

const textOf = (error: object, key: string): string | undefined => {
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' ? value : undefined
}

/**
 * Messages that quote what they were given. SQLSTATE class 22 (data exceptions) does so with values
 * (`invalid input syntax for type integer: "…"`), class P0 says whatever a routine's author raised, and a
 * SyntaxError of JSON.parse shows a piece of the body. Errors of other servers say of themselves whether they do.
 */
const mayHoldValues = (error: object, name: string, code: string | undefined) =>
  name === 'SyntaxError' ||
  Reflect.get(error, 'quotesValues') === true ||
  (code !== undefined && /^(22|P0)[0-9A-Z]{3}$/.test(code))

function frames(error: object, message: string | undefined): readonly string[] {
  const stack = textOf(error, 'stack') ?? ''
  // The head of a stack repeats the message, and a message may itself look like frames.
  const head = message ? stack.indexOf(message) : -1
  return stack
    .slice(head < 0 ? 0 : head + (message as string).length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, maxFrames)
    .map((line) => line.slice(7))
}

/**
 * Name, code, message, frames and causes of whatever was thrown. Nothing else is read: `query`, `parameters`,
 * `detail`, `hint`, `where` and the like of a driver's error cannot get through, nor anything enumerable.
 * @param o.stack whether to include frames
 */
export function describeError(thrown: unknown, o: { stack: boolean }, depth = 0): ErrorDescription {
  if (typeof thrown !== 'object' || thrown === null) return { name: `thrown ${typeof thrown}` }
  const name = (textOf(thrown, 'name') ?? 'Object').slice(0, 80)
  const code = textOf(thrown, 'code')
  const message = textOf(thrown, 'message')
  const cause: unknown = Reflect.get(thrown, 'cause')
  const errors: unknown = Reflect.get(thrown, 'errors')
  const deeper = depth < maxDepth
  const codeFits = code !== undefined && /^[A-Za-z0-9_]{1,40}$/.test(code)
  return {
    name,
    ...(codeFits ? { code } : {}),
    ...(message && !mayHoldValues(thrown, name, code) ? { message: message.slice(0, maxMessage) } : {}),
    ...(o.stack ? { stack: frames(thrown, message) } : {}),
    ...(deeper && cause !== undefined ? { cause: describeError(cause, o, depth + 1) } : {}),
    ...(deeper && Array.isArray(errors)
      ? { errors: errors.slice(0, maxErrors).map((e) => describeError(e, { stack: false }, depth + 1)) }
      : {}),
  }
}
