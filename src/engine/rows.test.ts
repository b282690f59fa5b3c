import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Encoding, OutputColumn, RowFormat } from './engine.ts'
import { createRowWriter, createScratch } from './rows.ts'

const column = (name: string, encoding: Encoding, hidden = false): OutputColumn => ({
  name,
  encoding,
  hidden,
})

/** The payload of a DataRow message. */
const dataRow = (values: readonly (string | null)[]): Buffer => {
  const parts = values.map((value) => {
    const bytes = Buffer.from(value ?? '')
    const head = Buffer.alloc(4)
    head.writeInt32BE(value === null ? -1 : bytes.length)
    return value === null ? head : Buffer.concat([head, bytes])
  })
  const count = Buffer.alloc(2)
  count.writeUInt16BE(values.length)
  return Buffer.concat([count, ...parts])
}

const write = (
  columns: readonly OutputColumn[],
  rows: readonly (readonly (string | null)[])[],
  format: RowFormat = 'array',
  keep = Number.POSITIVE_INFINITY,
) => {
  const writer = createRowWriter(columns, format, keep, createScratch())
  for (const row of rows) writer.row(dataRow(row), 0)
  const { body, rows: count, hidden } = writer.finish()
  return { text: body.toString(), count, hidden }
}

describe('JSON', () => {
  it('writes every encoding canonically', () => {
    const columns = [
      column('n', 'number'),
      column('t', 'text'),
      column('b', 'boolean'),
      column('f', 'float'),
      column('ts', 'timestamp'),
      column('dt', 'datetime'),
      column('j', 'raw'),
    ]
    expect(
      write(columns, [
        ['12', 'a"b', 't', '1.5', '2026-11-23 14:05:09.1+00', '2026-11-23 14:05:09', '{"a": 1}'],
        ['-7', '', 'f', 'NaN', 'infinity', '0044-03-15 00:00:00 BC', '[]'],
        [null, null, null, '-Infinity', '0044-03-15 12:00:00+00 BC', '-infinity', null],
      ]).text,
    ).toBe(
      '[{"n":12,"t":"a\\"b","b":true,"f":1.5,"ts":"2026-11-23T14:05:09.1+00:00","dt":"2026-11-23T14:05:09","j":{"a": 1}},' +
        '{"n":-7,"t":"","b":false,"f":"NaN","ts":"infinity","dt":"0044-03-15T00:00:00 BC","j":[]},' +
        '{"n":null,"t":null,"b":null,"f":"-Infinity","ts":"0044-03-15T12:00:00+00:00 BC","dt":"-infinity","j":null}]',
    )
  })

  it('escapes any text exactly as JSON.stringify does', () => {
    const hard = fc.string({
      unit: fc.oneof(
        fc.constantFrom('"', '\\', '\n', '\u0001', '\u001f', '\u007f', 'é', '😀', '\u2028', 'a'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
      maxLength: 200,
    })
    fc.assert(
      fc.property(fc.array(fc.tuple(hard, fc.option(hard)), { maxLength: 8 }), fc.string(), (rows, name) => {
        // PostgreSQL stores neither NUL nor lone surrogates.
        fc.pre(rows.flat().every((text) => text === null || (!text.includes('\0') && text.isWellFormed())))
        fc.pre(name.isWellFormed())
        const columns = [column(name, 'text'), column('other', 'text')]
        fc.pre(name !== 'other')
        const expected = rows.map(
          ([a, b]) => `{${JSON.stringify(name)}:${JSON.stringify(a)},"other":${JSON.stringify(b)}}`,
        )
        expect(write(columns, rows).text).toBe(`[${expected.join(',')}]`)
      }),
    )
  })

  it('keeps hidden columns out of the body and hands over those of the last kept row', () => {
    const columns = [column('v', 'text', true), column('id', 'number'), column('k', 'text', true)]
    expect(
      write(
        columns,
        [
          ['x1', '1', 'a'],
          ['x2', '2', null],
          ['x3', '3', 'c'],
        ],
        'array',
        2,
      ),
    ).toEqual({ text: '[{"id":1},{"id":2}]', count: 3, hidden: ['x2', null] })
  })

  it('keeps the hidden columns of a row whose bytes are overwritten behind `hold`', () => {
    const columns = [column('id', 'number'), column('k', 'text', true), column('z', 'text', true)]
    const writer = createRowWriter(columns, 'array', 2, createScratch())
    const rows = [
      ['1', 'a', 'aa'],
      ['2', 'b', null],
      ['3', 'c', 'cc'],
    ].map(dataRow)
    for (const bytes of rows) {
      const chunk = Buffer.concat([Buffer.from('head'), bytes, Buffer.from('tail')])
      writer.row(chunk, 4)
      writer.hold()
      chunk.fill(0xff)
    }
    const { body, hidden } = writer.finish()
    expect(body.toString()).toBe('[{"id":1},{"id":2}]')
    expect(hidden).toEqual(['b', null])
  })

  it('writes an empty array without rows, and nothing for a missing object', () => {
    expect(write([column('id', 'number')], [])).toEqual({ text: '[]', count: 0, hidden: undefined })
    expect(write([column('id', 'number')], [], 'object').text).toBe('')
  })

  it('writes objects, bare values and lists of values', () => {
    expect(write([column('id', 'number')], [['1'], ['2']], 'object')).toMatchObject({
      text: '{"id":1}',
      count: 2,
    })
    expect(write([column('v', 'text')], [['a']], 'value').text).toBe('"a"')
    expect(write([column('v', 'number')], [['1'], [null]], 'values').text).toBe('[1,null]')
  })

  it('keeps a line of NDJSON one line, whatever line breaks json columns hold', () => {
    expect(
      write([column('j', 'raw'), column('t', 'text')], [['{\n "a": 1\r\n}', 'x\ny']], 'ndjson').text,
    ).toBe('{"j":{  "a": 1  },"t":"x\\ny"}\n')
  })

  it('keeps 0 rows when told so, and counts them all the same', () => {
    expect(write([column('id', 'number')], [['1'], ['2']], 'array', 0)).toEqual({
      text: '[]',
      count: 2,
      hidden: undefined,
    })
  })
})

describe('CSV', () => {
  it('quotes only what needs it, and tells NULL from an empty text', () => {
    const columns = [
      column('a,b', 'text'),
      column('n', 'number'),
      column('b', 'boolean'),
      column('t', 'timestamp'),
      column('h', 'text', true),
    ]
    expect(
      write(
        columns,
        [
          ['x"y', '1', 't', '2026-11-23 14:05:09+00', 'z'],
          ['', null, null, null, 'z'],
          [null, null, null, null, 'z'],
        ],
        'csv',
      ).text,
    ).toBe('"a,b",n,b,t\r\n"x""y",1,true,2026-11-23T14:05:09+00:00\r\n"",,,\r\n,,,\r\n')
  })
})

it('gives the same bytes whether taken in pieces or whole', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 300 }), { maxLength: 30 }),
      fc.array(fc.nat(29), { maxLength: 5 }),
      (texts, cuts) => {
        const rows = texts.filter((t) => t.isWellFormed() && !t.includes('\0'))
        const columns = [column('t', 'text')]
        const whole = createRowWriter(columns, 'ndjson', Number.POSITIVE_INFINITY, createScratch())
        const pieces = createRowWriter(columns, 'ndjson', Number.POSITIVE_INFINITY, createScratch())
        const taken: Buffer[] = []
        rows.forEach((text, i) => {
          whole.row(dataRow([text]), 0)
          pieces.row(dataRow([text]), 0)
          if (cuts.includes(i)) taken.push(pieces.take())
        })
        taken.push(pieces.finish().body)
        expect(Buffer.concat(taken).toString()).toBe(whole.finish().body.toString())
      },
    ),
  )
})

it('gives bodies that the next answer over the same scratch does not touch', () => {
  const scratch = createScratch()
  const one = (text: string) => {
    const writer = createRowWriter([column('t', 'text')], 'array', 9, scratch)
    writer.row(dataRow([text]), 0)
    return writer.finish().body
  }
  const first = one('first')
  one('second')
  expect(first.toString()).toBe('[{"t":"first"}]')
})

it('refuses a row with another number of columns', () => {
  expect(() => write([column('a', 'text')], [['1', '2']])).toThrow(/2 columns/)
})
