/** Whatever names and values say, the statement stays the one that was meant. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Routine, Table, ValueType } from '#catalog/model.ts'
import type { Insert, Join, Output, Statement } from '#plan/ast.ts'
import { cases } from '#engine/statements.cases.ts'
import {
  by,
  column,
  eq,
  orders,
  param,
  ref,
  returning,
  select,
  shown,
  table,
  type,
} from '#engine/statements.fixture.ts'
import { inSqlServerWords } from '#engine/statements.words.ts'
import { compile, readEstimate } from './dialect.ts'

/** What is left of a text without the insides of its quoted identifiers and literals. */
const skeleton = (text: string) =>
  text.replaceAll(/\[(?:[^\]]|\]\])*\]|'(?:[^']|'')*'/gs, (quoted) => quoted.slice(-1))

const hostile = fc.oneof(
  fc.constantFrom(
    '"',
    ']',
    ']]',
    '[',
    "'",
    ';',
    '--',
    '/*',
    '@p1',
    '\\',
    '\\\n',
    '\\\r\n',
    "'; drop table x; --",
    '\n',
  ),
  fc.string({ unit: 'binary', maxLength: 15 }).map((name) => name.replaceAll('\0', '') || 'x'),
)

const nvarchar = type('nvarchar', {
  native: 'nvarchar(60)',
  maxLength: 60,
  collation: 'Latin1_General_100_BIN2',
})

function statements(names: readonly string[]): readonly Statement[] {
  const [schema, name, first, second, long] = names as [string, string, string, string, string]
  const [id, label] = [first, `${second}2`]
  const t: Table = {
    ...table(name, [column(id, 'int'), column(label, nvarchar, { searchConfig: second })], [id]),
    schema,
    rowVersion: 'hash',
  }
  const join: Join = {
    outer: 't0',
    table: t,
    alias: 't1',
    on: [{ outer: ref(t, id).column, inner: ref(t, id).column }],
  }
  const inner = { kind: 'column', name: long.padEnd(70, 'x'), ref: ref(t, label, 't1') } as const
  const embed = { kind: 'embed', name: second, many: true, join } as const
  const outputs: Output[] = [
    ...shown(t, [id, label]),
    { ...embed, select: select(t, { alias: 't1', outputs: shown(t, [id], 't1') }) },
    { ...embed, select: select(t, { alias: 't1', outputs: [inner] }) },
  ]
  const back = returning(outputs, [{ kind: 'version', alias: 't0', table: t }])
  const where = { kind: 'search', left: ref(t, label), text: param(1, 'text') } as const
  const columns = t.columns
  return [
    select(t, { outputs, where, order: [by(t, label)], limit: 1 }),
    { kind: 'count', exact: false, select: select(t) },
    {
      kind: 'insert',
      table: t,
      alias: 't0',
      columns,
      rows: [[param(0, 'int'), undefined]],
      upsert: { key: columns.slice(0, 1), reset: columns.slice(1) },
      returning: back,
    },
    {
      kind: 'update',
      table: t,
      alias: 't0',
      set: columns.map((c) => ({ column: c, value: param(0, c.type) })),
      where: eq(ref(t, id), 1),
      returning: back,
    },
    { kind: 'delete', table: t, alias: 't0', where, returning: back },
    {
      kind: 'call',
      routine: {
        schema,
        name,
        kind: 'function',
        parameters: [{ name: 'a', type: nvarchar, mode: 'in', hasDefault: false }],
        readOnly: true,
        returns: { kind: 'rows', columns, set: true },
        executable: true,
      },
      args: [{ name: 'a', position: 0, value: param(0, nvarchar) }],
      numbers: 'default',
    },
  ]
}

const cells = (rows: number, types: readonly ValueType[]): Insert['rows'] =>
  Array.from({ length: rows }, (_, i) => types.map((of, j) => param(i * types.length + j, of)))
const inserted = (more: Partial<Insert>): string =>
  compile({
    kind: 'insert',
    table: orders,
    alias: 't0',
    columns: [],
    rows: [[]],
    upsert: undefined,
    returning: undefined,
    ...more,
  }).text

describe('the SQL Server dialect', () => {
  it('writes the same statement whatever things are called', () => {
    // A literal in two pieces, because of a line break in it, is one.
    const shape = (s: Statement) => skeleton(compile(s).text).replaceAll("' + N'", "'")
    const plain = statements(['a', 'b', 'c', 'd', 'f']).map(shape)
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 5, maxLength: 5 }), (names) => {
        expect(statements(names).map(shape)).toEqual(plain)
      }),
      { numRuns: 300 },
    )
  })

  it('binds values and never writes them', () => {
    const t = table('t', [column('id', 'int'), column('a', nvarchar)])
    const compiled = compile(
      select(t, {
        where: {
          kind: 'or',
          items: [
            eq(ref(t, 'a'), 0),
            { kind: 'in', left: ref(t, 'a'), list: param(1, nvarchar, true), negated: false },
          ],
        },
      }),
    )
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (one, many) => {
        expect(compiled.bind([one, many])).toEqual([one, JSON.stringify(many)])
      }),
    )
  })

  it('gives equal text for equal statements, and one column description per column', () => {
    for (const [name, c] of Object.entries(cases)) {
      const statement = inSqlServerWords(c.statement)
      if (c.text.sqlserver === undefined || typeof c.text.sqlserver === 'symbol') continue
      const compiled = compile(statement)
      expect(compile(structuredClone(statement)).text, name).toBe(compiled.text)
      expect(skeleton(compiled.text), name).not.toMatch(/--|\/\*/)
      if (compiled.operation === 'select') expect(skeleton(compiled.text), name).not.toContain(';')
    }
  })

  it('keeps prepared what will come again, which a list of rows will not', () => {
    const supported = Object.entries(cases).filter(([, c]) => typeof c.text.sqlserver === 'string')
    expect(
      supported.filter(([, c]) => !compile(inSqlServerWords(c.statement)).prepare).map(([name]) => name),
    ).toEqual([
      'new rows, some with defaults',
      'new rows given back',
      'new rows with keys of their own given back',
      'new rows of defaults',
      'new rows with what they belong to',
    ])
  })

  it('compares text of a code page only with text that the code page has', () => {
    const of = (collation: string) => {
      const t = table('t', [column('a', type('varchar', { maxLength: 9, collation }))], [])
      return compile(select(t, { where: eq(ref(t, 'a'), 0) })).text
    }
    expect(of('Latin1_General_CI_AS')).toContain(
      'THEN CAST(@p1 COLLATE Latin1_General_CI_AS AS varchar(8000)) END',
    )
    expect(of('Latin1_General_100_CI_AS_SC_UTF8')).toMatch(
      /= CAST\(@p1 COLLATE Latin1_General_100_CI_AS_SC_UTF8 AS varchar\(8000\)\)$/,
    )
    expect(() => of('x y')).toThrow('collation')
  })

  it('refuses to store what the code page of a column does not have', () => {
    const narrow = column('a', type('varchar', { maxLength: 9, collation: 'Latin1_General_CI_AS' }))
    const text = inserted({ columns: [narrow], rows: [[param(0, narrow.type)]] })
    expect(text).toMatch(/CASE WHEN .* THEN @p1 ELSE CAST\(CAST\(.* AS int\) AS nvarchar\(1\)\) END/)
  })

  describe('finds inserted rows again', () => {
    const named = column('name', nvarchar)
    const key = (more: object) => column('id', 'int', more)
    const back = (t: Table) => returning(shown(t, ['name']))

    it('by keys that were given, in the order they were given', () => {
      const t = table('t', [key({}), named])
      const types = t.columns.map((c) => c.type)
      const few = inserted({ table: t, columns: t.columns, rows: cells(2, types), returning: back(t) })
      expect(few).toContain('JOIN (VALUES (1, CAST(@p1 AS int)), (2, CAST(@p3 AS int))) AS [k]([#n], [k0])')
      expect(few).toMatch(/ORDER BY \[k\]\.\[#n\]; SELECT @n AS \[#affected\]$/)
      const many = inserted({ table: t, columns: t.columns, rows: cells(20, types), returning: back(t) })
      expect(many).toContain('JOIN (SELECT [r].[#n], CAST([r].[c0] AS int) FROM OPENJSON(@p1)')
      expect(many).not.toContain('@p2')
    })

    it('by keys that the database made', () => {
      const t = table('t', [key({ generated: 'always', hasDefault: true }), named])
      const text = inserted({ table: t, columns: [named], rows: cells(2, [named.type]), returning: back(t) })
      expect(text).toContain('DECLARE @k TABLE ([#n] int IDENTITY PRIMARY KEY, [id] int)')
      expect(text).toContain('OUTPUT inserted.[id] INTO @k ([id])')
    })

    it('not at all without a key: their values are copied', () => {
      const t = table('t', [key({}), named], [], { primaryKey: undefined })
      const text = inserted({ table: t, columns: [named], rows: cells(1, [named.type]), returning: back(t) })
      expect(text).toContain(
        'DECLARE @k TABLE ([name] nvarchar(60) COLLATE Latin1_General_100_BIN2); INSERT INTO [shop].[t] ([name]) OUTPUT inserted.[name] INTO @k ([name])',
      )
      expect(text).toContain('SELECT [t0].[name] FROM @k AS [t0];')
    })
  })

  it('inserts rows that leave the same columns to their defaults together, where keys keep the order', () => {
    const t = table('t', [column('id', 'int'), column('a', 'int'), column('b', 'int')])
    const rows = Array.from({ length: 20 }, (_, i) => [
      param(3 * i, 'int'),
      param(3 * i + 1, 'int'),
      i % 2 === 0 ? param(3 * i + 2, 'int') : undefined,
    ])
    const text = inserted({ table: t, columns: t.columns, rows, returning: returning(shown(t, ['b'])) })
    expect(text.match(/INSERT INTO \[shop\]\.\[t\] \([^)]*\)/g)).toEqual([
      'INSERT INTO [shop].[t] ([id], [a], [b])',
      'INSERT INTO [shop].[t] ([id], [a])',
    ])
    expect(text).toContain('FROM OPENJSON(@p3)')
    expect(text).not.toContain('@p4')
  })

  it('writes at most 1,000 rows with one VALUES', () => {
    const t = table('t', [column('a', 'int'), column('b', 'int')], [], { primaryKey: undefined })
    const rows = Array.from({ length: 1001 }, (_, i) => [
      param(i, 'int'),
      i % 2 ? undefined : param(0, 'int'),
    ])
    const text = inserted({ table: t, columns: t.columns, rows })
    expect(text.match(/INSERT INTO/g)).toHaveLength(2)
    expect(text.match(/SET @n \+= ROWCOUNT_BIG\(\)/g)).toHaveLength(2)
  })

  it('catches the rows that a procedure sends where they must be cast, as long as they are known beforehand', () => {
    const routine: Routine = {
      schema: 's',
      name: 'p',
      kind: 'procedure',
      parameters: [],
      readOnly: false,
      returns: { kind: 'rows', columns: [column('a', type('money', { native: 'money' }))], set: true },
      executable: true,
    }
    const call = (returns: Routine['returns']) =>
      compile({ kind: 'call', routine: { ...routine, returns }, args: [], numbers: 'default' }).text
    expect(call(routine.returns)).toBe(
      'SET NOCOUNT ON; DECLARE @r TABLE ([a] money, [#n] int IDENTITY PRIMARY KEY); INSERT INTO @r ([a]) EXEC [s].[p]; SELECT CAST(CAST([r].[a] AS decimal(19,4)) AS nvarchar(41)) AS [#row] FROM @r AS [r] ORDER BY [r].[#n]',
    )
    const sent = { kind: 'rows', columns: [column('a', type('bigint'))], set: true } as const
    expect(call(sent)).toBe('SET NOCOUNT ON; EXEC [s].[p]')
    expect(call({ kind: 'void' })).toBe('SET NOCOUNT ON; EXEC [s].[p]')
    expect(() => call({ kind: 'rows', columns: [], set: true })).toThrow('not supported')
  })

  it('estimates whole tables from the catalogue, and counts the rest', () => {
    const estimate = (more: Partial<ReturnType<typeof select>>) =>
      compile({ kind: 'count', exact: false, select: select(orders, more) }).text
    expect(estimate({ order: [by(orders, 'id')], limit: 5 })).toContain(
      'FROM sys.partitions AS [p] JOIN sys.objects AS [o] ON [o].[object_id] = [p].[object_id]',
    )
    expect(estimate({ where: { kind: 'never' } })).toBe(
      'SELECT COUNT_BIG(*) FROM [shop].[orders] AS [t0] WHERE 1 = 0',
    )
    expect(readEstimate(new TextEncoder().encode('[{"count":42}]'))).toBe(42)
    expect(() => readEstimate(new TextEncoder().encode('[]'))).toThrow('holds no number')
  })
})
