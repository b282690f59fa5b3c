/** Words to search for, in the grammar of CONTAINS. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { containsCondition } from './search-words.ts'

const forms = (word: string) => `FORMSOF(INFLECTIONAL, "${word}")`

describe('a search', () => {
  it('asks for all words, in any of their forms', () => {
    expect(containsCondition('red apples')).toBe(`${forms('red')} AND ${forms('apples')}`)
    expect(containsCondition(' é ')).toBe(forms('é'))
  })

  it('takes what is quoted as a phrase', () => {
    expect(containsCondition('"red apples" ripe')).toBe(`"red apples" AND ${forms('ripe')}`)
    expect(containsCondition('"open end')).toBe('"open end"')
  })

  it('takes or for an alternative and - for what must not be there', () => {
    expect(containsCondition('red or green -ripe')).toBe(
      `(${forms('red')}) OR (${forms('green')} AND NOT ${forms('ripe')})`,
    )
    expect(containsCondition('-ripe red')).toBe(`${forms('red')} AND NOT ${forms('ripe')}`)
    expect(containsCondition('or red OR')).toBe(forms('red'))
  })

  it('finds nothing where nothing is asked for that a document could hold', () => {
    const nothing = containsCondition('')
    expect(nothing).toMatch(/^"\w+"$/)
    for (const words of ["'); -- & | ! <->", '-ripe', 'or', '""', '* ~'])
      expect(containsCondition(words)).toBe(nothing)
  })

  it('is refused when it has more words than CONTAINS takes', () => {
    expect(() => containsCondition('word '.repeat(200))).toThrow('more words')
  })

  it('never leaves the grammar, whatever is typed', () => {
    const all = 't(?: AND t)*(?: AND NOT t)*'
    const grammar = new RegExp(`^(?:${all}|\\(${all}\\)(?: OR \\(${all}\\))+)$`)
    const terms = /FORMSOF\(INFLECTIONAL, "[^"]+"\)|"[^"]+"/g
    const shape = (words: string) => containsCondition(words).replaceAll(terms, 't')
    const typed = fc.constantFrom('a', 'or', '-', '"', ' ', ')', 'NOT', '-b', '\\', '*', 'é', '💥')
    fc.assert(fc.property(fc.array(typed), (parts) => grammar.test(shape(parts.join('')))))
    fc.assert(fc.property(fc.string(), (words) => grammar.test(shape(words))))
  })
})
