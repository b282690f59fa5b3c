import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCursors } from './cursor.ts'

const cursors = createCursors('a secret of some length')
const values = fc.array(fc.option(fc.string()), { minLength: 1, maxLength: 5 })

it('gives back what it was made of', () => {
  fc.assert(
    fc.property(fc.string(), values, (signature, row) => {
      expect(cursors.read(signature, cursors.write(signature, row), row.length)).toEqual(row)
    }),
  )
})

it('refuses a cursor of another resource, order or version', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), values, (one, other, row) => {
      fc.pre(one !== other)
      expect(() => cursors.read(other, cursors.write(one, row), row.length)).toThrow(
        expect.objectContaining({ code: 'invalid_cursor' }),
      )
    }),
  )
})

it('refuses a cursor with one character changed', () => {
  fc.assert(
    fc.property(values, fc.nat(), fc.constantFrom(...'Aa0_-'), (row, at, letter) => {
      const cursor = cursors.write('s', row)
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
  expect(() => cursors.read('s', createCursors('another secret!!').write('s', ['1']), 1)).toThrow(
    expect.objectContaining({ code: 'invalid_cursor' }),
  )
})

it('refuses a cursor with another number of values', () => {
  expect(() => cursors.read('s', cursors.write('s', ['1', '2']), 1)).toThrow(
    expect.objectContaining({ code: 'invalid_cursor' }),
  )
})
