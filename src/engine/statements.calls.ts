/** Calls of routines, with the SQL each engine writes. */
import type { Case } from './statements.cases.ts'
import { NOT_SUPPORTED, arrayOf, column, param, routine, type } from './statements.fixture.ts'

export const callCases: Readonly<Record<string, Case>> = {
  'a function of named parameters': {
    statement: {
      kind: 'call',
      routine: routine('add', { kind: 'scalar', type: type('int8'), set: false }, [
        { name: 'a', type: type('int4') },
        { name: 'b', type: type('int4'), hasDefault: true },
        { name: 'c', type: type('money') },
      ]),
      args: [
        { name: 'a', position: 0, value: param(0, 'int4') },
        { name: 'c', position: 2, value: param(1, 'money') },
      ],
      numbers: 'default',
    },
    text: {
      postgres: 'SELECT r.value FROM "shop"."add"("a" => $1::int4, "c" => $2::numeric::money) AS r(value)',
      mysql: 'SELECT `shop`.`add`(?, NULL, ?)',
      sqlserver:
        'DECLARE @r bigint = [shop].[add](CAST(@p1 AS int), DEFAULT, CAST(@p2 AS decimal(19,4))); SELECT [r].[value] AS [#row] FROM (SELECT @r AS [value]) AS [r]',
    },
  },
  'a function of nameless parameters': {
    statement: {
      kind: 'call',
      routine: routine('parts', { kind: 'scalar', type: arrayOf(type('numeric')), set: true }, [
        { type: type('text') },
      ]),
      args: [{ name: '', position: 0, value: param(0, 'text') }],
      numbers: 'default',
    },
    text: {
      postgres: 'SELECT array_to_json(r.value::text[]) FROM "shop"."parts"($1::text) AS r(value)',
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
    },
  },
  'a variadic function without values': {
    statement: {
      kind: 'call',
      routine: routine('greatest_of', { kind: 'scalar', type: type('int4'), set: false }, [
        { name: 'list', mode: 'variadic', type: arrayOf(type('int4')) },
      ]),
      args: [],
      numbers: 'default',
    },
    text: {
      postgres: `SELECT r.value FROM "shop"."greatest_of"(VARIADIC "list" => '{}'::int4[]) AS r(value)`,
      mysql: 'SELECT `shop`.`greatest_of`(NULL)',
      sqlserver: NOT_SUPPORTED,
    },
  },
  'a function that gives rows': {
    statement: {
      kind: 'call',
      routine: routine(
        'report',
        {
          kind: 'rows',
          set: true,
          columns: [column('day', 'date'), column('sum', 'numeric'), column('blob', 'bytea')],
        },
        [
          { name: 'days', type: type('int4') },
          { name: 'day', mode: 'out', type: type('date') },
        ],
      ),
      args: [{ name: 'days', position: 0, value: param(0, 'int4') }],
      numbers: 'default',
    },
    text: {
      postgres: String.raw`SELECT "r"."day", "r"."sum", replace(encode("r"."blob", 'base64'), E'\n', '') FROM "shop"."report"("days" => $1::int4) AS r`,
      mysql: NOT_SUPPORTED,
      sqlserver:
        'SELECT CONVERT(nchar(10), [r].[day], 23) AS [#row], CAST([r].[sum] AS nvarchar(41)), [r].[blob] FROM [shop].[report](CAST(@p1 AS int)) AS [r]',
    },
  },
  'a function that gives nothing': {
    statement: {
      kind: 'call',
      routine: routine('refresh', { kind: 'void' }, []),
      args: [],
      numbers: 'default',
    },
    text: {
      postgres: 'SELECT FROM "shop"."refresh"() AS r',
      mysql: NOT_SUPPORTED,
      sqlserver: 'SELECT 1 AS [#row] FROM (SELECT [shop].[refresh]() AS [value]) AS [r]',
    },
  },
  'a procedure': {
    statement: {
      kind: 'call',
      routine: routine(
        'transfer',
        { kind: 'rows', set: false, columns: [column('balance', 'numeric'), column('at', 'timestamptz')] },
        [
          { name: 'amount', type: type('numeric') },
          { name: 'balance', mode: 'inout', type: type('numeric') },
          { name: 'at', mode: 'out', type: type('timestamptz') },
        ],
        'procedure',
      ),
      args: [
        { name: 'amount', position: 0, value: param(0, 'numeric') },
        { name: 'balance', position: 1, value: param(1, 'numeric') },
      ],
      numbers: 'default',
    },
    text: {
      postgres:
        'CALL "shop"."transfer"("amount" => $1::numeric, "balance" => $2::numeric, "at" => NULL::timestamptz)',
      mysql:
        'SET @p1 = ?;\nCALL `shop`.`transfer`(?, @p1, @p2);\nSELECT CAST(@p1 AS DECIMAL(12,2)), CAST(@p2 AS DATETIME(6))',
      sqlserver: `SET NOCOUNT ON; DECLARE @a0 decimal(12,2) = CAST(@p1 AS decimal(12,2)), @a1 decimal(12,2) = CAST(@p2 AS decimal(12,2)), @a2 datetimeoffset(7); EXEC [shop].[transfer] @amount = @a0, @balance = @a1 OUTPUT, @at = @a2 OUTPUT; SELECT CAST([r].[balance] AS nvarchar(41)) AS [#row], CONVERT(nchar(10), SWITCHOFFSET([r].[at], 0), 23) + TRIM(N'.' FROM TRIM(N'0' FROM N'T' + CONVERT(nvarchar(8), CAST(SWITCHOFFSET([r].[at], 0) AS time(7)), 108) + N'.' + RIGHT(N'00000000' + CAST(DATEPART(nanosecond, CAST(SWITCHOFFSET([r].[at], 0) AS time(7))) AS nvarchar(9)), 9))) + N'+00:00' FROM (SELECT @a1 AS [balance], @a2 AS [at]) AS [r]`,
    },
  },
}
