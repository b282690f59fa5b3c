/** Numbers as texts: checked digit by digit, so that neither size nor precision is lost on the way. Pure. */
import type { ValueType } from '#catalog/model.ts'
import { numberText } from './exact-json.ts'
import { counted, isHeld, type Place, refusal } from './refuse.ts'

/** A decimal number apart: ± digits × 10^-scale, without zeros in front or at the end. */
interface Decimal {
  readonly negative: boolean
  /** Empty for zero. */
  readonly digits: string
  readonly scale: number
}

/** Exponents of at most six digits: PostgreSQL's numeric ends at 131,072 digits, doubles long before. */
const form = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,6}))?$/

function decimalOf(text: string): Decimal | undefined {
  const match = form.exec(text)
  if (match === null) return undefined
  const [, sign, mantissa = '', exponent = '0'] = match
  const point = mantissa.indexOf('.')
  const all = point < 0 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1)
  const fraction = point < 0 ? 0 : mantissa.length - point - 1
  let start = 0
  while (all[start] === '0') start++
  let end = all.length
  while (end > start && all[end - 1] === '0') end--
  const scale = fraction - (all.length - end) - Number(exponent)
  return { negative: sign === '-', digits: all.slice(start, end), scale: start === end ? 0 : scale }
}

/** Digits a number may have in front of its point where its type names no range. */
const mostDigits = 1000

/** Compares two integers written plainly, without zeros in front. */
function isAbove(a: string, b: string): boolean {
  const [negativeA, negativeB] = [a.startsWith('-'), b.startsWith('-')]
  if (negativeA !== negativeB) return negativeB
  const longer = a.length === b.length ? a > b : a.length > b.length
  return a !== b && longer !== negativeA
}

/** The text of a value that is a number, or a text that shall be one. */
const textOf = (raw: unknown): string | undefined => (typeof raw === 'string' ? raw : numberText(raw))

/** The plain digits of an integer; undefined when it is none, or has more digits than are looked at. */
function digitsOf(raw: unknown): string | undefined {
  const text = textOf(raw)
  const number = text === undefined ? undefined : decimalOf(text)
  if (number === undefined || number.scale > 0 || number.digits.length - number.scale > mostDigits)
    return undefined
  if (number.digits === '') return '0'
  return `${number.negative ? '-' : ''}${number.digits}${'0'.repeat(-number.scale)}`
}

/**
 * An integer as its plain digits. `1.0` and `1e3` are integers too: JSON does not tell them apart from `1` and `1000`.
 * @throws GatewayError when it is none, or outside the range of its type
 */
export function integerText(type: ValueType, raw: unknown, place: Place): string {
  const digits = digitsOf(raw)
  const { range } = type
  if (
    digits !== undefined &&
    (range === undefined || !(isAbove(range[0], digits) || isAbove(digits, range[1])))
  )
    return digits
  const bounds = range === undefined ? `of at most ${mostDigits} digits` : `from ${range[0]} to ${range[1]}`
  throw refusal(place, `must be an integer ${bounds}`, { expected: 'integer', ...(range && { range }) })
}

/** One spelling of a number, exact: `1.50` and `15e-1` are `15e-1`. Any other text stays as it is. */
export function plainNumber(text: string): string {
  const number = decimalOf(text)
  if (number === undefined) return text
  return number.digits === '' ? '0' : `${number.negative ? '-' : ''}${number.digits}e${-number.scale}`
}

/** What is no number and yet a value of float and of PostgreSQL's numeric (infinities since version 14). */
const special = new Set(['NaN', 'Infinity', '-Infinity'])

/**
 * A decimal as it was written, trailing zeros included: they are part of its value.
 * @throws GatewayError when it is none, or (to be stored) has more digits than its column keeps: databases would round
 */
export function decimalText(type: ValueType, raw: unknown, place: Place): string {
  const text = textOf(raw)
  const { precision, scale = 0 } = type
  // A column of limited digits holds NaN, but no infinity (PostgreSQL manual, "Numeric Types").
  if (text !== undefined && special.has(text) && type.family === 'numeric')
    if (text === 'NaN' || precision === undefined || !place.stored) return text
  const number = text === undefined ? undefined : decimalOf(text)
  if (text === undefined || number === undefined)
    throw refusal(place, 'must be a decimal number, such as 12.50', { expected: 'decimal' })
  if (!isHeld(type, place) || precision === undefined || number.digits === '') return text
  if (number.scale > scale) {
    const why =
      scale < 0
        ? `must be a multiple of 1${'0'.repeat(-scale)}`
        : `has ${counted(number.scale, 'digit')} behind the point, at most ${scale}`
    throw refusal(place, why, { expected: 'decimal', scale })
  }
  const [whole, most] = [number.digits.length - number.scale, precision - scale]
  if (whole > most) {
    const why =
      most < 0
        ? `must be below 0.${'0'.repeat(-most - 1)}1 in size`
        : `has ${counted(Math.max(whole, 0), 'digit')} in front of the point, at most ${most}`
    throw refusal(place, why, { expected: 'decimal', precision, scale })
  }
  return text
}

/** @throws GatewayError when it is no number, NaN, Infinity or -Infinity, or so large or small that 64 bits make another of it */
export function floatText(raw: unknown, place: Place): string {
  const text = textOf(raw)
  if (text !== undefined && special.has(text)) return text
  const number = text === undefined ? undefined : decimalOf(text)
  if (text !== undefined && number !== undefined) {
    const held = Number(text)
    if (Number.isFinite(held) && (held !== 0 || number.digits === '')) return text
    throw refusal(place, `is too ${held === 0 ? 'small' : 'large'} for 64 bits`, { expected: 'float' })
  }
  throw refusal(place, 'must be a number, NaN, Infinity or -Infinity', { expected: 'float' })
}
