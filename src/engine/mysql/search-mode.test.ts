/** Words to search for, in the grammar of boolean mode. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { booleanSearch } from './search-mode.ts'

describe('a search in boolean mode', () => {
  it('asks for all words', () => {
    expect(booleanSearch('red apples')).toBe('+red +apples')
    expect(booleanSearch('"red apples" -green')).toBe('+"red apples" -green')
  })

  it('asks for one of several alternatives', () => {
    expect(booleanSearch('red or green -unripe')).toBe('(+red) (+green -unripe)')
  })

  it('does not ask for words that no index holds, unless there are no others', () => {
    expect(booleanSearch('the red of it')).toBe('+red')
    expect(booleanSearch('of it')).toBe('+of +it')
    expect(booleanSearch('"of it" red')).toBe('+"of it" +red')
  })

  it('keeps operators of the grammar out of words, and marks within them', () => {
    expect(booleanSearch('a*b +c~d <e> (f) @3')).toBe('+"a b" +"c d"')
    expect(booleanSearch(`don't 'quoted' snake_case`)).toBe(`+don't +quoted +snake_case`)
  })

  it('is empty, and finds nothing, where nothing is asked for', () => {
    for (const words of ['', '-red', '!!', '""', 'or']) expect(booleanSearch(words)).toBe('')
  })

  it('never leaves the grammar', () => {
    const term = String.raw`[+-](?:"[^"+<>()~*@]+"|[^\s"+<>()~*@]+)`
    // One term after the other: a pattern for all of them would try every way to cut a long search.
    const shape = (words: string) => booleanSearch(words).replaceAll(new RegExp(term, 'gu'), 't')
    const grammar = /^(?:|t(?: t)*|\(t(?: t)*\)(?: \(t(?: t)*\))+)$/
    const typed = fc.constantFrom(
      'ab',
      'abc',
      'or',
      '-',
      '"',
      ' ',
      ')',
      '(',
      '~',
      '*',
      '@',
      "'",
      '+',
      'é',
      '💥',
    )
    fc.assert(fc.property(fc.array(typed), (parts) => grammar.test(shape(parts.join('')))))
    fc.assert(fc.property(fc.string(), (words) => grammar.test(shape(words))))
  })
})
