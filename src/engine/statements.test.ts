/** Every dialect writes what the side-by-side tables say. */
import { describe, expect, it } from 'vitest'
import type { Statement } from '#plan/ast.ts'
import type { Compiled } from './engine.ts'
import { compile as compileMysql } from './mysql/dialect.ts'
import { mariadb, mysql } from './mysql/flavour.ts'
import { compile as postgres } from './postgres/dialect.ts'
import { compile as compileSqlServer } from './sqlserver/dialect.ts'
import { type ByEngine, cases, type Written } from './statements.cases.ts'
import { NOT_SUPPORTED } from './statements.fixture.ts'
import { inMysqlWords, inSqlServerWords } from './statements.words.ts'

const compilers: Readonly<Record<Written, (statement: Statement) => Compiled>> = {
  postgres,
  mysql: (statement) => compileMysql(inMysqlWords(statement), mysql),
  mariadb: (statement) => compileMysql(inMysqlWords(statement), mariadb),
  sqlserver: (statement) => compileSqlServer(inSqlServerWords(statement)),
}

const of = <T>(kind: Written, by: ByEngine<T>): T | undefined =>
  by[kind] ?? (kind === 'mariadb' ? by.mysql : undefined)

describe.each(Object.entries(compilers))('the SQL of %s', (kind, compile) => {
  it.each(Object.entries(cases))('is as expected for %s', (_, c) => {
    const expected = of(kind as Written, c.text)
    if (expected === NOT_SUPPORTED) {
      expect(() => compile(c.statement)).toThrow('not supported')
      return
    }
    const compiled = compile(c.statement)
    expect(compiled.text).toBe(expected)
    if (c.bound) expect(compiled.bind(c.values ?? [])).toEqual(of(kind as Written, c.bound))
  })
})
