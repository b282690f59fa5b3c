/** Milliseconds as text of a few digits, made so that nothing of it outlives the request. */

/** Thousandths → what stands behind the whole: `''`, `.001`, … `.5`, … `.999`. */
const fractions: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  i === 0 ? '' : `.${String(i).padStart(3, '0').replace(/0+$/, '')}`,
)

/** Above it (2^31 thousandths, 24 days of milliseconds) the arithmetic below would not be of integers. */
const most = 2 ** 31

/**
 * `value` rounded to so many digits behind the point, without trailing zeros: the text of `Math.round(value * 10 ** digits) / 10 ** digits`.
 * V8 keeps the text of every number that became text in a table of the old generation, which holds thousands. Durations
 * differ each time, so that each of their texts was promoted, and was half of what full collections had to be made for.
 * Put together from small integers they are found in the table, and die young.
 */
export function decimalText(value: number, digits: 1 | 3): string {
  const scale = digits === 3 ? 1000 : 10
  const units = Math.round(value * scale)
  if (!(units >= 0 && units < most)) return `${units / scale}`
  const whole = Math.floor(units / scale)
  return `${whole}${fractions[(units - whole * scale) * (1000 / scale)]}`
}
