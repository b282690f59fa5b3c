/** If-Match and If-None-Match of a request. What is asked for and cannot be kept is refused: ignoring it would lose somebody's update. */
import { GatewayError } from '#base/errors.ts'
import { parseEtags } from './etags.ts'

type Tags = readonly string[] | '*' | undefined
type Header = (name: string) => string | undefined

/** What an answer is held against. */
export interface Conditions {
  readonly ifMatch: Tags
  readonly ifNoneMatch: Tags
}

export const noConditions: Conditions = Object.freeze({ ifMatch: undefined, ifNoneMatch: undefined })

const refused = (header: 'If-Match' | 'If-None-Match', why: string) =>
  new GatewayError('malformed_header', `${header}: ${why}`, { facts: { header } })

/**
 * Judges the conditions of a request whose answer has no entity tag (RFC 9110 section 13.1). That none of some tags
 * match holds there by itself, as long as nothing is written.
 * @param what has none, as the refusal says: `a collection`
 * @throws GatewayError malformed_header
 */
export function checkUntagged(header: Header, what: string, safe: boolean): void {
  if (header('if-match') !== undefined) throw refused('If-Match', `${what} has no entity tag to match`)
  const none = header('if-none-match')
  if (none === undefined) return
  if (!safe || parseEtags(none, 'If-None-Match') === '*')
    throw refused('If-None-Match', `${what} has no entity tag to match`)
}

/**
 * Reads the conditions of a GET or HEAD of rows.
 * @throws GatewayError malformed_header for tags that cannot be read, and for a collection, which has none
 */
export function readConditions(header: Header, keyed: boolean): Conditions {
  if (!keyed) {
    checkUntagged(header, 'a collection', true)
    return noConditions
  }
  const match = header('if-match')
  const none = header('if-none-match')
  if (match === undefined && none === undefined) return noConditions
  return {
    ifMatch: match === undefined ? undefined : parseEtags(match, 'If-Match'),
    ifNoneMatch: none === undefined ? undefined : parseEtags(none, 'If-None-Match'),
  }
}

/**
 * Reads the conditions of a write.
 * @throws GatewayError malformed_header for tags that cannot be read, If-Match of a collection, any If-None-Match
 *   but `*` of a PUT, and both of them
 */
export function writeConditions(
  header: Header,
  method: string,
  keyed: boolean,
): { readonly ifMatch: Tags; readonly ifNoneMatchAny: boolean } {
  const match = header('if-match')
  const none = header('if-none-match')
  if (match !== undefined && !keyed)
    throw refused('If-Match', `${method} of a collection has no entity tag to match`)
  const ifNoneMatch = none === undefined ? undefined : parseEtags(none, 'If-None-Match')
  if (ifNoneMatch !== undefined && (ifNoneMatch !== '*' || method !== 'PUT'))
    throw refused('If-None-Match', 'of writes only PUT takes it, and only as *')
  if (match !== undefined && ifNoneMatch !== undefined)
    throw refused(
      'If-None-Match',
      '* wants a row that is not there, and If-Match one that is: no write keeps both',
    )
  return {
    ifMatch: match === undefined ? undefined : parseEtags(match, 'If-Match'),
    ifNoneMatchAny: ifNoneMatch === '*',
  }
}
