/** Values as SQL Server's casts from nvarchar read them: hexadecimal binary, moments with full offsets, decimals without exponent. Pure. */
import { GatewayError } from '#base/errors.ts'
import type { ValueType } from '#catalog/model.ts'
import type { Bound } from '#plan/ast.ts'

/** Digits behind the point of the widest types of time: 100 nanoseconds. */
const fractionDigits = 7

/**
 * Text for one value of `type`. What is no value of the type stays as it is, or becomes what no cast takes, so that the
 * server refuses it.
 * @throws Error when a list is bound where one value belongs
 */
export function inputText(type: ValueType, value: Bound): string | null {
  if (value === null) return null
  if (typeof value !== 'string') throw new Error('a list is bound where one value belongs')
  switch (type.family) {
    case 'bit':
      return value === 'true' || value === 't' ? '1' : value === 'false' || value === 'f' ? '0' : value
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'rowversion':
      return Buffer.from(value, 'base64').toString('hex')
    case 'decimal':
    case 'numeric':
    case 'money':
    case 'smallmoney':
      return plainDecimal(value)
    case 'uuid':
      // The cast would read 36 characters and pass over the rest.
      return uuid.test(value) ? value : ''
    case 'datetime':
    case 'datetime2':
    case 'smalldatetime':
    case 'datetimeoffset':
      return momentText(value)
    case 'time':
      return timeText(value)
    default:
      return value
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const number = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
/** Further away than any digit of a decimal(38) from any other. */
const farAway = 80

/** A number apart: no zeros in front of `whole` or behind `fraction`; undefined for what is none. */
function decimalOf(text: string): { sign: string; whole: string; fraction: string } | undefined {
  const match = number.exec(text)
  if (match === null) return undefined
  const [, sign = '', before = '', behind = '', exponent = '0'] = match
  const digits = before + behind
  if (digits === '') return undefined
  // Beyond that, the number is as good as one that no column holds, or one that is next to zero.
  const shift = Math.max(-farAway - before.length, Math.min(farAway + behind.length, Number(exponent)))
  const point = before.length + shift
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0')
  return {
    sign: sign === '-' ? '-' : '',
    whole: padded.slice(0, Math.max(point, 0)).replace(/^0+/, ''),
    fraction: padded.slice(Math.max(point, 0)).replace(/0+$/, ''),
  }
}

/** The cast takes no exponent; what would not fit into 38 digits is left for the server to refuse. */
function plainDecimal(text: string): string {
  const n = /[eE]/.test(text) ? decimalOf(text) : undefined
  if (n === undefined) return text
  return `${n.sign}${n.whole || '0'}${n.fraction === '' ? '' : `.${n.fraction}`}`
}

/**
 * A decimal to compare a column with, in at most `whole` digits before the point and `scale` behind it. Every comparison
 * with a column of at most `whole` digits before and `columnScale` behind comes out as it would with the exact number:
 * a larger number becomes the largest, which no column reaches, and the digits that are cut leave a last one that is not
 * zero, so that the number still lies between the same values of the column.
 * @throws GatewayError bad_value when the column's own digits leave no room for that
 */
export function comparedDecimal(
  text: string,
  { whole, scale, columnScale }: { whole: number; scale: number; columnScale: number },
): string {
  const n = decimalOf(text)
  if (n === undefined) return text
  const fits = n.whole.length <= whole && n.fraction.length <= scale
  if (fits) return `${n.sign}${n.whole || '0'}${n.fraction === '' ? '' : `.${n.fraction}`}`
  if (scale <= columnScale)
    throw new GatewayError(
      'bad_value',
      `A number has more digits than its column can be compared with: ${whole} before and ${scale} behind the point.`,
      { facts: { whole, scale } },
    )
  if (n.whole.length > whole) return `${n.sign}${'9'.repeat(whole)}.${'9'.repeat(scale)}`
  const kept = n.fraction.slice(0, scale)
  return `${n.sign}${n.whole || '0'}.${kept.endsWith('0') ? `${kept.slice(0, -1)}1` : kept}`
}

const moment =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)?$/

/** `2026-11-23T14:05:09.123+02` → with `+02:00`; at most seven digits behind the point, no second 60, no hour 24. */
function momentText(text: string): string {
  const match = moment.exec(text)
  if (match === null) return text
  const [, year, month, day, hour, minute, second = '00', fraction = '', z, hours, minutes = '00'] = match
  const zone = z === undefined ? (hours === undefined ? '' : `${hours}:${minutes}`) : '+00:00'
  const { digits, carry } = roundedFraction(fraction)
  let front = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  if (carry > 0 || second === '60' || hour === '24') {
    const date = new Date(0)
    date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
    date.setUTCHours(Number(hour), Number(minute), Number(second) + carry)
    if (date.getUTCFullYear() > 9999) return text
    front = date.toISOString().slice(0, 19)
  }
  return front + digits + zone
}

/** `14:05` → `14:05:00`; the end of the day is no time of day to SQL Server, and is left for it to refuse. */
function timeText(text: string): string {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/.exec(text)
  if (match === null) return text
  const [, hour = '', minute = '', second = '00', fraction = ''] = match
  const { digits, carry } = roundedFraction(fraction)
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second) + carry
  if (seconds >= 86_400) return text
  return new Date(seconds * 1000).toISOString().slice(11, 19) + digits
}

/** Digits of a second with their point, rounded to what the types keep; `carry`: one second when they round up to it. */
function roundedFraction(fraction: string): { digits: string; carry: number } {
  if (fraction === '') return { digits: '', carry: 0 }
  if (fraction.length <= fractionDigits) return { digits: `.${fraction}`, carry: 0 }
  const kept = fraction.slice(0, fractionDigits + 2).padEnd(fractionDigits + 2, '0')
  const units = Math.round(Number(kept) / 100)
  if (units === 10 ** fractionDigits) return { digits: '', carry: 1 }
  return { digits: `.${String(units).padStart(fractionDigits, '0')}`, carry: 0 }
}

/**
 * A LIKE pattern with `\` as escape → one without escapes: `[` is a wildcard to SQL Server too, and between brackets
 * every wildcard is itself.
 */
export const likePattern = (pattern: string): string =>
  pattern.replaceAll(/\\[^]|\[/g, (found) => {
    const character = found.slice(-1)
    return '%_['.includes(character) ? `[${character}]` : character
  })
