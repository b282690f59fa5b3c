/** Raw values, as they came from URL or body → the texts that statements bind. Every check of a value is here or in the files it calls. Pure. */
import type { ValueType } from '#catalog/model.ts'
import { isObject, parseExact } from './exact-json.ts'
import { decimalText, floatText, integerText } from './numbers.ts'
import { choices, isHeld, type Place, refusal, shown } from './refuse.ts'
import { dateText, datetimeText, timestampText, timeText } from './times.ts'

/**
 * The text of one value that is not null, as the casts of engines take it. Lists and composites become JSON text whose
 * innermost values are such texts again (`["1",null]`); binary stays base64; JSON is JSON text.
 * @throws GatewayError invalid_parameter or bad_value (by the place), naming the place, the type and the limit it broke
 */
export function valueText(type: ValueType, raw: unknown, place: Place): string {
  switch (type.canonical) {
    case 'string':
      return stringText(type, raw, place)
    case 'integer':
      return integerText(type, raw, place)
    case 'decimal':
      return decimalText(type, raw, place)
    case 'float':
      return floatText(raw, place)
    case 'boolean':
      return booleanText(raw, place)
    case 'timestamp':
      return timestampText(type, raw, place)
    case 'datetime':
      return datetimeText(type, raw, place)
    case 'date':
      return dateText(raw, place)
    case 'time':
      return timeText(type, raw, place)
    case 'binary':
      return binaryText(raw, place)
    case 'json':
    case 'array':
      return structuredText(type, raw, place)
    default:
      return type.canonical satisfies never
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A text without what no database stores. */
function plainText(raw: unknown, place: Place): string {
  if (typeof raw !== 'string') throw refusal(place, 'must be a string', { expected: 'string' })
  if (raw.includes('\0')) throw refusal(place, 'holds a NUL character, which no database stores')
  if (!raw.isWellFormed()) throw refusal(place, 'holds half a surrogate pair, which is no character')
  return raw
}

function stringText(type: ValueType, raw: unknown, place: Place): string {
  const text = plainText(raw, place)
  const { labels, maxLength, maxBytes } = type
  if (labels !== undefined && !labels.includes(text)) {
    const some = labels.length > 20 ? [...labels.slice(0, 20), '…'] : labels
    throw refusal(place, `must be one of ${some.join(', ')}`, choices('values', labels, text))
  }
  if (type.family === 'uuid' && !uuid.test(text))
    throw refusal(place, 'must be a UUID', { expected: 'string' })
  if (place.stored && maxLength !== undefined && text.length > maxLength) {
    // Databases count characters, JavaScript counts UTF-16 units.
    const length = [...text].length
    if (length > maxLength)
      throw refusal(place, `has ${length} characters, at most ${maxLength}`, { maxLength, actual: length })
  }
  if (isHeld(type, place) && maxBytes !== undefined) {
    const bytes = Buffer.byteLength(text)
    if (bytes > maxBytes && !(maxBytes === 1 && octal.test(text)))
      throw refusal(place, `has ${bytes} bytes, at most ${maxBytes}`, { maxBytes, actual: bytes })
  }
  return text
}

/** How a single byte is written that is no character of its own. */
const octal = /^\\[0-3][0-7]{2}$/

function booleanText(raw: unknown, place: Place): string {
  if (raw === true || raw === 'true') return 'true'
  if (raw === false || raw === 'false') return 'false'
  throw refusal(place, 'must be true or false', { expected: 'boolean' })
}

/** Node decodes whatever looks remotely like base64, so only what it would write itself is taken. */
function binaryText(raw: unknown, place: Place): string {
  if (
    typeof raw === 'string' &&
    raw.length % 4 === 0 &&
    Buffer.from(raw, 'base64').toString('base64') === raw
  )
    return raw
  throw refusal(place, 'must be base64 with padding (RFC 4648 section 4)', { expected: 'binary' })
}

/** A list, composite or document as one JSON text. Where all values are texts it came as JSON text. */
function structuredText(type: ValueType, raw: unknown, place: Place): string {
  if (!place.texts || typeof raw !== 'string') return jsonText(type, raw, place)
  const parsed = parseExact(raw)
  if (parsed === undefined) {
    const what = type.canonical === 'array' ? 'a list as JSON text, such as ["a","b"]' : 'JSON text'
    throw refusal(place, `must be ${what}`, { expected: type.canonical })
  }
  if (type.canonical === 'json' && type.members === undefined) return raw
  return jsonText(type, parsed.value, { ...place, texts: false })
}

/** A value inside JSON: what the engine shall take as it is stays JSON, everything else is the string of its text. */
function jsonText(type: ValueType, raw: unknown, place: Place): string {
  if (type.canonical === 'array') return listText(type.element, raw, place)
  if (type.members !== undefined) return compositeText(type.members, raw, place)
  if (type.canonical === 'json') return JSON.stringify(raw)
  return JSON.stringify(valueText(type, raw, place))
}

/** Dimensions of a list; PostgreSQL's MAXDIM, and no other engine has more. */
const mostDimensions = 6

/** Lists within a list are further dimensions, as long as the element is no list or document itself. */
function listText(element: ValueType | undefined, raw: unknown, place: Place, dimension = 1): string {
  if (!Array.isArray(raw)) throw refusal(place, 'must be a list', { expected: 'array' })
  if (dimension > mostDimensions)
    throw refusal(place, `has more than ${mostDimensions} dimensions`, { expected: 'array' })
  if (element === undefined) return JSON.stringify(raw)
  const nests = element.canonical !== 'array' && element.canonical !== 'json'
  const items = raw.map((item: unknown, i) => {
    const at = { ...place, name: `${place.name}[${i}]` }
    if (item === null) return 'null'
    return nests && Array.isArray(item)
      ? listText(element, item, at, dimension + 1)
      : jsonText(element, item, at)
  })
  return `[${items.join(',')}]`
}

function compositeText(members: NonNullable<ValueType['members']>, raw: unknown, place: Place): string {
  if (!isObject(raw)) throw refusal(place, 'must be an object', { expected: 'json' })
  const names = members.map((member) => member.name)
  const stray = Object.keys(raw).find((name) => !names.includes(name))
  if (stray !== undefined)
    throw refusal(place, `has no member "${shown(stray)}"`, choices('members', names, stray))
  const texts = members
    .filter(({ name }) => Object.hasOwn(raw, name) && raw[name] !== null)
    .map(({ name, type }) => {
      const text = jsonText(type, raw[name], { ...place, name: `${place.name}.${name}` })
      return `${JSON.stringify(name)}:${text}`
    })
  return `{${texts.join(',')}}`
}

/**
 * A value to compare with.
 * @throws GatewayError as `valueText`, and for null, which nothing equals
 */
export function comparedText(type: ValueType, raw: unknown, place: Place): string {
  if (raw === null) throw refusal(place, 'takes no null; null is tested with the operator null')
  return valueText(type, raw, place)
}

/**
 * Values of a list to compare with.
 * @throws GatewayError as `comparedText`, and when it is no list
 */
export function listTexts(type: ValueType, raw: unknown, place: Place): readonly string[] {
  if (!Array.isArray(raw)) throw refusal(place, 'must be a list')
  return raw.map((item: unknown) => comparedText(type, item, place))
}

/**
 * A LIKE pattern as the client wrote it, with `\` as escape.
 * @throws GatewayError when it ends within an escape
 */
export function likePattern(raw: unknown, place: Place): string {
  const pattern = plainText(raw, place)
  // Counted from the end: the pattern /\\*$/ would begin again at every place of a long text.
  let end = pattern.length
  while (end > 0 && pattern[end - 1] === '\\') end--
  if ((pattern.length - end) % 2 === 1)
    throw refusal(place, 'ends with a backslash that escapes nothing; write it twice')
  return pattern
}

/** The LIKE pattern of a text that is meant literally: somewhere, at the start, at the end. */
export function literalPattern(where: 'contains' | 'starts' | 'ends', raw: unknown, place: Place): string {
  const text = plainText(raw, place).replaceAll(/[\\%_]/g, '\\$&')
  return `${where === 'starts' ? '' : '%'}${text}${where === 'ends' ? '' : '%'}`
}

/** Words to search for. */
export const searchText = plainText
