/** Canonical texts → the texts that MySQL reads as the same value. Pure. */
import { GatewayError } from '#base/errors.ts'
import type { ValueType } from '#catalog/model.ts'
import { fractionDigits } from './names.ts'
import { setMembers } from './types.ts'

/** Microseconds; no type of MySQL is finer. */
const finest = 6

/**
 * Text to store in a column of the type, or to hand to a routine.
 * @throws GatewayError bad_value for what MySQL has no value for: years beyond 9999 or before 1, infinite dates
 */
export function storedText(type: ValueType, value: string): string {
  switch (type.canonical) {
    case 'boolean':
      return bit(value)
    case 'float':
      if (!Number.isFinite(Number(value)))
        throw new GatewayError('bad_value', 'This database stores no infinite number, and no NaN.')
      return single(type, value)
    case 'timestamp':
    case 'datetime':
      return momentText(value, Math.min(finest, fractionDigits(type)))
    case 'date':
      return dateText(value)
    case 'time':
      return timeText(value, Math.min(finest, fractionDigits(type)))
    default:
      return value
  }
}

/**
 * Text to compare a column of the type with.
 * @throws GatewayError as `storedText`
 */
export function comparedText(type: ValueType, value: string): string {
  switch (type.canonical) {
    case 'timestamp':
    case 'datetime':
      return momentText(value, finest)
    case 'time':
      return timeText(value, finest)
    case 'float':
      // Beyond all numbers there are; nothing stored is infinite, and NaN is the largest.
      if (value === 'NaN' || value === 'Infinity') return largest
      if (value === '-Infinity') return `-${largest}`
      return single(type, value)
    default:
      return storedText(type, value)
  }
}

const largest = String(Number.MAX_VALUE)

/** What 32 bits hold is stored from and compared as 64 bits, where 0.1 is another number and the largest of 32 too large. */
const single = (type: ValueType, value: string): string => {
  const rounded = Math.fround(Number(value))
  return type.family === 'float' && Number.isFinite(rounded) ? String(rounded) : value
}

/** The number that an enum or set is ordered by: the place of the label, or a bit for each member of the set. */
export function rankText(type: ValueType, value: string): string {
  if (type.family === 'enum') return String((type.labels ?? []).indexOf(value) + 1)
  const labels = setMembers(type)
  const members = value === '' ? [] : value.split(',')
  return String(
    members.reduce((sum, member) => sum + (1n << BigInt(Math.max(0, labels.indexOf(member)))), 0n),
  )
}

/** A cursor spells it as the number it is, which may be any that a tinyint holds. */
const bit = (value: string) => (value === 'true' ? '1' : value === 'false' ? '0' : value)

const moment =
  /^(?<date>\d{4,}-\d\d-\d\d)(?:[Tt ](?<time>\d\d:\d\d(?::\d\d)?)(?:\.(?<fraction>\d+))?)?(?<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?$/

const beyond = (what: string) =>
  new GatewayError('bad_value', `This database stores no ${what}: its calendar has the years 1 to 9999.`)

/** `2026-11-23T16:05:09.1+02:00` → `2026-11-23 14:05:09.1`. A text without a zone stays what it is; seconds 60 and hour 24 are carried. */
function momentText(value: string, digits: number): string {
  const found = moment.exec(value)?.groups
  if (found === undefined) throw beyond('such moment')
  const { date = '', time = '00:00:00', fraction = '', zone = 'Z' } = found
  // No days of the calendar, but a cursor may stand there, which is in UTC.
  if (/^0000-|-00/.test(date)) return value.slice(0, value.length - (found['zone']?.length ?? 0))
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
  const { micros, carry } = rounded(fraction, digits)
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  at.setUTCHours(hour, minute - offsetMinutes(zone), second + carry)
  // What is beyond dates of JavaScript has no year at all.
  if (!(at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999)) throw beyond('such moment')
  const iso = at.toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${micros}`
}

function offsetMinutes(zone: string): number {
  const [hours = 0, minutes = 0] = [...zone.matchAll(/\d\d/g)].map(Number)
  return (hours * 60 + minutes) * (zone.startsWith('-') ? -1 : 1)
}

/** The fraction rounded half up, as PostgreSQL rounds it (MariaDB would cut); with its point, or nothing. */
function rounded(fraction: string, digits: number): { micros: string; carry: 0 | 1 } {
  if (fraction.length <= digits) return { micros: fraction === '' ? '' : `.${fraction}`, carry: 0 }
  const up = (fraction[digits] as string) >= '5' ? 1 : 0
  const units = Number(fraction.slice(0, digits) || '0') + up
  const carry = units === 10 ** digits ? 1 : 0
  const micros = digits === 0 ? '' : `.${String(carry === 1 ? 0 : units).padStart(digits, '0')}`
  return { micros, carry }
}

function dateText(value: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return value
  throw beyond('such date')
}

const clock = /^(-?)(\d{2,3}):(\d\d)(?::(\d\d))?(?:\.(\d+))?$/

function timeText(value: string, digits: number): string {
  const found = clock.exec(value)
  if (found === null) throw beyond('such time')
  const [, sign = '', hours = '', minutes = '', seconds = '0', fraction = ''] = found
  const { micros, carry } = rounded(fraction, digits)
  const total = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) + carry
  const two = (n: number) => String(n).padStart(2, '0')
  return `${sign}${two(Math.floor(total / 3600))}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}${micros}`
}
