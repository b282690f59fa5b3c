/** Every dialect writes what the side-by-side tables say. */
import { describe, expect, it } from 'vitest'
import type { Statement } from '#plan/ast.ts'
import type { Compiled } from './engine.ts'
import { compile as postgres } from './postgres/dialect.ts'
import { cases, NOT_SUPPORTED, type Written } from './statements.cases.ts'

const compilers: Readonly<Record<Written, (statement: Statement) => Compiled>> = { postgres }

describe.each(Object.keys(compilers) as Written[])('the SQL of %s', (kind) => {
  it.each(Object.entries(cases))('is as expected for %s', (_, c) => {
    const expected = c.text[kind]
    if (expected === NOT_SUPPORTED) {
      expect(() => compilers[kind](c.statement)).toThrow('not supported')
      return
    }
    const compiled = compilers[kind](c.statement)
    expect(compiled.text).toBe(expected)
    if (c.bound) expect(compiled.bind(c.values ?? [])).toEqual(c.bound[kind])
  })
})
