import { describe, expect, it } from 'vitest'
import { configIn, indexedConfigs } from './search-config.ts'

describe('text search configurations', () => {
  it('are found in index expressions over one plain column', () => {
    const expressions = [
      `to_tsvector('english'::regconfig, body)`,
      `to_tsvector('public.my "own"'::regconfig, "Odd ""name""")`,
      `to_tsvector('it''s'::regconfig, title::text)`,
    ]
    expect([...indexedConfigs(expressions)]).toEqual([
      ['body', 'english'],
      ['Odd "name"', 'public.my "own"'],
      ['title', "it's"],
    ])
  })

  it('are not found where the index cannot serve a search of the column alone', () => {
    const expressions = [
      `to_tsvector('english'::regconfig, (title || ' '::text) || body)`,
      `to_tsvector('english'::regconfig, COALESCE(body, ''::text))`,
      `to_tsvector(lang, body)`,
      `to_tsvector('english'::regconfig, lower(body))`,
      `to_tsvector('english'::regconfig, body) || to_tsvector('german'::regconfig, title)`,
    ]
    expect([...indexedConfigs(expressions)]).toEqual([])
  })

  it('are found in the expression of a generated vector, the first of several', () => {
    const weighted = `(setweight(to_tsvector('german'::regconfig, a), 'A') || to_tsvector('english'::regconfig, b))`
    expect(configIn(weighted)).toBe('german')
    expect(configIn('to_tsvector(body)')).toBeUndefined()
  })
})
