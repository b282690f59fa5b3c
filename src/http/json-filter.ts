/** The filter language as JSON: `filter={"or":[{"status":"open"},{"total":{"gt":100}}]}`. */
import type { Filter, JsonValue, Operator } from '#contract/request.ts'
import { allOf, behind, type Collector, checkDepth, compare, fieldOf } from './conditions.ts'
import { isRawNumber, parseJsonText } from './json.ts'
import { isOperator, keyStops, type Path, type Reader, readPath, unexpected } from './names.ts'
import { invalid, unknownOperator } from './refuse.ts'

type JsonObject = { readonly [key: string]: JsonValue }

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)

function readKey(key: string, parameter: string): Path {
  const reader: Reader = { text: key, parameter, at: 0 }
  const path = readPath(reader, keyStops)
  if (reader.at < key.length) throw unexpected(reader, '"." or the end of the name')
  return path
}

/** SQL compares nothing with NULL, so `null` is allowed only where it can mean the null test. */
function jsonCompare(
  collector: Collector,
  field: string,
  operator: Operator,
  value: JsonValue,
  parameter: string,
): Filter {
  switch (operator) {
    case 'null':
      if (typeof value !== 'boolean') throw invalid(parameter, 'null takes true or false')
      return compare(collector, field, 'null', String(value), parameter)
    case 'in':
    case 'nin':
    case 'between':
      if (!Array.isArray(value)) throw invalid(parameter, `${operator} takes a list`)
      if (value.includes(null))
        throw invalid(parameter, `${operator} takes no null in its list; add a condition "null": true`)
      if (operator === 'between' && value.length !== 2)
        throw invalid(parameter, `between takes two values, found ${value.length}`, { actual: value.length })
      return compare(collector, field, operator, value, parameter)
    default:
      if (value !== null) return compare(collector, field, operator, value, parameter)
      if (operator === 'eq') return compare(collector, field, 'null', 'true', parameter)
      if (operator === 'neq') return compare(collector, field, 'null', 'false', parameter)
      throw invalid(parameter, `${operator} takes no null`)
  }
}

/** One member that is no logic word: a comparison, several comparisons, or conditions on a related row. */
function member(
  collector: Collector,
  path: Path,
  value: JsonValue,
  parameter: string,
  depth: number,
): Filter[] {
  if (isObject(value)) {
    const keys = Object.keys(value)
    const known = keys.filter(isOperator)
    if (known.length === 0) {
      checkDepth(collector, depth + path.length, parameter)
      const items = members(collector, value, parameter, depth + path.length)
      if (items.length === 0) collector.conditions++
      return [behind(path, path.length, allOf(items) ?? { kind: 'and', items }, parameter)]
    }
    if (known.length < keys.length) {
      const other = keys.find((key) => !isOperator(key)) as string
      throw unknownOperator(
        parameter,
        other,
        `; a field named "${known[0]}" is written "\\"${known[0]}\\"" there`,
      )
    }
  }
  checkDepth(collector, depth + path.length - 1, parameter)
  const field = fieldOf(path, parameter)
  const items = isObject(value)
    ? Object.entries(value).map(([operator, operand]) =>
        jsonCompare(collector, field, operator as Operator, operand, `${parameter}.${operator}`),
      )
    : [jsonCompare(collector, field, 'eq', value, parameter)]
  const all = allOf(items) as Filter
  return path.length === 1 ? items : [behind(path, path.length - 1, all, parameter)]
}

/** Conditions of an object that must not be empty, because an empty alternative would silently mean all rows. */
function required(
  collector: Collector,
  value: JsonValue | undefined,
  parameter: string,
  depth: number,
): Filter {
  if (value === undefined || !isObject(value)) throw invalid(parameter, 'must be an object of conditions')
  const item = allOf(members(collector, value, parameter, depth))
  if (item === undefined) throw invalid(parameter, 'must hold at least one condition')
  return item
}

function members(collector: Collector, object: JsonObject, parameter: string, depth: number): Filter[] {
  const items: Filter[] = []
  for (const [key, value] of Object.entries(object)) {
    const at = `${parameter}.${key}`
    if (key === 'and' || key === 'or') {
      if (!Array.isArray(value) || value.length === 0)
        throw invalid(
          at,
          `takes a list of at least one object; a field of this name is written "\\"${key}\\""`,
        )
      items.push({
        kind: key,
        items: value.map((entry: JsonValue, i) => required(collector, entry, `${at}.${i}`, depth)),
      })
    } else if (key === 'not') {
      items.push({ kind: 'not', item: required(collector, value, at, depth) })
    } else {
      items.push(...member(collector, readKey(key, at), value, at, depth))
    }
  }
  return items
}

/**
 * Reads a JSON filter. Members of an object must all hold. A member is
 * - `and`, `or`: a list of objects; `not`: an object. Unquoted, these three words are always logic; a field of that
 *   name is written in double quotes within the key, `{"\"not\"": 1}`, which works for every name;
 * - `field: value`: equality; null is the null test, also as `{"eq": null}` and `{"neq": null}`;
 * - `field: {operator: value, …}`: all of them, when every key is an operator;
 * - `relation: {…}`: some one related row fulfils all of it, when no key is an operator; `{}`: there is a related row.
 *   A related field named like an operator is quoted too, or reached as `relation.field`.
 * Keys may be dotted paths with hints, as in the flat form. The depth of JSON is checked before parsing.
 * @returns undefined for the empty object
 * @throws GatewayError invalid_parameter naming the member by its path, unknown_operator, too_complex
 */
export function parseJsonFilter(collector: Collector, text: string, parameter: string): Filter | undefined {
  const value = parseJsonText(text, {
    maxDepth: collector.limits.jsonDepth,
    maxItems: undefined,
    what: parameter,
    codes: { syntax: 'invalid_parameter', depth: 'too_complex', value: 'invalid_parameter' },
  }) as JsonValue
  if (!isObject(value)) throw invalid(parameter, 'must be a JSON object')
  return allOf(members(collector, value, parameter, 0))
}
