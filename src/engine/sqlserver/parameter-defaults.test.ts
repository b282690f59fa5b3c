import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parametersWithDefault } from './parameter-defaults.ts'

const found = (definition: string) => [...parametersWithDefault(definition)].join(' ')

it.each([
  ['CREATE FUNCTION f(@a int, @b int = 10) RETURNS int AS BEGIN RETURN @a + @b END', '@b'],
  ['CREATE PROCEDURE p @a int = 1, @b decimal(10, 2), @c varchar(5) = NULL AS SELECT @a', '@a @c'],
  ['create or alter proc [dbo].[p] (@a as int = -1 output, @b int) as set @b = 2', '@a'],
  ['CREATE PROCEDURE p AS DECLARE @x int = 1; SELECT @x', ''],
  ['CREATE PROCEDURE p @a int = 1 WITH RECOMPILE AS DECLARE @x int = 1', '@a'],
  ['CREATE FUNCTION f() RETURNS @t TABLE (a int DEFAULT 1) AS BEGIN RETURN END', ''],
  [`CREATE PROCEDURE p @a nvarchar(9) = N'it''s, @b = 1', @b int AS SELECT 1`, '@a'],
  ['CREATE PROCEDURE p @a int /* = 1 /* nested = */ = */ , @b int -- = 2\n, @c int = 3 AS SELECT 1', '@c'],
  ['CREATE PROCEDURE p @a [odd ]]=type] , @b int = 0 AS SELECT 1', '@b'],
  ['CREATE PROCEDURE p(@a decimal(10,2), @größe int = 4) AS SELECT 1', '@größe'],
  ['CREATE PROCEDURE p;1 @a int = 1 AS SELECT 1', '@a'],
  ['CREATE PROCEDURE p @a dbo.list READONLY, @b cursor VARYING OUTPUT AS SELECT 1', ''],
  ['CREATE FUNCTION f(@as AS int, @with int = 1) RETURNS TABLE AS RETURN SELECT 1 AS x', '@with'],
  ['', ''],
])('%s', (definition, expected) => expect(found(definition)).toBe(expected))

it('finds the defaults of any list', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
  const type = fc.constantFrom('int', 'decimal(10, 2)', 'nvarchar(max)', '[my type]', 'AS float')
  const value = fc.constantFrom(undefined, '1', '-2.5', 'NULL', "N'a, @b = ''c'''", '0xff', "'--'")
  const parameter = fc.record({ name, type, value })
  fc.assert(
    fc.property(
      fc.uniqueArray(parameter, { selector: (p) => p.name }),
      fc.boolean(),
      fc.constantFrom(' ', '\n', ' /* , = */ ', ' -- =\n'),
      (parameters, brackets, gap) => {
        const list = parameters
          .map((p) => `@${p.name} ${p.type}${p.value === undefined ? '' : `${gap}=${gap}${p.value}`}`)
          .join(`${gap},${gap}`)
        const text = `CREATE PROCEDURE p${gap}${brackets ? `(${list})` : list}${gap}AS SET @zz = 1`
        const expected = parameters.filter((p) => p.value !== undefined).map((p) => `@${p.name}`)
        expect([...parametersWithDefault(text)]).toEqual(expected)
      },
    ),
  )
})

it('ends for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'@a=,()[]\'"-/*\n ') }), (text) => {
      expect(parametersWithDefault(text).size).toBeLessThanOrEqual(text.length)
    }),
  )
})
