import { describe, expect, it } from 'vitest'
import type { RawRows } from './catalog-tables.ts'
import { readRoutines, type RoutineRows } from './routines.ts'
import { createTypeTable } from './types.ts'

type Row = RawRows[number]

/** In the order of catalogSql.routines. */
const routine = (
  type: string,
  o: { definition?: string; executable?: string; comment?: string } = {},
): Row => ['1', 'dbo', 'r', type, o.executable ?? '1', o.definition ?? null, o.comment ?? null]
/** In the order of catalogSql.parameters; position 0 is what a function returns. */
const parameter = (position: number, name: string, type: string, output = '0', hasDefault = '0'): Row => [
  '1',
  name,
  String(position),
  type,
  '-1',
  '10',
  '2',
  output,
  hasDefault,
]
/** In the order of catalogSql.results. */
const result = (name: string | null, type: string | null, error: string | null = null): Row => [
  '1',
  name,
  type,
  '8',
  '0',
  '0',
  error,
]

function read(rows: Partial<RoutineRows>, action: 'omit' | 'text' = 'omit') {
  const empty: RoutineRows = { routines: [], parameters: [], results: [], columns: [] }
  return readRoutines({ ...empty, ...rows }, { resolve: createTypeTable(), onUnmappable: () => action })
}

describe('a function', () => {
  it('whose rows have no column that can be shown is left out', () => {
    const rows = { routines: [routine('IF')], columns: [result('what', 'no_such_type')] }
    expect(read(rows)).toEqual([])
    expect(read({ routines: [routine('IF')] })).toEqual([])
    expect(read(rows, 'text')).toMatchObject([{ returns: { kind: 'rows', columns: [{ name: 'what' }] } }])
  })

  it('only reads, gives a value, and has the defaults that its text gives', () => {
    const [found] = read({
      routines: [
        routine('FN', {
          definition: 'CREATE FUNCTION r(@a int, @b int = 10) RETURNS bigint AS BEGIN RETURN 1 END',
          comment: 'Adds',
        }),
      ],
      parameters: [parameter(0, '', 'bigint', '1'), parameter(1, '@a', 'int'), parameter(2, '@b', 'int')],
    })
    expect(found).toMatchObject({
      schema: 'dbo',
      name: 'r',
      kind: 'function',
      readOnly: true,
      executable: true,
      comment: 'Adds',
      returns: { kind: 'scalar', set: false, type: { canonical: 'integer', family: 'bigint' } },
      parameters: [
        { name: 'a', mode: 'in', hasDefault: false },
        { name: 'b', mode: 'in', hasDefault: true },
      ],
    })
  })

  it('may give a table', () => {
    for (const type of ['IF', 'TF', 'FT'])
      expect(
        read({
          routines: [routine(type)],
          columns: [
            ['1', 'id', 'int', '4', '10', '0'],
            ['1', 'total', 'decimal', '9', '12', '2'],
          ],
        })[0],
      ).toMatchObject({
        readOnly: true,
        returns: {
          kind: 'rows',
          set: true,
          columns: [
            { name: 'id', type: { native: 'int' } },
            { name: 'total', type: { native: 'decimal(12,2)' } },
          ],
        },
      })
  })

  it('of a type without canonical form is left out, or gives its text', () => {
    const rows = { routines: [routine('FN')], parameters: [parameter(0, '', 'geometry', '1')] }
    expect(read(rows)).toEqual([])
    expect(read(rows, 'text')[0]?.returns).toMatchObject({ kind: 'scalar', type: { canonical: 'string' } })
  })
})

describe('a procedure', () => {
  it('promises nothing, and gives nothing when it has neither a result nor outputs', () => {
    expect(read({ routines: [routine('P', { executable: '0' })] })).toMatchObject([
      { kind: 'procedure', readOnly: false, executable: false, returns: { kind: 'void' }, parameters: [] },
    ])
  })

  it('gives its outputs, which take values too', () => {
    const [found] = read({
      routines: [routine('P')],
      parameters: [parameter(1, '@path', 'varchar', '1'), parameter(2, '@suffix', 'varchar')],
      results: [result('ignored', 'int')],
    })
    expect(found).toMatchObject({
      parameters: [
        { name: 'path', mode: 'inout', hasDefault: true },
        { name: 'suffix', mode: 'in', hasDefault: false },
      ],
      returns: { kind: 'rows', set: false, columns: [{ name: 'path' }] },
    })
  })

  it('gives the rows of its first result', () => {
    const [found] = read({
      routines: [routine('P')],
      results: [result('at', 'datetime'), result(null, 'int'), result('AT', 'date')],
    })
    expect(found?.returns).toMatchObject({
      kind: 'rows',
      set: true,
      columns: [{ name: 'at', type: { family: 'datetime' } }, { name: 'column2' }, { name: 'column3' }],
    })
  })

  it('whose result nobody can tell gives rows of columns that are known only then', () => {
    const [found] = read({ routines: [routine('P')], results: [result(null, null, '11514')] })
    expect(found?.returns).toEqual({ kind: 'rows', set: true, columns: [] })
  })

  it('is left out when it takes a table or a cursor, or what has no canonical form, or gives that', () => {
    for (const type of ['table', 'cursor', 'geometry'])
      expect(read({ routines: [routine('P')], parameters: [parameter(1, '@x', type)] }), type).toEqual([])
    const spot = { routines: [routine('P')], results: [result('id', 'int'), result('spot', 'geometry')] }
    expect(read(spot)).toEqual([])
    expect(read(spot, 'text')[0]?.returns).toMatchObject({ columns: [{ name: 'id' }, { name: 'spot' }] })
  })

  it('of a CLR assembly says its defaults itself', () => {
    const [found] = read({
      routines: [routine('PC')],
      parameters: [parameter(1, '@a', 'int', '0', '1')],
    })
    expect(found?.parameters).toMatchObject([{ name: 'a', hasDefault: true }])
  })
})

describe('a procedure that is called in a transaction', () => {
  const isAtomic = (definition: string | undefined, type = 'P') =>
    read({ routines: [routine(type, definition === undefined ? {} : { definition })] })[0]?.atomic

  it('cannot end it, as far as its text shows', () => {
    const front = 'CREATE PROCEDURE r WITH EXECUTE AS OWNER AS '
    expect(isAtomic(`${front} INSERT INTO committed VALUES (1)`)).toBe(true)
    for (const statement of ['COMMIT', 'rollback tran', 'EXEC other', "execute('x')"])
      expect(isAtomic(`${front} ${statement}`), statement).toBeUndefined()
  })

  it('is taken for one that may where its text is not shown', () => {
    expect(isAtomic(undefined)).toBeUndefined()
    expect(isAtomic('CREATE FUNCTION r() RETURNS TABLE AS RETURN SELECT 1 AS a', 'IF')).toBeUndefined()
  })
})
