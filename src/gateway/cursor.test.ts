import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCursors, longestCursor } from './cursor.ts'

const cursors = createCursors('a secret of some length')
const values = fc.array(fc.option(fc.string()), { minLength: 1, maxLength: 5 })
const made = (signature: string, row: readonly (string | null)[], passed = 0) =>
  cursors.write(signature, { values: row, passed }) as string

it('gives back what it was made of', () => {
  fc.assert(
    fc.property(fc.string(), values, fc.nat(), (signature, row, passed) => {
      expect(cursors.read(signature, made(signature, row, passed), row.length)).toEqual({
        values: row,
        passed,
      })
    }),
  )
})

it('refuses a cursor of another resource, order or version', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), values, (one, other, row) => {
      fc.pre(one !== other)
      expect(() => cursors.read(other, made(one, row), row.length)).toThrow(
        expect.objectContaining({ code: 'invalid_cursor' }),
      )
    }),
  )
})

it('refuses a cursor with one character changed', () => {
  fc.assert(
    fc.property(values, fc.nat(), fc.constantFrom(...'Aa0_-'), (row, at, letter) => {
      const cursor = made('s', row)
      const changed = cursor.slice(0, at % cursor.length) + letter + cursor.slice((at % cursor.length) + 1)
      fc.pre(changed !== cursor)
      expect(() => cursors.read('s', changed, row.length)).toThrow(
        expect.objectContaining({ code: 'invalid_cursor' }),
      )
    }),
  )
})

it('refuses anything a client may make up, and the cursors of another secret', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => cursors.read('s', text, 1)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
    }),
  )
  const other = createCursors('another secret!!').write('s', { values: ['1'], passed: 1 }) as string
  expect(() => cursors.read('s', other, 1)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
})

it('refuses a cursor with another number of values', () => {
  expect(() => cursors.read('s', made('s', ['1', '2']), 1)).toThrow(
    expect.objectContaining({ code: 'invalid_cursor' }),
  )
})

it('is none where the values are longer than a URL takes, in characters or in bytes', () => {
  const written = (text: string) => cursors.write('s', { values: [text], passed: 100 })
  expect(written('x'.repeat(2000))?.length).toBeLessThanOrEqual(longestCursor)
  expect(written('x'.repeat(2400))).toBeUndefined()
  expect(written('ä'.repeat(1200))).toBeUndefined()
  expect(written('x'.repeat(1_000_000))).toBeUndefined()
})
