/**
 * Values inside JSON that only the driver can write: the shortest digits of floats, and base64. The statement leaves a
 * mark for each, which JSON cannot hold by itself, as it escapes U+0001: U+0001, a letter, the value, U+0001.
 */
import { doubleText, singleText } from '#engine/floats.ts'

const mark = '\u0001'
// oxlint-disable-next-line no-control-regex -- the character is chosen because no JSON text holds it
const marked = /\u0001([dfb])([^\u0001]*)\u0001/g

/**
 * JSON text with every mark replaced by the JSON of its value.
 * `d`: a double, `f`: a float of 32 bits, each in at least as many digits as tell it apart; `b`: bytes in hexadecimal.
 */
export function unmarked(json: string): string {
  if (!json.includes(mark)) return json
  return json.replaceAll(marked, (_, letter: string, value: string) => {
    switch (letter) {
      case 'd':
        return doubleText(Number(value))
      case 'f':
        return singleText(Math.fround(Number(value)))
      default:
        return `"${Buffer.from(value, 'hex').toString('base64')}"`
    }
  })
}
