/** A request once its form is understood and before any name in it is looked up. Values live apart in `values`, so that equal shapes share one plan. */

/** Index into the `values` of the request: the shape of a request never holds a value. */
export type Slot = number

/** One value as it came: text from a URL, a list of texts (`in`), or a JSON value from a body or a JSON filter. */
export type RawValue = string | readonly string[] | JsonValue

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** All filter operators, in the order they are documented. */
export const operators = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'nin',
  'between',
  'like',
  'ilike',
  'contains',
  'starts',
  'ends',
  'null',
  'search',
] as const
export type Operator = (typeof operators)[number]

/** A condition tree. `path` is relation names then a field: `['customer', 'country']`. `parameter` is what to blame in errors. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Filter[] }
  | { readonly kind: 'not'; readonly item: Filter }
  /** A related row exists that fulfils `item` (`{"items": {"quantity": {"gt": 5}, "price": {"lt": 3}}}`). */
  | {
      readonly kind: 'related'
      readonly relation: RelationRef
      readonly item: Filter
      readonly parameter: string
    }
  /** For `null`, `slot` holds 'true' or 'false' and `flag` repeats it because it changes the shape. For `in`/`nin` the slot holds a list; for `between` a list of two. */
  | {
      readonly kind: 'compare'
      readonly field: string
      readonly operator: Operator
      readonly slot: Slot
      readonly flag?: boolean
      readonly parameter: string
    }

/** `name` or `name!hint`. */
export interface RelationRef {
  readonly name: string
  readonly hint?: string
}

export interface OrderItem {
  readonly field: string
  readonly descending: boolean
  /** Undefined: NULL counts as the largest value. */
  readonly nulls?: 'first' | 'last'
}

export const aggregateFunctions = ['count', 'sum', 'avg', 'min', 'max'] as const
export type AggregateFunction = (typeof aggregateFunctions)[number]

export type SelectItem =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  /** `total.sum()` → output `total_sum`; `count()` → `count`. */
  | { readonly kind: 'aggregate'; readonly function: AggregateFunction; readonly field?: string }
  /** `customer(name,email)`, `buyer:customer!billing_id(name)`. */
  | { readonly kind: 'embed'; readonly relation: RelationRef; readonly alias?: string; readonly query: Query }

/** The query language, the same at the top and inside an embed. Undefined select: all fields, no relations. */
export interface Query {
  readonly select: readonly SelectItem[] | undefined
  readonly filter: Filter | undefined
  readonly order: readonly OrderItem[]
  /** Rows; undefined: the default (top) or none (embeds). */
  readonly limit: number | undefined
  readonly offset: number | undefined
}

/** How numbers are written: `numbers=string` also 64-bit integers as strings, `numbers=native` decimals bare. */
export type NumberStyle = 'default' | 'string' | 'native'

export type MediaType = 'json' | 'csv' | 'ndjson'

export interface Preferences {
  readonly return?: 'minimal' | 'representation'
  readonly count?: 'exact' | 'estimated'
  readonly maxAffected?: number
  /** Seconds; may only shorten the deadline. */
  readonly wait?: number
}

export interface ReadRequest {
  readonly kind: 'read'
  readonly resource: string
  /** Values of the key, in key order, percent-decoded; undefined for a collection. */
  readonly key: readonly string[] | undefined
  readonly query: Query
  /** The text of `after=`. */
  readonly after: string | undefined
  readonly values: readonly RawValue[]
  readonly media: MediaType
  readonly numbers: NumberStyle
  readonly preferences: Preferences
  /** Equal strings mean: the same plan serves both, only values differ. Covers everything above except values, key and after. */
  readonly shape: string
}

export interface WriteRequest {
  readonly kind: 'write'
  readonly operation: 'insert' | 'upsert' | 'update' | 'delete'
  readonly resource: string
  readonly key: readonly string[] | undefined
  /** filter and select only (select shapes the representation). */
  readonly query: Query
  readonly values: readonly RawValue[]
  /** Rows to write, as given: one for update and upsert; none for delete. Numbers that a double cannot hold are JSON.rawJSON objects. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Whether the body was an array. */
  readonly many: boolean
  /** The rows came as CSV: every value is a text or null, and lists and JSON are JSON text. */
  readonly csv?: boolean
  readonly media: MediaType
  readonly numbers: NumberStyle
  readonly preferences: Preferences
  readonly ifMatch: readonly string[] | '*' | undefined
  readonly ifNoneMatchAny: boolean
  /** Like ReadRequest.shape, for the filter and select part. */
  readonly shape: string
}

export interface CallRequest {
  readonly kind: 'call'
  readonly routine: string
  readonly method: 'GET' | 'POST'
  /** By parameter name; texts from a URL or JSON values from a body. */
  readonly args: Readonly<Record<string, unknown>>
  readonly media: MediaType
  readonly numbers: NumberStyle
  readonly preferences: Preferences
}
