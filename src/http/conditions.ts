/** Conditions: what all parts of one request's query collect together, and the flat form `path[operator]=text`. */
import type { Filter, Operator, RawValue } from '#contract/request.ts'
import type { FormLimits } from './limits.ts'
import { type Path, peek, type Reader, readQuoted, unexpected } from './names.ts'
import { invalid, tooComplex } from './refuse.ts'

/** Collects the values of one request and counts what is limited; `checkTotals` judges the counts. */
export interface Collector {
  readonly limits: FormLimits
  readonly values: RawValue[]
  conditions: number
  embeds: number
}

export const newCollector = (limits: FormLimits): Collector => ({
  limits,
  values: [],
  conditions: 0,
  embeds: 0,
})

/**
 * Judges the totals of a request once all of it is read (its length is bounded by the longest URL).
 * @throws GatewayError too_complex
 */
export function checkTotals({ limits, conditions, embeds }: Collector): void {
  if (conditions > limits.maxConditions)
    throw tooComplex('filter', 'number of conditions', limits.maxConditions, conditions)
  if (embeds > limits.maxEmbeds) throw tooComplex('select', 'number of embeds', limits.maxEmbeds, embeds)
}

/**
 * Judges how deep relations nest, before anything recurses into them.
 * @throws GatewayError too_complex
 */
export function checkDepth({ limits }: Collector, depth: number, parameter: string): void {
  if (depth > limits.maxDepth)
    throw tooComplex(parameter, 'depth of nested relations', limits.maxDepth, depth)
}

/** Conditions that must all hold; none: no filter. */
export function allOf(items: readonly Filter[]): Filter | undefined {
  return items.length > 1 ? { kind: 'and', items } : items[0]
}

/** Keeps a value and makes the condition on it. Each started hundred of list values counts as one condition. */
export function compare(
  collector: Collector,
  field: string,
  operator: Operator,
  value: RawValue,
  parameter: string,
): Filter {
  const length = Array.isArray(value) && (operator === 'in' || operator === 'nin') ? value.length : 1
  if (length > collector.limits.maxListValues)
    throw tooComplex(parameter, 'number of values', collector.limits.maxListValues, length)
  collector.conditions += Math.max(1, Math.ceil(length / 100))
  const slot = collector.values.push(value) - 1
  return operator === 'null'
    ? { kind: 'compare', field, operator, slot, flag: value === 'true', parameter }
    : { kind: 'compare', field, operator, slot, parameter }
}

/**
 * Splits the text of a list at commas. An item that begins with a double quote goes to the closing one, with `\"`
 * and `\\` as escapes; other items are taken as they stand. The empty text is the empty list (`""` is a list of one
 * empty text), so that joining no values gives no values.
 * @throws GatewayError invalid_parameter naming the place
 */
export function parseList(text: string, parameter: string): string[] {
  const items: string[] = []
  if (text === '') return items
  const reader: Reader = { text, parameter, at: 0 }
  for (;;) {
    if (peek(reader) === '"') {
      items.push(readQuoted(reader))
    } else {
      const comma = text.indexOf(',', reader.at)
      const end = comma < 0 ? text.length : comma
      items.push(text.slice(reader.at, end))
      reader.at = end
    }
    if (reader.at === text.length) return items
    if (peek(reader) !== ',') throw unexpected(reader, '"," or the end')
    reader.at++
  }
}

function flatValue(operator: Operator, text: string, parameter: string): RawValue {
  switch (operator) {
    case 'in':
    case 'nin':
      return parseList(text, parameter)
    case 'between': {
      const bounds = parseList(text, parameter)
      if (bounds.length !== 2)
        throw invalid(parameter, `between takes two values, found ${bounds.length}`, {
          actual: bounds.length,
        })
      return bounds
    }
    case 'null':
      if (text !== 'true' && text !== 'false') throw invalid(parameter, 'null takes true or false')
      return text
    default:
      return text
  }
}

/** The field a path ends in, which has no hint. */
export function fieldOf(path: Path, parameter: string): string {
  const field = path[path.length - 1]
  if (field === undefined) throw invalid(parameter, 'a field is missing')
  if (field.hint !== undefined)
    throw invalid(parameter, `"${field.name}" is compared, so it is a field, and fields take no !hint`)
  return field.name
}

/** Puts `item` behind the relations of `path` up to `count`, the first outermost. */
export function behind(path: Path, count: number, item: Filter, parameter: string): Filter {
  return path
    .slice(0, count)
    .reduceRight<Filter>((inner, relation) => ({ kind: 'related', relation, item: inner, parameter }), item)
}

/**
 * The condition `path[operator]=text`. Relations before the field become one EXISTS for each parameter.
 * @throws GatewayError invalid_parameter, too_complex
 */
export function flatCondition(
  collector: Collector,
  path: Path,
  operator: Operator,
  text: string,
  parameter: string,
): Filter {
  checkDepth(collector, path.length - 1, parameter)
  const field = fieldOf(path, parameter)
  const item = compare(collector, field, operator, flatValue(operator, text, parameter), parameter)
  return path.length === 1 ? item : behind(path, path.length - 1, item, parameter)
}
