/** JSON in which no number loses a digit (ECMA-262 2026, JSON.parse source text access; not yet in TypeScript's library). */

/** A number as its own text: what JSON.rawJSON makes. */
export interface RawNumber {
  readonly rawJSON: string
}

const exact = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): boolean
}

export const isRawNumber = (value: unknown): value is RawNumber => exact.isRawJSON(value)

/** Whether a JSON value is an object with members, rather than a list, null, or a number kept as text. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)

/** The digits of a number, however it was kept; undefined for anything else. */
export const numberText = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : isRawNumber(value) ? value.rawJSON : undefined

/**
 * Parses text whose numbers a double would print otherwise into raw numbers.
 * @returns undefined when the text is no JSON
 */
export function parseExact(text: string): { readonly value: unknown } | undefined {
  try {
    const value = exact.parse(text, (_key, inner, { source }) =>
      typeof inner === 'number' && source !== undefined && String(inner) !== source
        ? exact.rawJSON(source)
        : inner,
    )
    return { value }
  } catch {
    return undefined
  }
}
