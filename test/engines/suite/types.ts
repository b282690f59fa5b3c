/** The canonical types: the same bytes on every engine, out, in, and inside embeds. */
import { describe, expect, it } from 'vitest'
import { body, compact, type EngineContext, problem, type SuiteCapabilities } from './context.ts'

/** A column of `types`; its JSON in row 1 and in row 3; with `numbers=string` and `numbers=native` where they differ. */
const columnsOf = ({
  earlyTimestamp,
}: SuiteCapabilities): readonly (readonly [
  name: string,
  first: string,
  third: string,
  other?: { readonly string?: readonly [string, string]; readonly native?: readonly [string, string] },
])[] => [
  ['a_text', JSON.stringify('line\nbreak\ttab "quoted" back\\slash / é 💥'), '""'],
  ['a_varchar', '"plain"', '""'],
  ['a_char', '"pad"', '""'],
  ['a_smallint', '-32768', '0'],
  ['a_int', '2147483647', '-2147483648'],
  [
    'a_bigint',
    '9223372036854775807',
    '-9223372036854775808',
    { string: ['"9223372036854775807"', '"-9223372036854775808"'] },
  ],
  [
    'a_decimal',
    '"12345678901234567890.0123456789"',
    '"-0.0000000001"',
    { native: ['12345678901234567890.0123456789', '-0.0000000001'] },
  ],
  ['a_real', '0.1', '-0.5'],
  ['a_double', '0.1', '1e+300'],
  ['a_boolean', 'true', 'false'],
  ['a_timestamp', '"2026-11-23T14:05:09.123+00:00"', `"${earlyTimestamp}"`],
  ['a_datetime', '"2026-11-23T14:05:09.123456"', '"0001-01-01T00:00:00"'],
  ['a_date', '"2026-11-23"', '"9999-12-31"'],
  ['a_time', '"14:05:09.12"', '"00:00:00"'],
  ['a_json', '{"a": [1, 2.50, null], "b": "x"}', '"null"'],
  ['a_binary', '"AP8Q"', '""'],
  ['a_uuid', '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"', '"00000000-0000-0000-0000-000000000000"'],
]

const styles = [undefined, 'string', 'native'] as const
const accept = (style: (typeof styles)[number]) => ({
  accept: style === undefined ? 'application/json' : `application/json; numbers=${style}`,
})

export function types(context: EngineContext): void {
  const { get, request } = context
  const columns = columnsOf(context.capabilities)
  const all = columns.map(([name]) => name).join(',')
  const row = (at: 1 | 3, style: (typeof styles)[number]) =>
    `{${columns
      .map(([name, first, third, other]) => {
        const [one, three] = (style && other?.[style]) ?? [first, third]
        const json = at === 1 ? one : three
        return `"${name}":${name === 'a_json' ? context.capabilities.jsonText(json, compact(json)) : json}`
      })
      .join(',')}}`
  /** Without UUIDs where they are no type. */
  const typed = (values: readonly (readonly [name: string, value: string])[]) =>
    values.filter(([name]) => name !== 'a_uuid' || context.capabilities.uuids)
  const empty = `{${columns.map(([name]) => `"${name}":null`).join(',')}}`

  describe('canonical types', () => {
    for (const style of styles) {
      const as = style === undefined ? '' : ` with numbers=${style}`
      it(`are the same bytes in rows and in one row${as}`, async () => {
        const answer = await get(`/types?select=${all}`, accept(style))
        expect(answer.text).toBe(`[${row(1, style)},${empty},${row(3, style)}]`)
        expect(answer.headers['content-type']).toBe(accept(style).accept)
        expect((await get(`/types/3?select=${all}`, accept(style))).text).toBe(row(3, style))
      })

      it(`are the same bytes inside embeds${as}`, async () => {
        const inside = await get(`/type_sets/1?select=types(${all})`, accept(style))
        expect(inside.text).toBe(`{"types":[${row(1, style)},${empty},${row(3, style)}]}`)
        const deeper = await get(`/types/1?select=set(types(order=id;limit=1;${all}))`, accept(style))
        expect(deeper.text).toBe(`{"set":{"types":[${row(1, style)}]}}`)
      })

      it(`come back as they were written${as}`, async () => {
        for (const at of [1, 3] as const) {
          const written = `{"set_id":1,${row(at, style).slice(1)}`
          const answer = await request('PUT', `/types/100?select=${all}`, {
            body: written,
            headers: { 'content-type': 'application/json', ...accept(style) },
          })
          expect(answer.text).toBe(row(at, style))
        }
        expect((await request('DELETE', '/types/100')).status).toBe(204)
      })
    }

    for (const [name, first, third] of columns)
      if (name !== 'a_json')
        it(`find their row by the value they show: ${name}`, async () => {
          for (const [id, json] of [
            [1, first],
            [3, third],
          ] as const) {
            const value = json.startsWith('"') ? (JSON.parse(json) as string) : json
            const flat = await get(`/types?select=id&${name}=${encodeURIComponent(value)}`)
            body(flat, `[{"id":${id}}]`)
            const inJson = await get(
              `/types?select=id&filter=${encodeURIComponent(`{"${name}":{"in":[${json}]}}`)}`,
            )
            body(inJson, `[{"id":${id}}]`)
          }
        })

    it('are compared exactly where a double could not', async () => {
      body(await get('/types?select=id&a_bigint=9223372036854775806'), '[]')
      body(await get('/types?select=id&a_bigint[gt]=9223372036854775806'), '[{"id":1}]')
      body(await get('/types?select=id&a_decimal[gt]=12345678901234567890.0123456788'), '[{"id":1}]')
      body(await get('/types?select=id&a_decimal[gt]=12345678901234567890.0123456789'), '[]')
      const inJson = encodeURIComponent('{"a_bigint":{"gt":9223372036854775806}}')
      body(await get(`/types?select=id&filter=${inJson}`), '[{"id":1}]')
    })

    it.each(
      typed([
        ['a_smallint', '32768'],
        ['a_int', '2147483648'],
        ['a_int', '1.5'],
        ['a_int', '"1x"'],
        ['a_int', 'true'],
        ['a_bigint', '9223372036854775808'],
        ['a_decimal', '123456789012345678901'],
        ['a_decimal', '0.00000000001'],
        ['a_decimal', '"twelve"'],
        ['a_double', '1e309'],
        ['a_double', '1e-400'],
        ['a_boolean', '"maybe"'],
        ['a_boolean', '7'],
        ['a_timestamp', '"2026-11-23T14:05:09"'],
        ['a_timestamp', '"2026-02-30T00:00:00Z"'],
        ['a_timestamp', '"yesterday"'],
        ['a_datetime', '"2026-11-23T14:05:09Z"'],
        ['a_date', '"2026-13-01"'],
        ['a_date', '"23.11.2026"'],
        ['a_time', '"25:00:00"'],
        ['a_binary', '"not base64!"'],
        ['a_uuid', '"a0eebc99"'],
        ['a_varchar', `"${'x'.repeat(41)}"`],
        ['a_text', '{"an":"object"}'],
        ['a_text', '"\\u0000"'],
        ['a_text', '"\\ud800"'],
      ]),
    )('refuse a value that is none of theirs: %s %s', async (name, json) => {
      const answer = await request('PATCH', '/types/2', {
        body: `{"${name}":${json}}`,
        headers: { 'content-type': 'application/json' },
      })
      expect(problem(answer, 'bad_value').detail).toContain(name)
      body(await get(`/types/2?select=${name}`), `{"${name}":null}`)
    })

    it.each(
      typed([
        ['a_int', 'x'],
        ['a_int[gt]', '2147483648'],
        ['a_smallint[in]', '1,70000'],
        ['a_decimal', 'x'],
        ['a_double[lt]', '1e309'],
        ['a_double', '1e-400'],
        ['a_boolean', 'yes'],
        ['a_timestamp[lt]', 'now'],
        ['a_date[between]', '2026-01-01,2026-02-30'],
        ['a_uuid', '1'],
        ['a_binary', '%21'],
      ]),
    )('refuse a value in a URL that is none of theirs: %s=%s', async (name, value) => {
      expect(problem(await get(`/types?${name}=${value}`), 'invalid_parameter')).toMatchObject({
        parameter: name,
      })
    })

    it('blame the URL for a value in it that the database has none for', async () => {
      // Those that have one find nothing.
      for (const path of ['/types?a_date=10000-01-01', '/types?a_datetime=10000-01-01T00:00:00']) {
        const answer = await get(path)
        if (answer.status === 200) body(answer, '[]')
        else problem(answer, 'invalid_parameter')
      }
    })

    it.each([
      ['a_decimal', '1.50', '"1.5000000000"'],
      ['a_decimal', '"1.50"', '"1.5000000000"'],
      ['a_decimal', '1e3', '"1000.0000000000"'],
      ['a_bigint', '"9007199254740993"', '9007199254740993'],
      ['a_bigint', '9007199254740993', '9007199254740993'],
      ['a_int', '1.0', '1'],
      ['a_timestamp', '"2026-11-23T16:05:09+02:00"', '"2026-11-23T14:05:09+00:00"'],
      ['a_timestamp', '"2026-11-23T14:05:09.100Z"', '"2026-11-23T14:05:09.1+00:00"'],
      ['a_double', '1e-7', '1e-07'],
      ['a_double', '5', '5'],
      [
        'a_json',
        '{"b":1,"a":{"big":12345678901234567890.50}}',
        '{"a": {"big": 12345678901234567890.50}, "b": 1}',
      ],
      ['a_json', 'null', 'null'],
      ['a_json', '"text"', '"text"'],
      ['a_text', '"5"', '"5"'],
    ])('take every spelling of a value: %s %s', async (name, json, text) => {
      const headers = { 'content-type': 'application/json' }
      const written = await request('PATCH', `/types/2?select=${name}`, {
        body: `{"${name}":${json}}`,
        headers,
      })
      body(written, `{"${name}":${name === 'a_json' ? context.capabilities.jsonText(text, json) : text}}`)
      expect((await request('PATCH', `/types/2?select=id`, { body: { [name]: null } })).status).toBe(200)
    })
  })
}
