/** Prefer → preferences (RFC 7240). */
import { GatewayError } from '#base/errors.ts'
import type { Preferences } from '#contract/request.ts'
import { readPair, splitOutsideQuotes } from './header-list.ts'
import { shown } from './refuse.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Whose header it is: a preference means something in some requests, and nothing in others. `row`: a read by key. */
export type Preferring = 'read' | 'row' | 'write' | 'call' | 'batch'

interface Known {
  /** As errors list it. */
  readonly form: string
  readonly of: readonly Preferring[]
}

/** Every preference that is understood, and in which requests. */
const known: ReadonlyMap<string, Known> = new Map([
  ['return', { form: 'return=minimal|representation', of: ['write'] }],
  ['count', { form: 'count=exact|estimated', of: ['read'] }],
  ['max-affected', { form: 'max-affected=N', of: ['write'] }],
  ['wait', { form: 'wait=seconds', of: ['read', 'row', 'write', 'call', 'batch'] }],
  ['handling', { form: 'handling=strict|lenient', of: ['read', 'row', 'write', 'call', 'batch'] }],
])

/** Why a belt cannot be kept on; a read touches no rows, so there it holds by itself. */
const beltless: Readonly<Partial<Record<Preferring, string>>> = {
  call: 'nobody can tell how many rows a routine touches',
  batch: 'it guards one write, so it stands in the headers of an item',
}

const none: Preferences = Object.freeze({})

/** Applies one preference; false: it is not understood. */
function apply(name: string, value: string, into: Writable<Preferences>): boolean {
  switch (name) {
    case 'return':
      if (value !== 'minimal' && value !== 'representation') return false
      into.return = value
      return true
    case 'count':
      if (value !== 'exact' && value !== 'estimated') return false
      into.count = value
      return true
    case 'wait':
      // RFC 7240 has whole seconds; fractions are ours.
      if (!/^\d{1,9}(\.\d{1,3})?$/.test(value)) return false
      into.wait = Number(value)
      return true
    case 'max-affected':
      // A belt that is not understood must not be taken off silently.
      if (!/^\d{1,15}$/.test(value))
        throw new GatewayError(
          'malformed_header',
          `Prefer: max-affected=${shown(value)} is no whole number`,
          {
            facts: { header: 'Prefer', preference: 'max-affected' },
          },
        )
      into.maxAffected = Number(value)
      return true
    case 'handling':
      return value === 'strict' || value === 'lenient'
    default:
      return false
  }
}

/**
 * Reads Prefer, several headers joined by commas. The first of repeated preferences counts, parameters are not looked
 * at, and what is not understood or means nothing in this request is ignored, all as RFC 7240 has it, unless
 * `handling=strict` is among them.
 * @param item an item of a batch, which has no deadline of its own
 * @returns those that will be honoured
 * @throws GatewayError malformed_header when it cannot be read, for a max-affected that is bad or cannot be kept, and
 *   under handling=strict for what would be ignored, with the list of what is not
 */
export function parsePreferences(header: string | undefined, request: Preferring, item = false): Preferences {
  if (header === undefined || header === '') return none
  const preferences: Writable<Preferences> = {}
  const seen = new Set<string>()
  const ignored: string[] = []
  let strict = false
  const means = (name: string) => known.get(name)?.of.includes(request) === true && !(item && name === 'wait')
  for (const element of splitOutsideQuotes(header, ',')) {
    const text = splitOutsideQuotes(element, ';')[0] ?? ''
    const pair = readPair(text)
    if (pair === undefined)
      throw new GatewayError('malformed_header', `Prefer: "${shown(element)}" cannot be read`, {
        facts: { header: 'Prefer' },
      })
    const { name, value } = pair
    if (seen.has(name)) continue
    seen.add(name)
    if (name === 'handling') strict = value === 'strict'
    const reason = beltless[request]
    if (name === 'max-affected' && reason !== undefined)
      throw new GatewayError('malformed_header', `Prefer: max-affected cannot be kept here: ${reason}`, {
        facts: { header: 'Prefer', preference: name },
      })
    if (!means(name) || !apply(name, value, preferences)) ignored.push(shown(text))
  }
  if (strict && ignored.length > 0) {
    const taken = [...known].filter(([name]) => means(name)).map(([, { form }]) => form)
    throw new GatewayError(
      'malformed_header',
      `Prefer: handling=strict, and without a meaning here: ${shown(ignored.join(', '))}; understood are ${taken.join(', ')}`,
      { facts: { header: 'Prefer', unknown: ignored.slice(0, 20), known: taken } },
    )
  }
  return preferences
}
