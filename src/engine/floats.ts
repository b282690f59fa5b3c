/** Floats as text, with the digits and in the form that PostgreSQL writes (float4out, float8out with extra_float_digits=1), so that all engines give the same bytes. */

/** From these decimal exponents on PostgreSQL writes an exponent: FLT_DIG and DBL_DIG of C. */
const singleLimit = 6
const doubleLimit = 15
/** 2^-126: smaller ones have fewer bits, so that fewer digits may do. */
const smallestNormal = 1.1754943508222875e-38

/** A double in the fewest digits that read back to it: `0.1`, `1e+15`, `-0`, `NaN`, `Infinity`. */
export const doubleText = (value: number): string => written(value, doubleLimit, shortest)

/** A value that came from 32 bits, in the fewest digits that read back to the same 32 bits. */
export function singleText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return written(value, singleLimit)
  const size = Math.abs(value)
  const [low, high] = halfWay(size)
  // Six digits always survive the way there and back, nine always do the way back and there.
  for (let digits = size < smallestNormal ? 1 : 6; digits <= 9; digits++) {
    const nearest = atDigits(size, digits)
    // Above a power of two the neighbours are twice as far away as below it, so that the next candidate may do.
    for (const candidate of [nearest, { ...nearest, units: nearest.units + 1 }]) {
      const shorter = Number(`${candidate.units}e${candidate.power}`)
      if (shorter > low && shorter < high) return written(Math.sign(value) * shorter, singleLimit)
    }
  }
  return written(value, singleLimit)
}

/** The decimal of so many digits that is nearest; of two equally near ones the even one. */
function atDigits(size: number, digits: number): { units: number; power: number } {
  const [mantissa = '', exponent = ''] = size.toExponential(digits - 1).split('e')
  const units = Number(mantissa.replace('.', ''))
  const longer = size.toExponential(digits)
  const tie = longer.includes('5e') && Number(longer) === size
  return { units: tie && units % 2 === 1 ? units - 1 : units, power: Number(exponent) - (digits - 1) }
}

const bits = new DataView(new ArrayBuffer(4))

/** Between these two, both left out, everything reads back to the same 32 bits. */
function halfWay(size: number): [low: number, high: number] {
  bits.setFloat32(0, size)
  const pattern = bits.getUint32(0)
  bits.setUint32(0, pattern - 1)
  const below = bits.getFloat32(0)
  bits.setUint32(0, pattern + 1)
  const above = bits.getFloat32(0)
  return [(below + size) / 2, Number.isFinite(above) ? (size + above) / 2 : size + (size - below) / 2]
}

function written(value: number, limit: number, digitsOf = (v: number) => v.toExponential()): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const scientific = digitsOf(value)
  const at = scientific.indexOf('e')
  const exponent = Number(scientific.slice(at + 1))
  if (exponent >= -4 && exponent < limit) return String(value)
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${scientific.slice(0, at)}e${exponent < 0 ? '-' : '+'}${digits}`
}

/** From here to there doubles are whole numbers with gaps, so that a short decimal can lie exactly between two of them. */
const gapsFrom = 2 ** 53
const gapsTo = 2 ** 70

/** JavaScript takes a decimal half way between two doubles for the even one of them; PostgreSQL then writes more digits. */
function shortest(value: number): string {
  const text = value.toExponential()
  const size = Math.abs(value)
  if (size < gapsFrom || size > gapsTo) return text
  const exact = BigInt(size)
  const [mantissa = '', exponent = ''] = size.toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const decimal = BigInt(digits) * 10n ** BigInt(Number(exponent) - digits.length + 1)
  const distance = decimal > exact ? decimal - exact : exact - decimal
  const gap = 2n ** BigInt(exact.toString(2).length - 53)
  if (distance * 2n !== gap) return text
  for (let more = digits.length; ; more++) {
    const longer = value.toExponential(more)
    if (more >= 16 || !longer.includes('0e')) return longer
  }
}
