/** Values of every type that SQL Server has, as SQL and as the JSON that clients see. */

export interface Sample {
  /** As a column `v` declares it. */
  readonly type: string
  /** SQL expression → JSON. */
  readonly values: readonly (readonly [sql: string, json: string])[]
  /** Values that databases hold and that would be written in another way. */
  readonly readOnly?: readonly (readonly [sql: string, json: string])[]
  /** Cannot be compared by value. */
  readonly incomparable?: true
}

const of = (type: string, ...values: Sample['values']): Sample => ({ type, values })
const sqlText = (text: string) => `N'${text.replaceAll("'", "''")}'`
const same = (text: string): readonly [string, string] => [sqlText(text), JSON.stringify(text)]
const controls = Array.from({ length: 31 }, (_, i) => String.fromCharCode(i + 1)).join('')
const awkward = 'a "b" \\ \t\n\u0001\u001f\u007f/é\u2028💥'
const bytes = (values: Uint8Array): readonly [string, string] => [
  `0x${Buffer.from(values).toString('hex')}`,
  JSON.stringify(Buffer.from(values).toString('base64')),
]
const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i)

export const samples: readonly Sample[] = [
  of('bit', ['0', 'false'], ['1', 'true']),
  of('tinyint', ['0', '0'], ['255', '255']),
  of('smallint', ['-32768', '-32768'], ['32767', '32767']),
  of('int', ['-2147483648', '-2147483648'], ['2147483647', '2147483647']),
  of(
    'bigint',
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775807', '9223372036854775807'],
  ),
  of(
    'decimal(10,2)',
    ['1.5', '"1.50"'],
    ['-99999999.99', '"-99999999.99"'],
    ['-0.01', '"-0.01"'],
    ['0', '"0.00"'],
  ),
  of('decimal(38,10)', [
    '-1234567890123456789012345678.0123456789',
    '"-1234567890123456789012345678.0123456789"',
  ]),
  of('numeric(38,0)', ['9'.repeat(38), `"${'9'.repeat(38)}"`]),
  of(
    'money',
    ['922337203685477.5807', '"922337203685477.5807"'],
    ['-922337203685477.5808', '"-922337203685477.5808"'],
    ['-1.5', '"-1.5000"'],
    ['0.0001', '"0.0001"'],
  ),
  of('smallmoney', ['214748.3647', '"214748.3647"'], ['-0.1', '"-0.1000"']),
  of(
    'real',
    ['0.1e0', '0.1'],
    ['-0.5e0', '-0.5'],
    ['1e-10', '1e-10'],
    ['16777216e0', '1.6777216e+07'],
    ['3.4028235e38', '3.4028235e+38'],
    ['123456e0', '123456'],
    ['1234567e0', '1.234567e+06'],
  ),
  of(
    'float',
    ['0.1e0', '0.1'],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ['-1e-7', '-1e-07'],
    ['123456789012345e0', '123456789012345'],
    ['1e15', '1e+15'],
    ['0.0001e0', '0.0001'],
    ['0.00001e0', '1e-05'],
  ),
  of('char(8)', same('ab c'), same(''), same('é'), same('A')),
  of('nchar(8)', same('ab c'), same(''), same('é💥')),
  of('varchar(60)', same('a "b" \\ \t\n/é'), same(''), same('NULL'), same(' x y'), same('%_[')),
  of('varchar(60) COLLATE Latin1_General_100_CI_AS', same('café'), same('a "b" \\'), same('A')),
  of('varchar(60) COLLATE SQL_Latin1_General_CP1_CI_AS', same('Straße'), same('A')),
  of('nvarchar(60)', same(awkward), same(''), same(' x y'), same('%_[')),
  of('nvarchar(60) COLLATE Latin1_General_100_CI_AI', same('Straße'), same('A')),
  of('varchar(max)', same('x'.repeat(9000)), same('')),
  of('nvarchar(max)', same(controls), same(''), same('y'.repeat(70_000))),
  { ...of('text', same('a "b"'), same('')), incomparable: true },
  { ...of('ntext', same(awkward), same('')), incomparable: true },
  {
    ...of('xml', same('<a b="1">x/é💥</a>'), same('<a/>')),
    readOnly: [[sqlText('<?xml version="1.0"?><a>  </a>'), '"<a/>"']],
    incomparable: true,
  },
  of('uniqueidentifier', [
    "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
    '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
  ]),
  of('hierarchyid', same('/1/2/'), same('/'), same('/1.5/-3/')),
  {
    ...of('sql_variant', same('a "b"'), same('')),
    readOnly: [
      ['CAST(42 AS int)', '"42"'],
      ['CAST(1.50 AS decimal(5,2))', '"1.50"'],
      ["CAST('x' AS varchar(5))", '"x"'],
    ],
    incomparable: true,
  },
  {
    ...of(
      'nvarchar(max) CHECK (ISJSON(v, VALUE) = 1)',
      [
        sqlText('{"b":1,"a":[1,2.50,null,"x"],"b2":12345678901234567890.12}'),
        '{"b":1,"a":[1,2.50,null,"x"],"b2":12345678901234567890.12}',
      ],
      [sqlText('"text"'), '"text"'],
      [sqlText('5'), '5'],
      [sqlText('[]'), '[]'],
    ),
    // Blanks and escapes of what is sent do not reach the database.
    readOnly: [
      [sqlText('{ "b" : 1,  "a": 2 }'), '{ "b" : 1,  "a": 2 }'],
      [sqlText('"\\u00e9\\n💥"'), '"\\u00e9\\n💥"'],
    ],
    incomparable: true,
  },
  of('binary(4)', bytes(Uint8Array.of(1, 2, 3, 0)), bytes(Uint8Array.of(255, 254, 253, 252))),
  of('varbinary(300)', bytes(allBytes), bytes(Uint8Array.of()), bytes(Uint8Array.of(0))),
  of('varbinary(max)', bytes(Uint8Array.from({ length: 70_000 }, (_, i) => i % 251))),
  { ...of('image', bytes(allBytes), bytes(Uint8Array.of())), incomparable: true },
  of('date', same('2026-11-23'), same('0001-01-01'), same('9999-12-31')),
  of('time(7)', same('14:05:09.1234567'), same('00:00:00'), same('23:59:59.9999999'), [
    "'14:05:09.120'",
    '"14:05:09.12"',
  ]),
  of('time(0)', same('14:05:09')),
  of(
    'datetime2(7)',
    ["'2026-11-23 14:05:09.1234567'", '"2026-11-23T14:05:09.1234567"'],
    ["'0001-01-01'", '"0001-01-01T00:00:00"'],
    ["'9999-12-31 23:59:59.9999999'", '"9999-12-31T23:59:59.9999999"'],
    ["'2026-11-23 14:05:09.1'", '"2026-11-23T14:05:09.1"'],
  ),
  of('datetime2(0)', ["'2026-11-23 14:05:09'", '"2026-11-23T14:05:09"']),
  of(
    'datetime',
    ["'2026-11-23T14:05:09.123'", '"2026-11-23T14:05:09.123"'],
    ["'2026-11-23T14:05:09.998'", '"2026-11-23T14:05:09.997"'],
    ["'2026-11-23T14:05:09.999'", '"2026-11-23T14:05:10"'],
    ["'1753-01-01T00:00:00'", '"1753-01-01T00:00:00"'],
    ["'9999-12-31T23:59:59.997'", '"9999-12-31T23:59:59.997"'],
  ),
  of('smalldatetime', ["'2026-11-23T14:05:00'", '"2026-11-23T14:05:00"'], moment('2079-06-06T23:59:00')),
  of(
    'datetimeoffset(7)',
    ["'2026-11-23 14:05:09.1234567 +02:00'", '"2026-11-23T12:05:09.1234567+00:00"'],
    ["'0001-01-01 00:00:00 +00:00'", '"0001-01-01T00:00:00+00:00"'],
    ["'9999-12-31 23:59:59.9999999 +00:00'", '"9999-12-31T23:59:59.9999999+00:00"'],
    ["'1969-12-31 23:59:59.9 -00:30'", '"1970-01-01T00:29:59.9+00:00"'],
  ),
  {
    ...of('geometry'),
    readOnly: [["geometry::Parse('POINT (1 2.5)')", '"POINT (1 2.5)"']],
    incomparable: true,
  },
]

/** A moment without zone: its JSON is its text. */
function moment(text: string): readonly [string, string] {
  return [`'${text}'`, JSON.stringify(text)]
}
