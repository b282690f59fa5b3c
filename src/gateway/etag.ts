/** ETags of single rows: the row's version, and a digest of the body where the version alone does not tell representations apart. */
import { hash } from 'node:crypto'
import type { MediaType, NumberStyle } from '#contract/request.ts'

/**
 * `<version>` for the plain JSON of the row itself, `<version>.<digest>` for anything else: embeds change without the
 * row, and RFC 9110 section 8.8.3 wants strong tags to differ between representations. If-Match looks at the version only.
 */
export function etagOf(
  version: string | null | undefined,
  body: Uint8Array,
  o: { embeds: boolean; media: MediaType; numbers: NumberStyle },
): string | undefined {
  if (version === null || version === undefined) return undefined
  if (!o.embeds && o.media === 'json' && o.numbers === 'default') return version
  return `${version}.${hash('sha1', body, 'base64url').slice(0, 16)}`
}
