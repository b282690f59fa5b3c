/** What a use case hands to the HTTP side: bytes and facts, no status text, no headers. */
import type { MediaType } from '#contract/request.ts'

export interface PageInfo {
  /** Rows before the page; undefined behind a cursor, which does not know. */
  readonly offset: number | undefined
  readonly rows: number
  readonly total: number | undefined
  /** How to reach the next page; undefined on the last one. */
  readonly next: { readonly after: string } | { readonly offset: number } | undefined
}

/** `etag` without quotes; undefined when the answer has none. */
export type Answer =
  | {
      readonly kind: 'rows'
      readonly media: MediaType
      readonly body: Uint8Array
      /** Nobody else has the body: its buffer may be given back when it has been sent (#base/buffers.ts). */
      readonly lent?: true
      readonly page: PageInfo
    }
  | {
      readonly kind: 'row'
      readonly media: MediaType
      readonly body: Uint8Array
      readonly etag: string | undefined
      readonly created: boolean
      readonly key: readonly (string | null)[]
    }
  | {
      readonly kind: 'written'
      readonly affected: number
      readonly etag: string | undefined
      readonly created: boolean
      readonly key: readonly (string | null)[]
    }
  | { readonly kind: 'value'; readonly media: MediaType; readonly body: Uint8Array }
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'stream'
      readonly media: MediaType
      readonly run: (write: (chunk: Uint8Array) => Promise<void>) => Promise<{ rows: number }>
    }
