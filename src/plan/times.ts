/** Dates and times as texts: RFC 3339, and whatever canonical form writes beyond it (BC, years of five digits, infinity). Pure. */
import type { ValueType } from '#catalog/model.ts'
import { counted, isHeld, type Place, refusal } from './refuse.ts'

const date = String.raw`(?<date>\d{4,7}-\d\d-\d\d)`
const time = String.raw`(?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)`
/** In a query string an unescaped `+` arrives as a space; nothing else could stand there. */
const zone = String.raw`(?<zone>[Zz]|[+ -]\d\d(?::?\d\d)?)?`
const era = '(?<era> BC)?'

const forms = {
  moment: new RegExp(`^${date}[Tt ]${time}${zone}${era}$`),
  date: new RegExp(`^${date}${era}$`),
  time: new RegExp(`^${time}$`),
}

const isInfinite = (text: string) => text === 'infinity' || text === '-infinity'

const numbers = (text: string, separator: string) => text.split(separator).map(Number)

/** 1 BC is the year 0 of the calendar's arithmetic, and a leap year. */
function isDate(text: string, bc: boolean): boolean {
  const [year = 0, month = 0, day = 0] = numbers(text, '-')
  const y = bc ? 1 - year : year
  const leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return year > 0 && days !== undefined && day >= 1 && day <= days
}

/** RFC 3339 has second 60 for leap seconds, ISO 8601 hour 24 for the end of the day; databases take both. */
function isTime(text: string): boolean {
  const [hour = 0, minute = 0, second = 0] = numbers(text, ':')
  return hour < 24 ? minute < 60 && second < 61 : /^24:00(:00(\.0+)?)?$/.test(text)
}

const isZone = (text: string): boolean => {
  const [hours = 0, minutes = 0] = [...text.matchAll(/\d\d/g)].map(Number)
  return hours < 16 && minutes < 60
}

/** Apart, if the text has the form and names a moment that exists. */
function momentOf(raw: unknown): { front: string; zone: string | undefined; era: string } | undefined {
  const parts = typeof raw === 'string' ? forms.moment.exec(raw)?.groups : undefined
  if (parts === undefined) return undefined
  const { date = '', time = '', zone, era = '' } = parts
  if (!isDate(date, era !== '') || !isTime(time) || (zone !== undefined && !isZone(zone))) return undefined
  return { front: `${date}T${time}`, zone: zone?.replace(' ', '+').toUpperCase(), era }
}

/** @throws GatewayError when a value to be stored has digits behind the second that its column would round away */
function checkFraction(type: ValueType, text: string, place: Place): void {
  const { fraction } = type
  if (fraction === undefined || !isHeld(type, place)) return
  const digits = /\.(\d*[1-9])/.exec(text)?.[1]?.length ?? 0
  if (digits > fraction)
    throw refusal(place, `has ${counted(digits, 'digit')} behind the second, at most ${fraction}`, {
      expected: type.canonical,
      fraction,
    })
}

/**
 * A moment. An offset is required: without one it would be a guess.
 * @throws GatewayError
 */
export function timestampText(type: ValueType, raw: unknown, place: Place): string {
  if (typeof raw === 'string' && isInfinite(raw)) return raw
  const moment = momentOf(raw)
  if (moment?.zone !== undefined) {
    checkFraction(type, moment.front, place)
    return moment.front + moment.zone + moment.era
  }
  const why = moment === undefined ? 'must be a timestamp' : 'needs an offset'
  throw refusal(place, `${why}, such as 2026-11-23T14:05:09Z or 2026-11-23T16:05:09+02:00`, {
    expected: 'timestamp',
  })
}

/**
 * Date and time without a zone. An offset is refused: to drop it would change the moment.
 * @throws GatewayError
 */
export function datetimeText(type: ValueType, raw: unknown, place: Place): string {
  if (typeof raw === 'string' && isInfinite(raw)) return raw
  const moment = momentOf(raw)
  if (moment !== undefined && moment.zone === undefined) {
    checkFraction(type, moment.front, place)
    return moment.front + moment.era
  }
  const why = moment === undefined ? 'must be a date and time' : 'takes no offset, but date and time'
  throw refusal(place, `${why}, such as 2026-11-23T14:05:09`, { expected: 'datetime' })
}

/** @throws GatewayError */
export function dateText(raw: unknown, place: Place): string {
  if (typeof raw === 'string') {
    const parts = forms.date.exec(raw)?.groups
    if (isInfinite(raw) || (parts && isDate(parts['date'] as string, parts['era'] !== undefined))) return raw
  }
  throw refusal(place, 'must be a date, such as 2026-11-23', { expected: 'date' })
}

/** @throws GatewayError */
export function timeText(type: ValueType, raw: unknown, place: Place): string {
  if (typeof raw === 'string' && forms.time.test(raw) && isTime(raw)) {
    checkFraction(type, raw, place)
    return raw
  }
  throw refusal(place, 'must be a time of day, such as 14:05:09', { expected: 'time' })
}

const secondsOf = (text: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = numbers(text, ':')
  return (hours * 60 + minutes) * 60 + seconds
}

/** Seconds that a zone is ahead of UTC: `+02`, `-0330`, `+05:45`, `Z`. */
function offsetOf(zone: string): number {
  const [hours = 0, minutes = 0] = [...zone.matchAll(/\d\d/g)].map(Number)
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60
}

/** Days from 1970 on. The calendar repeats itself after 400 years, which is further than JavaScript's Date must look. */
function daysOf(text: string, bc: boolean): number {
  const [year = 0, month = 0, day = 0] = numbers(text, '-')
  const y = bc ? 1 - year : year
  const cycle = Math.floor(y / 400)
  return Date.UTC(2000 + y - cycle * 400, month - 1, day) / 86_400_000 + (cycle - 5) * 146_097
}

/** One spelling of a moment, whatever its offset: seconds from 1970 on, and their fraction. Any other text stays as it is. */
export function plainMoment(text: string): string {
  const parts = forms.moment.exec(text)?.groups
  if (parts === undefined) return text
  const { date = '', time = '', zone = 'Z', era } = parts
  const [clock = '', fraction = ''] = time.split('.')
  const seconds = daysOf(date, era !== undefined) * 86_400 + secondsOf(clock) - offsetOf(zone)
  return `${seconds}.${fraction.replace(/0+$/, '')}`
}
