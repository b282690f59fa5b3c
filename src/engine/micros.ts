/** Timestamps as PostgreSQL sends them in binary, microseconds since the year 2000, into the canonical text. Pure, but for the buffer it writes and the day it remembers. */

const perDay = 86_400_000_000
const perSecond = 1_000_000
/** Days from 0000-03-01 to 2000-01-01 in the proleptic Gregorian calendar, which is PostgreSQL's. */
const epoch = 730_425
/** Days in 400 years. */
const cycle = 146_097

/** Two digits. The product stands for a division by ten, and is exact below 100. */
function pairInto(out: Buffer, end: number, n: number): number {
  const tens = (n * 205) >> 11
  out[end] = 0x30 + tens
  out[end + 1] = 0x30 + n - 10 * tens
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

/** Rows that stand together are of few days: the ten bytes of each are worked out once, as long as no other takes its place. */
const places = 1024
const days = new Int32Array(places).fill(-0x8000_0000)
const texts = Buffer.alloc(places * 10)

function dayInto(out: Buffer, end: number, day: number): number {
  const place = day & (places - 1)
  const from = place * 10
  if (days[place] !== day) {
    const { year, month, date } = civil(day)
    pairInto(texts, pairInto(texts, from, Math.floor(year / 100)), year % 100)
    texts[from + 4] = texts[from + 7] = 0x2d
    pairInto(texts, from + 5, month)
    pairInto(texts, from + 8, date)
    days[place] = day
  }
  for (let i = 0; i < 10; i++) out[end + i] = texts[from + i] as number
  return end + 10
}

/** `T14:05:09.1`, the fraction without trailing zeros. What is below 2^31 is kept an integer, for V8 to see. */
function timeInto(out: Buffer, end: number, ofDay: number): number {
  const seconds = (ofDay / perSecond) | 0
  const minutes = (seconds / 60) | 0
  const hours = (minutes / 60) | 0
  out[end] = 0x54
  pairInto(out, end + 1, hours)
  out[end + 3] = 0x3a
  pairInto(out, end + 4, minutes - 60 * hours)
  out[end + 6] = 0x3a
  pairInto(out, end + 7, seconds - 60 * minutes)
  end += 9
  const fraction = (ofDay - seconds * perSecond) | 0
  if (fraction === 0) return end
  const hundreds = (fraction / 100) | 0
  const first = (hundreds / 100) | 0
  out[end] = 0x2e
  pairInto(out, end + 1, first)
  pairInto(out, end + 3, hundreds - 100 * first)
  pairInto(out, end + 5, fraction - 100 * hundreds)
  end += 7
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
  const day = Math.floor(micros / perDay) | 0
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
