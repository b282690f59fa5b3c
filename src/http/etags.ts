/** If-Match and If-None-Match (RFC 9110 sections 13.1.1 and 13.1.2). */
import { GatewayError } from '#base/errors.ts'
import { shown } from './refuse.ts'

/**
 * Reads a list of entity tags, or `*`. If-Match compares strongly, so weak tags can match nothing and are left out;
 * If-None-Match compares weakly, so `W/` does not count.
 * @returns the texts between the quotes
 * @throws GatewayError malformed_header
 */
export function parseEtags(header: string, name: 'If-Match' | 'If-None-Match'): readonly string[] | '*' {
  if (header.trim() === '*') return '*'
  const tags: string[] = []
  const element = /[ \t]*(?:(W\/)?"([!#-~\x80-\xff]*)"[ \t]*)?(?:,|$)/y
  let found = false
  while (element.lastIndex < header.length) {
    const match = element.exec(header)
    if (match === null)
      throw new GatewayError('malformed_header', `${name}: "${shown(header)}" is no list of entity tags`, {
        facts: { header: name },
      })
    if (match[2] === undefined) continue
    found = true
    if (match[1] === undefined || name === 'If-None-Match') tags.push(match[2])
  }
  if (!found)
    throw new GatewayError('malformed_header', `${name}: holds no entity tag`, { facts: { header: name } })
  return tags
}
