/** Whatever names and values say, the statement stays the one that was meant. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Table } from '#catalog/model.ts'
import type { Join, Output, Statement } from '#plan/ast.ts'
import { cases } from '#engine/statements.cases.ts'
import {
  arrayOf,
  by,
  column,
  eq,
  param,
  ref,
  select,
  shown,
  table,
  type,
} from '#engine/statements.fixture.ts'
import { compile, readEstimate } from './dialect.ts'

/** What is left of a text without the insides of its quoted identifiers and literals. */
const skeleton = (text: string) =>
  text.replaceAll(/"(?:[^"]|"")*"|E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'/gs, (quoted) => quoted.slice(-1))

const hostile = fc.oneof(
  fc.constantFrom(
    '"',
    '""',
    "'",
    ';',
    '--',
    '/*',
    '$1',
    '$$',
    '\\',
    '\\"',
    'a"; drop table x; --',
    "E'",
    'e',
    '\n',
  ),
  fc.string({ unit: 'binary', maxLength: 15 }).map((name) => name.replaceAll('\0', '') || 'x'),
)

function statements(names: readonly string[]): readonly Statement[] {
  const [schema, name, first, second, long] = names as [string, string, string, string, string]
  const t: Table = {
    ...table(name, [column(first, 'int4'), column(`${second}2`, 'text', { searchConfig: second })], [first]),
    schema,
  }
  const [id, label] = [first, `${second}2`]
  const join: Join = {
    outer: 't0',
    table: t,
    alias: 't1',
    on: [{ outer: t.columns[0] as (typeof t.columns)[0], inner: t.columns[0] as (typeof t.columns)[0] }],
  }
  const inner = { kind: 'column', name: long.padEnd(70, 'x'), ref: ref(t, label, 't1') } as const
  const embed = { kind: 'embed', name: second, many: true, join } as const
  const outputs: Output[] = [
    ...shown(t, [id, label]),
    { ...embed, select: select(t, { alias: 't1', outputs: shown(t, [id], 't1') }) },
    { ...embed, select: select(t, { alias: 't1', outputs: [inner] }) },
  ]
  const returning = {
    outputs,
    hidden: [{ kind: 'version', alias: 't0', table: t }],
    numbers: 'default',
  } as const
  const where = { kind: 'search', left: ref(t, label), text: param(1, 'text') } as const
  const columns = t.columns
  return [
    select(t, { outputs, where, order: [by(t, label)], limit: 1 }),
    {
      kind: 'insert',
      table: t,
      alias: 't0',
      columns,
      rows: [[param(0, 'int4'), undefined]],
      upsert: { key: columns.slice(0, 1), reset: columns.slice(1) },
      returning,
    },
    {
      kind: 'update',
      table: t,
      alias: 't0',
      set: columns.map((c) => ({ column: c, value: param(0, c.type) })),
      where: eq(ref(t, id), 1),
      returning,
    },
    { kind: 'delete', table: t, alias: 't0', where, returning },
    {
      kind: 'call',
      routine: {
        schema,
        name,
        kind: 'function',
        parameters: [{ name: second, type: type('text'), mode: 'in', hasDefault: false }],
        readOnly: true,
        returns: { kind: 'rows', columns, set: true },
        executable: true,
      },
      args: [{ name: second, position: 0, value: param(0, 'text') }],
      numbers: 'default',
    },
  ]
}

describe('the PostgreSQL dialect', () => {
  it('writes the same statement whatever things are called', () => {
    const shape = (s: Statement) => skeleton(compile(s).text)
    const plain = statements(['a', 'b', 'c', 'd', 'f']).map(shape)
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 5, maxLength: 5 }), (names) => {
        expect(statements(names).map(shape)).toEqual(plain)
      }),
      { numRuns: 300 },
    )
  })

  it('binds values and never writes them', () => {
    const [tags, parts] = [arrayOf(type('text')), table('t', [column('id', 'int4')])]
    const compiled = compile(
      select(parts, {
        where: {
          kind: 'or',
          items: [
            eq({ alias: 't0', column: column('a', 'text') }, 0),
            { kind: 'in', left: ref(parts, 'id'), list: param(1, 'text', true), negated: false },
            eq({ alias: 't0', column: column('c', tags) }, 1),
          ],
        },
      }),
    )
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (one, many) => {
        const bound = compiled.bind([one, many])
        expect(bound[0]).toBe(one)
        const list = `{${many.map((item) => `"${item.replaceAll(/["\\]/g, '\\$&')}"`).join()}}`
        expect(bound.slice(1)).toEqual([list, list])
      }),
    )
  })

  it('gives equal text for equal statements, one column description per column, and no stray semicolon', () => {
    for (const [name, { statement }] of Object.entries(cases)) {
      const compiled = compile(statement)
      expect(compile(structuredClone(statement)).text, name).toBe(compiled.text)
      for (const { text } of compiled.steps ?? [compiled])
        expect(skeleton(text), name).not.toMatch(/;|--|\/\*/)
    }
  })

  it('keeps prepared what will come again, which a list of rows will not', () => {
    expect(
      Object.entries(cases)
        .filter(([, c]) => !compile(c.statement).prepare)
        .map(([name]) => name),
    ).toEqual([
      'new rows, some with defaults',
      'new rows given back',
      'new rows with keys of their own given back',
      'new rows of defaults',
      'new rows with what they belong to',
    ])
  })

  it('refuses to leave out a nameless parameter before another', () => {
    const [first, second] = [type('int4'), type('int4')].map(
      (of) => ({ name: '', type: of, mode: 'in', hasDefault: true }) as const,
    )
    expect(() =>
      compile({
        kind: 'call',
        routine: {
          schema: 's',
          name: 'f',
          kind: 'function',
          parameters: [first as NonNullable<typeof first>, second as NonNullable<typeof second>],
          readOnly: true,
          returns: { kind: 'void' },
          executable: true,
        },
        args: [{ name: '', position: 1, value: param(0, 'int4') }],
        numbers: 'default',
      }),
    ).toThrow('f has parameters without names')
  })

  it('reads the estimate of the outermost node, whatever the tables are called', () => {
    const plan = JSON.stringify([
      { Plan: { Alias: '"Plan Rows": 5', 'Plan Rows': 1234, Plans: [{ 'Plan Rows': 9 }] } },
    ])
    const spaced = plan.replaceAll('":', '": ')
    for (const body of [plan, spaced, `[{"plan":${plan}}]`])
      expect(readEstimate(new TextEncoder().encode(body))).toBe(1234)
    expect(() => readEstimate(new TextEncoder().encode('[]'))).toThrow('holds no plan')
  })
})
