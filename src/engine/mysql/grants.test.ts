import { expect, it } from 'vitest'
import { readGrants } from './grants.ts'

const table = (schema: string, name = 't') => ({ kind: 'table', schema, name }) as const
const may = (lines: readonly string[], schema: string, name?: string) =>
  readGrants(lines).allows('DELETE', table(schema, name))

it('grants on everything reach everything', () => {
  expect(may(['GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION'], 'shop')).toBe(true)
  expect(may(['GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON *.* TO `u`@`%`'], 'shop')).toBe(true)
  expect(may(['GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD "*0"'], 'shop')).toBe(false)
  expect(may(['GRANT SELECT ON *.* TO `u`@`%`'], 'shop')).toBe(false)
})

it('grants on a database reach its tables, and its name is a pattern', () => {
  expect(may(['GRANT DELETE ON `shop`.* TO `u`@`%`'], 'shop')).toBe(true)
  expect(may(['GRANT DELETE ON `shop`.* TO `u`@`%`'], 'shop2')).toBe(false)
  expect(may(['GRANT DELETE ON `shop%`.* TO `u`@`%`'], 'shop2')).toBe(true)
  expect(may(['GRANT DELETE ON `sh_p`.* TO `u`@`%`'], 'shop')).toBe(true)
  expect(may(['GRANT DELETE ON `sh\\_p`.* TO `u`@`%`'], 'shop')).toBe(false)
  expect(may(['GRANT DELETE ON `sh\\_p`.* TO `u`@`%`'], 'sh_p')).toBe(true)
  expect(may(['GRANT DELETE ON `a.c`.* TO `u`@`%`'], 'abc')).toBe(false)
  expect(may(['GRANT DELETE ON `back``tick`.* TO `u`@`%`'], 'back`tick')).toBe(true)
})

it('grants on a table reach that table, whose name is no pattern', () => {
  const line = 'GRANT SELECT (`e`, `id`), UPDATE (`e`), DELETE ON `shop`.`t_1` TO `u`@`%`'
  expect(may([line], 'shop', 't_1')).toBe(true)
  expect(may([line], 'shop', 'tx1')).toBe(false)
  expect(may([line], 'other', 't_1')).toBe(false)
})

it('columns that are called like a privilege grant nothing', () =>
  expect(may(['GRANT SELECT (`a`, `DELETE`, `b`) ON `shop`.`t` TO `u`@`%`'], 'shop')).toBe(false))

it('grants on routines are those of their kind', () => {
  const { allows } = readGrants([
    'GRANT EXECUTE ON FUNCTION `shop`.`f` TO `u`@`%`',
    'GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE `shop`.`p` TO `u`@`%`',
  ])
  expect(allows('EXECUTE', { kind: 'function', schema: 'shop', name: 'f' })).toBe(true)
  expect(allows('EXECUTE', { kind: 'procedure', schema: 'shop', name: 'f' })).toBe(false)
  expect(allows('EXECUTE', { kind: 'procedure', schema: 'shop', name: 'p' })).toBe(true)
})

it('a partial revoke takes a database from a global grant, and from no other', () => {
  const lines = ['GRANT DELETE ON *.* TO `u`@`%`', 'REVOKE DELETE ON `mine`.* FROM `u`@`%`']
  expect(may(lines, 'mine')).toBe(false)
  expect(may(lines, 'shop')).toBe(true)
  expect(may([...lines, 'GRANT DELETE ON `mine`.`t` TO `u`@`%`'], 'mine')).toBe(true)
})

it('roles and lines of other forms grant nothing', () =>
  expect(
    may(
      ['GRANT `r` TO `u`@`%`', 'SET DEFAULT ROLE `r` FOR `u`@`%`', 'GRANT PROXY ON ``@`` TO `u`@`%`'],
      'shop',
    ),
  ).toBe(false))
