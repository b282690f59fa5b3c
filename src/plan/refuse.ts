/** Refusals of planning, worded alike: the offending parameter or field first, then the numbers and what exists. */
import { type ErrorFacts, GatewayError } from '#base/errors.ts'
import { nearest } from '#base/nearest.ts'
import type { ValueType } from '#catalog/model.ts'

/** Where a value or a name came from, so that errors can blame it. */
export interface Place {
  /** Parameter of the URL (`total[gt]`), member of a body (`total`), or an element of one (`tags[2]`). */
  readonly name: string
  /** The query string or path, or a body. */
  readonly source: 'url' | 'body'
  /** Number of the row in a body that is a list, from 1. */
  readonly row?: number
  /** Values are texts whatever their type: URLs and CSV. There, JSON and lists are JSON text. */
  readonly texts: boolean
  /** The value is to be stored, so that it must fit length and scale of its column. */
  readonly stored: boolean
}

/** Whether a value must fit into the limits of its type, where it would be cut or rounded. */
export const isHeld = (type: ValueType, place: Place): boolean => place.stored || type.limitsCompared === true

/** Most names an error lists; the catalogue of the API has them all. */
const mostNames = 100

const longestEcho = 100

/** Client text as an error repeats it: cut to 100 characters, so that no answer grows with the request. */
export const shown = (text: string): string =>
  text.length <= longestEcho ? text : `${text.slice(0, longestEcho)}…`.toWellFormed()

/** `1 digit`, `2 digits`. */
export const counted = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`

/** A value that cannot be taken: `invalid_parameter` when it came with the URL, else `bad_value`. */
export function refusal(place: Place, why: string, facts: ErrorFacts = {}): GatewayError {
  const name = shown(place.name)
  if (place.source === 'url')
    return new GatewayError('invalid_parameter', `${name}: ${why}`, { facts: { parameter: name, ...facts } })
  const row = place.row === undefined ? {} : { row: place.row }
  const at = place.row === undefined ? name : `row ${place.row}, ${name}`
  return new GatewayError('bad_value', `${at}: ${why}`, { facts: { field: name, ...row, ...facts } })
}

/** A parameter whose value or combination its meaning does not allow. */
export const invalid = (parameter: string, why: string, facts: ErrorFacts = {}): GatewayError =>
  new GatewayError('invalid_parameter', `${shown(parameter)}: ${why}`, {
    facts: { parameter: shown(parameter), ...facts },
  })

/** The names that exist, and the one that may have been meant, for the facts of an error. */
export function choices(list: string, names: readonly string[], wanted: string): ErrorFacts {
  const meant = nearest(wanted, names)
  return { [list]: names.slice(0, mostNames), ...(meant === undefined ? {} : { nearest: meant }) }
}

/** `; did you mean "total"?`, or nothing. */
export function didYouMean(names: readonly string[], wanted: string): string {
  const meant = nearest(wanted, names)
  return meant === undefined ? '' : `; did you mean "${meant}"?`
}
