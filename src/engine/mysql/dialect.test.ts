/** Whatever names and values say, the statement stays the one that was meant. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Column, Table, ValueType } from '#catalog/model.ts'
import type { Condition, Join, Output, Param, Statement } from '#plan/ast.ts'
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
} from '#engine/statements.fixture.ts'
import { inMysqlWords } from '#engine/statements.words.ts'
import { compile } from './dialect.ts'
import { type Flavour, flavourOf, mariadb, mysql } from './flavour.ts'

const flavours = [mysql, mariadb]

/** What is left of a text without the insides of its quoted identifiers and literals; a backslash escapes nothing. */
const skeleton = (text: string) =>
  text.replaceAll(/`(?:[^`]|``)*`|'(?:[^']|'')*'/gs, (quoted) => quoted.slice(-1))

const hostile = fc.oneof(
  fc.constantFrom(
    '`',
    '``',
    "'",
    '"',
    ';',
    '--',
    '/*',
    '?',
    '\\',
    "\\'",
    '`; drop table x; --',
    '\n',
    '#',
    'é💥',
    '\u2028',
  ),
  fc.string({ minLength: 1, maxLength: 15 }),
)

const of = (native: string, more: Partial<ValueType> = {}): ValueType => ({
  canonical: 'string',
  native,
  family: native.replace(/\(.*/, ''),
  ordered: true,
  comparable: true,
  ...more,
})
const int = of('int', { canonical: 'integer' })
const varchar = of('varchar(60)', { maxLength: 60, collation: 'utf8mb4_bin' })

function statements(names: readonly string[]): readonly Statement[] {
  const [schema, name, first, second, long] = names as [string, string, string, string, string]
  const [id, label] = [first, `${second}2`]
  const t: Table = {
    ...table(name, [column(id, int), column(label, varchar, { searchConfig: second })], [id]),
    schema,
    rowVersion: 'hash',
  }
  const join: Join = {
    outer: 't0',
    table: t,
    alias: 't1',
    on: [{ outer: ref(t, id).column, inner: ref(t, id).column }],
  }
  const embed = { kind: 'embed', name: second, many: true, join } as const
  const outputs: Output[] = [
    ...shown(t, [id, label]),
    { ...embed, select: select(t, { alias: 't1', outputs: shown(t, [id], 't1'), limit: 3 }) },
    {
      ...embed,
      select: select(t, {
        alias: 't1',
        outputs: [{ kind: 'column', name: long, ref: ref(t, label, 't1') }],
        order: [by(t, label, 'desc', 't1')],
        offset: param(0, int),
      }),
    },
  ]
  const back = returning(outputs, [{ kind: 'version', alias: 't0', table: t }])
  const where: Condition = { kind: 'search', left: ref(t, label), text: param(1, varchar) }
  const related: Condition = {
    kind: 'exists',
    join: { ...join, alias: 't2' },
    where: eq(ref(t, id, 't2'), 0),
  }
  const { columns } = t
  const set = columns.map((c) => ({ column: c, value: param(0, c.type) }))
  const insert = { kind: 'insert', table: t, alias: 't0', columns, returning: back } as const
  return [
    select(t, { outputs, where, order: [by(t, label)], limit: 1 }),
    { ...insert, rows: [[param(0, int), undefined]], upsert: undefined },
    {
      ...insert,
      rows: [
        [param(0, int), undefined],
        [param(1, int), undefined],
      ],
      upsert: undefined,
    },
    {
      ...insert,
      rows: [[param(0, int), param(1, varchar)]],
      upsert: { key: columns.slice(0, 1), reset: [] },
    },
    { kind: 'update', table: t, alias: 't0', set, where: eq(ref(t, id), 1), returning: back },
    { kind: 'update', table: t, alias: 't0', set, where: related, returning: back },
    { kind: 'delete', table: t, alias: 't0', where: related, returning: back },
    { kind: 'delete', table: t, alias: 't0', where, returning: back },
  ]
}

describe.each(flavours)('the dialect %o', (flavour) => {
  it('writes the same statement whatever things are called', () => {
    const shape = (s: Statement) => skeleton(compile(s, flavour).text)
    const plain = statements(['a', 'b', 'c', 'd', 'f']).map(shape)
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 5, maxLength: 5 }), (names) => {
        expect(statements(names).map(shape)).toEqual(plain)
      }),
      { numRuns: 30 },
    )
  })

  it('gives equal text for equal statements, and as many values as it has places for', () => {
    for (const [name, { statement }] of Object.entries(cases)) {
      const words = inMysqlWords(statement)
      const compiled = tried(words, flavour)
      if (compiled === undefined) continue
      expect(compile(structuredClone(words), flavour).text, name).toBe(compiled.text)
      const values = Array.from({ length: 30 }, () => '1')
      for (const { text, bind } of compiled.steps ?? [compiled]) {
        const places = skeleton(text).split('?').length - 1
        const bound = bindLists(words, values)
        expect(bind(bound, '[]'), name).toHaveLength(places)
        expect(skeleton(text), name).not.toMatch(/;|--|\/\*/)
      }
    }
  })

  it('binds values and never writes them', () => {
    const compiled = compile(
      select(orders, {
        where: {
          kind: 'and',
          items: [
            eq({ alias: 't0', column: column('a', varchar) }, 0),
            {
              kind: 'in',
              left: ref(orders, 'note'),
              list: { ...param(1, varchar), list: true },
              negated: false,
            },
          ],
        },
      }),
      flavour,
    )
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (one, many) => {
        expect(compiled.bind([one, many])).toEqual([one, JSON.stringify(many)])
      }),
    )
  })
})

const tried = (statement: Statement, flavour: Flavour) => {
  try {
    return compile(statement, flavour)
  } catch (error) {
    expect(String(error)).toContain('not supported')
    return undefined
  }
}

/** Lists where the statement has lists. */
function bindLists(statement: Statement, values: readonly string[]) {
  const lists = new Set<number>()
  JSON.stringify(statement, (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'list' in value && 'slot' in value)
      lists.add((value as Param).slot)
    return value
  })
  return values.map((value, slot) =>
    lists.has(slot) ? [value] : dated(statement, slot) ? '2026-01-01T00:00:00Z' : value,
  )
}

/** Whether a slot holds a moment, which not every text is. */
function dated(statement: Statement, slot: number): boolean {
  let found = false
  JSON.stringify(statement, (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'slot' in value && 'type' in value) {
      const p = value as Param
      if (p.slot === slot && p.type.canonical === 'timestamp') found = true
    }
    return value
  })
  return found
}

describe('a write that is read again', () => {
  const keys = table('t', [
    column('id', int, { generated: 'identity', hasDefault: true }),
    column('v', varchar),
  ])
  const base = { table: keys, alias: 't0' } as const
  const id: Column = keys.columns[0] as Column

  it('finds new rows by their keys, or by the number that the database counted', () => {
    const rows = {
      kind: 'insert',
      ...base,
      upsert: undefined,
      returning: returning(shown(keys, ['v'])),
    } as const
    const counted = compile({ ...rows, columns: keys.columns.slice(1), rows: [[param(0, varchar)]] }, mysql)
    expect(counted.steps?.map((step) => step.use)).toEqual(['affect', 'answer'])
    expect(counted.steps?.[1]?.text).toMatch(/WHERE `t0`\.`id` = LAST_INSERT_ID\(\)$/)
    const given = compile(
      {
        ...rows,
        columns: keys.columns,
        rows: [
          [param(0, int), param(1, varchar)],
          [param(2, int), param(3, varchar)],
        ],
      },
      mysql,
    )
    expect(given.steps?.[1]?.bind(['7', 'a', '8', 'b'], '[]')).toEqual(['[["7"],["8"]]'])
  })

  it('does without version and key where nobody knows the key, but not without what was asked for', () => {
    const unknown = { ...keys, columns: [{ ...id, generated: 'no' as const }, ...keys.columns.slice(1)] }
    const rows = {
      kind: 'insert',
      table: unknown,
      alias: 't0',
      columns: unknown.columns.slice(1),
      rows: [[param(0, varchar)]],
      upsert: undefined,
    } as const
    const hidden = { kind: 'version', alias: 't0', table: unknown } as const
    const plain = compile({ ...rows, returning: returning([], [hidden]) }, mysql)
    expect(plain.steps).toBeUndefined()
    expect(plain.columns).toEqual([])
    expect(() => compile({ ...rows, returning: returning(shown(unknown, ['v'])) }, mysql)).toThrow(
      'not supported',
    )
  })

  it('is given back before it is written where rows have no key', () => {
    const keyless = { ...keys, primaryKey: undefined }
    const write = { table: keyless, alias: 't0', where: eq(ref(keyless, 'v'), 0) } as const
    const back = returning(shown(keyless, ['v']))
    const set = [{ column: keyless.columns[1] as Column, value: param(1, varchar) }]
    for (const flavour of flavours) {
      const update = compile({ kind: 'update', ...write, set, returning: back }, flavour)
      expect(update.steps?.map((step) => step.use)).toEqual(['answer', 'affect'])
      expect(update.steps?.[0]?.text).toBe(
        'SELECT `t0`.`v` FROM (SELECT `t0`.`id`, CAST(? AS CHAR) AS `v` FROM `shop`.`t` AS `t0` WHERE `t0`.`v` = ? FOR UPDATE) AS `t0`',
      )
    }
    const steps = compile({ kind: 'delete', ...write, returning: back }, mysql).steps
    expect(steps?.map((step) => step.use)).toEqual(['answer', 'affect'])
    expect(compile({ kind: 'delete', ...write, returning: back }, mariadb).text).toContain(' RETURNING ')
  })

  it('is found by another unique key where there is no primary one, if NULL is not in it', () => {
    const unique = (nullable: boolean) => {
      const columns = [id, column('v', varchar, { nullable })]
      return { ...keys, columns, primaryKey: undefined, uniqueKeys: [{ name: 'v', columns: ['v'] }] }
    }
    const keep = (from: Table) =>
      compile(
        {
          kind: 'update',
          table: from,
          alias: 't0',
          set: [{ column: id, value: param(0, int) }],
          where: { kind: 'never' },
          returning: returning(shown(from, ['v'])),
        },
        mariadb,
      ).steps?.[0]?.use
    expect(keep(unique(false))).toBe('keep')
    expect(keep(unique(true))).toBe('answer')
  })

  it('inserts only what an earlier step did not find', () => {
    const upsert = compile(
      {
        kind: 'insert',
        ...base,
        columns: keys.columns,
        rows: [[param(0, int), param(1, varchar)]],
        upsert: { key: [id], reset: [] },
        returning: returning([], [{ kind: 'inserted' }]),
      },
      mariadb,
    )
    const [, , insert, answer] = upsert.steps ?? []
    expect(insert?.bind(['1', 'a'], '[]')).toEqual(['1', 'a', '1'])
    expect(insert?.bind(['1', 'a'], '[["1"]]')).toEqual(['1', 'a', '0'])
    expect(answer?.bind(['1', 'a'], '[]')).toEqual(['t', '1'])
    expect(answer?.bind(['1', 'a'], '[["1"]]')).toEqual(['f', '1'])
  })
})

describe('the flavour', () => {
  it('is told by the version of the server', () => {
    expect(flavourOf('8.0.36')).toBe(mysql)
    expect(flavourOf('8.4.3-azure')).toBe(mysql)
    expect(flavourOf('5.5.5-10.11.6-MariaDB-log')).toBe(mariadb)
    expect(flavourOf('11.8.2-MariaDB-ubu2404')).toBe(mariadb)
  })
})
