/** Pieces of SQL keep text and values apart. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finish, join, type ParameterStyle, placeholder, sql, trusted } from './sql.ts'

const dollars: ParameterStyle = { name: (n) => `$${n}`, reusable: true }
const marks: ParameterStyle = { name: () => '?', reusable: false }
const at = (slot: number, form = 'text') =>
  placeholder({ slots: [slot], form, convert: ([value]) => `${form}:${String(value)}` })

describe('pieces of SQL', () => {
  it('are put together in the order of the text', () => {
    const list = join([sql`a = ${at(1)}`, sql`b = ${at(0)}`], ' AND ')
    const { text, bind } = finish(sql`SELECT ${trusted('"x"')} WHERE ${list}`, dollars)
    expect(text).toBe('SELECT "x" WHERE a = $1 AND b = $2')
    expect(bind(['zero', 'one'])).toEqual(['text:one', 'text:zero'])
  })

  it('bind a slot once where a parameter can be named again, and each time where it cannot', () => {
    const twice = sql`${at(0)} ${at(0)} ${at(0, 'int')}`
    expect(finish(twice, dollars).text).toBe('$1 $1 $2')
    expect(finish(twice, dollars).bind(['7'])).toEqual(['text:7', 'int:7'])
    expect(finish(twice, marks).text).toBe('? ? ?')
    expect(finish(twice, marks).bind(['7'])).toEqual(['text:7', 'text:7', 'int:7'])
  })

  it('bind many slots as one value', () => {
    const all = placeholder({ slots: [2, 0], form: 'list', convert: (values) => values.join('|') })
    expect(finish(all, dollars).bind(['a', 'b', 'c'])).toEqual(['c|a'])
  })

  it('give no text for no pieces', () => {
    expect(finish(join([], ', '), dollars).text).toBe('')
  })

  it('are put together however many there are', () => {
    const many = join(
      Array.from({ length: 150_000 }, (_, slot) => at(slot)),
      ',',
    )
    expect(finish(sql`(${many})`, dollars).text).toMatch(/,\$150000\)$/)
  })

  it('refuse to bind a value that is not there', () => {
    expect(() => finish(at(3), dollars).bind(['a'])).toThrow('no value for slot 3 of 1')
    expect(finish(at(0), dollars).bind([null])).toEqual(['text:null'])
  })

  it('never let a value into the text', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (values) => {
        const pieces = values.map((_, slot) => at(slot))
        const { text, bind } = finish(sql`(${join(pieces, ',')})`, dollars)
        expect(text).toBe(`(${values.map((_, i) => `$${i + 1}`).join(',')})`)
        expect(bind(values)).toEqual(values.map((value) => `text:${value}`))
      }),
    )
  })
})
