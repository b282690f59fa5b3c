/** Prefer → preferences (RFC 7240). */
import { GatewayError } from '#base/errors.ts'
import type { Preferences } from '#contract/request.ts'
import { readPair, splitOutsideQuotes } from './header-list.ts'
import { shown } from './refuse.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Every preference that is understood, as errors list it. */
const known: readonly string[] = [
  'return=minimal|representation',
  'count=exact|estimated',
  'max-affected=N',
  'wait=seconds',
  'handling=strict|lenient',
]

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
 * at, and what is not understood is ignored, all as RFC 7240 has it, unless `handling=strict` is among them.
 * @throws GatewayError malformed_header when it cannot be read, for a bad max-affected, and under handling=strict for
 *   what is not understood, with the list of what is
 */
export function parsePreferences(header: string | undefined): Preferences {
  if (header === undefined || header === '') return none
  const preferences: Writable<Preferences> = {}
  const seen = new Set<string>()
  const unknown: string[] = []
  let strict = false
  for (const element of splitOutsideQuotes(header, ',')) {
    const text = splitOutsideQuotes(element, ';')[0] ?? ''
    const pair = readPair(text)
    if (pair === undefined)
      throw new GatewayError('malformed_header', `Prefer: "${shown(element)}" cannot be read`, {
        facts: { header: 'Prefer' },
      })
    if (seen.has(pair.name)) continue
    seen.add(pair.name)
    if (pair.name === 'handling') strict = pair.value === 'strict'
    if (!apply(pair.name, pair.value, preferences)) unknown.push(shown(text))
  }
  if (strict && unknown.length > 0)
    throw new GatewayError(
      'malformed_header',
      `Prefer: handling=strict, and not understood: ${shown(unknown.join(', '))}; understood are ${known.join(', ')}`,
      { facts: { header: 'Prefer', unknown: unknown.slice(0, 20), known } },
    )
  return preferences
}
