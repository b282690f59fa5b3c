/** Marks in JSON text. */
import { describe, expect, it } from 'vitest'
import { unmarked } from './marks.ts'

const mark = (letter: string, value: string) => `\u0001${letter}${value}\u0001`

describe('JSON with marks', () => {
  it('holds the shortest digits of floats', () => {
    const json = `{"a":${mark('d', '1.0000000000000000e+300')},"b":${mark('f', '1.00000001e-001')},"c":null}`
    expect(unmarked(json)).toBe('{"a":1e+300,"b":0.1,"c":null}')
  })

  it('holds base64 of binary', () => {
    expect(unmarked(`[{"a":${mark('b', '00FF10')}},{"a":${mark('b', '')}}]`)).toBe('[{"a":"AP8Q"},{"a":""}]')
  })

  it('is left alone without any', () => expect(unmarked('{"a":"\\u0001"}')).toBe('{"a":"\\u0001"}'))
})
