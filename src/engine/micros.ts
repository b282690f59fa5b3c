/** Timestamps as PostgreSQL sends them in binary, microseconds since the year 2000, into the canonical text. Pure, but for the buffer it writes and the day it remembers. */

const perDay = 86_400_000_000
const perSecond = 1_000_000
/** Days from 0000-03-01 to 2000-01-01 in the proleptic Gregorian calendar, which is PostgreSQL's. */
const epoch = 730_425
/** Days in 400 years. */
const cycle = 146_097

/** `00` to `99`, two bytes each. */
const pairs = Buffer.from(Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0')).join(''))

function pairInto(out: Buffer, end: number, n: number): number {
  out[end] = pairs[2 * n] as number
  out[end + 1] = pairs[2 * n + 1] as number
  return end + 2
}

/** Year, month and day of a day counted from 2000-01-01; a year of the months from March on, so that the leap day is the last. */
function civil(day: number): { year: number; month: number; date: number } {
  const days = day + epoch
  const era = Math.floor(days / cycle)
  const ofEra = days - era * cycle
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  )
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    date: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  }
}

/** Rows that stand together are of about one day: its ten bytes are worked out once. */
const known = { day: Number.NaN, bytes: Buffer.alloc(10) }

function dayInto(out: Buffer, end: number, day: number): number {
  const { bytes } = known
  if (day !== known.day) {
    const { year, month, date } = civil(day)
    pairInto(bytes, pairInto(bytes, 0, Math.floor(year / 100)), year % 100)
    bytes[4] = bytes[7] = 0x2d
    pairInto(bytes, 5, month)
    pairInto(bytes, 8, date)
    known.day = day
  }
  for (let i = 0; i < 10; i++) out[end + i] = bytes[i] as number
  return end + 10
}

/** `T14:05:09.1`, the fraction without trailing zeros. */
function timeInto(out: Buffer, end: number, ofDay: number): number {
  const seconds = Math.floor(ofDay / perSecond)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  out[end] = 0x54
  end = pairInto(out, end + 1, hours)
  out[end] = 0x3a
  end = pairInto(out, end + 1, minutes - 60 * hours)
  out[end] = 0x3a
  end = pairInto(out, end + 1, seconds - 60 * minutes)
  const fraction = ofDay - seconds * perSecond
  if (fraction === 0) return end
  out[end] = 0x2e
  const hundredths = Math.floor(fraction / 10_000)
  const next = Math.floor(fraction / 100) - 100 * hundredths
  end = pairInto(out, pairInto(out, pairInto(out, end + 1, hundredths), next), fraction % 100)
  while (out[end - 1] === 0x30) end--
  return end
}

const zero = Buffer.from('+00:00')

/**
 * `2026-11-23T14:05:09.1+00:00` from eight bytes at `from`: a signed 64-bit integer, big-endian. `infinity`, years beyond 9999 and
 * ` BC` as PostgreSQL writes them. There must be room for 40 bytes.
 * @param zone the column has one; all times are in UTC
 * @returns the new end
 */
export function microsInto(out: Buffer, end: number, bytes: Buffer, from: number, zone: boolean): number {
  const high =
    ((bytes[from] as number) << 24) |
    ((bytes[from + 1] as number) << 16) |
    ((bytes[from + 2] as number) << 8) |
    (bytes[from + 3] as number)
  // Years 1857 to 2142: below 2^52 doubles count microseconds exactly.
  if (high < -0x10_0000 || high >= 0x10_0000)
    return end + out.write(rareText(bytes, from, zone), end, 'latin1')
  const low =
    (((bytes[from + 4] as number) << 24) |
      ((bytes[from + 5] as number) << 16) |
      ((bytes[from + 6] as number) << 8) |
      (bytes[from + 7] as number)) >>>
    0
  const micros = high * 0x1_0000_0000 + low
  const day = Math.floor(micros / perDay)
  end = timeInto(out, dayInto(out, end, day), micros - day * perDay)
  if (!zone) return end
  for (let i = 0; i < 6; i++) out[end + i] = zero[i] as number
  return end + 6
}

/** Times that hardly anybody has, and infinity. */
function rareText(bytes: Buffer, from: number, zone: boolean): string {
  const micros = bytes.readBigInt64BE(from)
  if (micros === 0x7fff_ffff_ffff_ffffn) return 'infinity'
  if (micros === -0x8000_0000_0000_0000n) return '-infinity'
  const ofDay = ((micros % BigInt(perDay)) + BigInt(perDay)) % BigInt(perDay)
  const { year, month, date } = civil(Number((micros - ofDay) / BigInt(perDay)))
  const two = (n: number) => String(n).padStart(2, '0')
  const time = Buffer.alloc(16)
  const length = timeInto(time, 0, Number(ofDay))
  // There is no year 0: the one before 1 is 1 BC.
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${shown}-${two(month)}-${two(date)}${time.toString('latin1', 0, length)}${zone ? '+00:00' : ''}${year > 0 ? '' : ' BC'}`
}
