/** Values of every type that MariaDB or MySQL has, as SQL and as the JSON that clients see. */

export interface Sample {
  /** As a column declares it. */
  readonly type: string
  /** SQL expression → JSON. The SQL is read with backslashes that mean themselves. */
  readonly values: readonly (readonly [sql: string, json: string])[]
  /** Values that databases hold and no client can write: zero dates, times beyond a day, numbers in a boolean. */
  readonly readOnly?: readonly (readonly [sql: string, json: string])[]
  /** Cannot be compared by value. */
  readonly incomparable?: true
  /** Only one of them has it, or has it like this. */
  readonly only?: 'MariaDB' | 'MySQL'
}

const of = (type: string, ...values: Sample['values']): Sample => ({ type, values })
const onMariadb = (type: string, ...values: Sample['values']): Sample => ({
  ...of(type, ...values),
  only: 'MariaDB',
})
const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`
const same = (text: string): readonly [string, string] => [sqlText(text), JSON.stringify(text)]
const controls = Array.from({ length: 31 }, (_, i) => String.fromCharCode(i + 1)).join('')
const awkward = 'a "b" \\ \t\n\u0001\u001f\u007f/é\u2028💥'
const hex = (bytes: Uint8Array) => `x'${Buffer.from(bytes).toString('hex')}'`
const base64 = (bytes: Uint8Array) => JSON.stringify(Buffer.from(bytes).toString('base64'))
const bytes = (values: Uint8Array): readonly [string, string] => [hex(values), base64(values)]
const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i)
const point = "ST_GeomFromText('POINT(1 2.5)')"

const all: readonly Sample[] = [
  of('tinyint', ['-128', '-128'], ['127', '127']),
  of('tinyint unsigned', ['0', '0'], ['255', '255']),
  of('smallint', ['-32768', '-32768'], ['32767', '32767']),
  of('smallint unsigned', ['0', '0'], ['65535', '65535']),
  of('mediumint', ['-8388608', '-8388608'], ['8388607', '8388607']),
  of('mediumint unsigned', ['0', '0'], ['16777215', '16777215']),
  of('int', ['-2147483648', '-2147483648'], ['2147483647', '2147483647']),
  of('int unsigned', ['0', '0'], ['4294967295', '4294967295']),
  of('int(5) zerofill', ['42', '42'], ['4294967295', '4294967295']),
  of(
    'bigint',
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775807', '9223372036854775807'],
  ),
  of(
    'bigint unsigned',
    ['9007199254740993', '9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
  ),
  { ...of('year', ['1901', '1901'], ['2155', '2155']), readOnly: [["'0000'", '0']] },
  { ...of('tinyint(1)', ['0', 'false'], ['1', 'true']), readOnly: [['5', 'true']] },
  of('bit(1)', ["b'0'", 'false'], ["b'1'", 'true']),
  of('bit(12)', ["b'0'", '0'], ["b'111111111111'", '4095']),
  of('bit(64)', ["b'1'", '1'], ['18446744073709551615', '18446744073709551615']),
  of(
    'decimal(10,2)',
    ['1.5', '"1.50"'],
    ['-99999999.99', '"-99999999.99"'],
    ['-0.01', '"-0.01"'],
    ['0', '"0.00"'],
  ),
  of('decimal(65,30)', [
    '-12345678901234567890123456789012345.123456789012345678901234567890',
    '"-12345678901234567890123456789012345.123456789012345678901234567890"',
  ]),
  of('decimal(65,0)', ['9'.repeat(65), `"${'9'.repeat(65)}"`]),
  of('decimal(6,3) unsigned zerofill', ['1.5', '"1.500"']),
  of(
    'float',
    ['0.1', '0.1'],
    ['-0.5', '-0.5'],
    ['1e-10', '1e-10'],
    ['16777216', '1.6777216e+07'],
    ['3.4028235e38', '3.4028235e+38'],
    ['1e-45', '1e-45'],
    ['123456', '123456'],
    ['1234567', '1.234567e+06'],
    ['1.5e-20', '1.5e-20'],
    ['-1.1754944e-38', '-1.1754944e-38'],
  ),
  of(
    'double',
    ['0.1', '0.1'],
    ['5e-324', '5e-324'],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ['-1e-7', '-1e-07'],
    ['123456789012345', '123456789012345'],
    ['1e15', '1e+15'],
    ['0.0001', '0.0001'],
    ['0.00001', '1e-05'],
    ['-1.2243758054067333e-77', '-1.2243758054067333e-77'],
    ['9007199254740993', '9.007199254740992e+15'],
    ['590295810358705700000', '5.902958103587057e+20'],
  ),
  of('char(6)', same('ab c'), same(''), same('é💥')),
  of('varchar(60)', same(awkward), same(''), same('NULL'), same(' spaces '), same('%_')),
  of('varchar(60) character set latin1', same('café'), same('a "b" \\')),
  of('varchar(60) collate utf8mb4_general_ci', same('Straße'), same('A')),
  of('text', same(controls), same(''), same(`${'x'.repeat(300)}é`)),
  of('longtext', same('y'.repeat(70_000))),
  of('tinytext', same('tiny')),
  of(
    "enum('round','it''s \"odd\"','back\\slash','ü','')",
    same('round'),
    same('it\'s "odd"'),
    same('back\\slash'),
    same('ü'),
    same(''),
  ),
  of("set('a','b','c d')", same('a'), same('a,b,c d'), same('')),
  onMariadb('uuid', ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"']),
  onMariadb('inet4', same('192.168.0.1'), same('255.255.255.255')),
  onMariadb('inet6', same('::1'), same('2001:db8::ff00:42:8329'), same('::ffff:192.168.0.1')),
  {
    ...of(
      'json',
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
    only: 'MariaDB',
  },
  {
    ...of(
      'json',
      [
        sqlText('{"b":1,"a":[1,2.50,null,"x"],"b2":18446744073709551615}'),
        '{"a": [1, 2.5, null, "x"], "b": 1, "b2": 18446744073709551615}',
      ],
      [sqlText('"text"'), '"text"'],
      [sqlText('5'), '5'],
      [sqlText('[]'), '[]'],
      [sqlText('"\\u00e9\\n💥"'), '"é\\n💥"'],
    ),
    incomparable: true,
    only: 'MySQL',
  },
  of('binary(4)', bytes(Uint8Array.of(1, 2, 3, 0)), bytes(Uint8Array.of(255, 254, 253, 252))),
  of('varbinary(300)', bytes(allBytes), bytes(Uint8Array.of()), bytes(Uint8Array.of(0))),
  of('blob', bytes(allBytes), bytes(Uint8Array.of()), bytes(Uint8Array.from({ length: 200 }, () => 7))),
  of('longblob', bytes(Uint8Array.from({ length: 70_000 }, (_, i) => i % 251))),
  {
    ...of('date', same('2026-11-23'), same('0001-01-01'), same('9999-12-31')),
    readOnly: [same('0000-00-00'), same('2026-00-00'), same('0000-01-01')],
  },
  {
    ...of('time(6)', same('14:05:09.123456'), same('00:00:00'), same('23:59:59.999999'), [
      "'14:05:09.120'",
      '"14:05:09.12"',
    ]),
    readOnly: [same('25:00:00'), same('838:59:59'), same('-838:59:59'), same('-00:00:01.5')],
  },
  of('time', same('14:05:09')),
  {
    ...of(
      'datetime(6)',
      ["'2026-11-23 14:05:09.123456'", '"2026-11-23T14:05:09.123456"'],
      ["'0001-01-01'", '"0001-01-01T00:00:00"'],
      ["'9999-12-31 23:59:59.999999'", '"9999-12-31T23:59:59.999999"'],
      ["'2026-11-23 14:05:09.1'", '"2026-11-23T14:05:09.1"'],
    ),
    readOnly: [
      ["'0000-00-00 00:00:00'", '"0000-00-00T00:00:00"'],
      ["'2026-00-10 01:00:00'", '"2026-00-10T01:00:00"'],
    ],
  },
  of('datetime', ["'2026-11-23 14:05:09'", '"2026-11-23T14:05:09"']),
  {
    ...of(
      'timestamp(6) null',
      ["'2026-11-23 14:05:09.123456'", '"2026-11-23T14:05:09.123456+00:00"'],
      ["'1970-01-01 00:00:01'", '"1970-01-01T00:00:01+00:00"'],
      ["'2038-01-19 03:14:07.999999'", '"2038-01-19T03:14:07.999999+00:00"'],
      ["'2026-11-23 14:05:09.12'", '"2026-11-23T14:05:09.12+00:00"'],
    ),
    readOnly: [["'0000-00-00 00:00:00'", '"0000-00-00T00:00:00+00:00"']],
  },
  of('timestamp null', ["'2026-11-23 14:05:09'", '"2026-11-23T14:05:09+00:00"']),
  { ...of('point', [point, '"POINT(1 2.5)"']), incomparable: true },
  {
    ...of(
      'geometry',
      ["ST_GeomFromText('LINESTRING(0 0,1 1)')", '"LINESTRING(0 0,1 1)"'],
      [point, '"POINT(1 2.5)"'],
    ),
    incomparable: true,
  },
]

/** The types of one of them. */
export const samplesOf = (name: 'MariaDB' | 'MySQL'): readonly Sample[] =>
  all.filter(({ only }) => only === undefined || only === name)
