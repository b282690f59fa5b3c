/** Every dialect writes what the side-by-side table says. */
import { describe, expect, it } from 'vitest'
import type { Statement } from '#plan/ast.ts'
import type { Compiled } from './engine.ts'
import { compile as postgres } from './postgres/dialect.ts'
import { cases, NOT_SUPPORTED, type Written } from './statements.cases.ts'

const compilers: Record<Written, (statement: Statement) => Compiled> = { postgres }

describe.each(Object.keys(compilers) as Written[])('the SQL of %s', (kind) => {
  for (const [name, c] of Object.entries(cases)) {
    const expected = c.text[kind]
    if (expected === NOT_SUPPORTED)
      it(`does not exist for ${name}`, () => expect(() => compilers[kind](c.statement)).toThrow())
    else
      it(`is as expected for ${name}`, () => {
        const compiled = compilers[kind](c.statement)
        expect(compiled.text).toBe(expected)
        if (c.bound) expect(compiled.bind(c.values ?? [])).toEqual(c.bound[kind])
      })
  }
})
