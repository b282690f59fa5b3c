/** Values of every type a PostgreSQL installation has, as SQL and as the JSON that clients see. */

export interface Sample {
  /** As a column declares it. */
  readonly type: string
  /** Its name in pg_type, for the check that none is forgotten; made of the suite's own types: none. */
  readonly base?: string
  /** The first major version that has it, where that is not the oldest one served. */
  readonly since?: number
  /** SQL expression → JSON, bare of blanks that the type does not have itself. */
  readonly values: readonly (readonly [sql: string, json: string])[]
}

const base = (name: string, ...values: Sample['values']): Sample => ({ type: name, base: name, values })
const made = (type: string, ...values: Sample['values']): Sample => ({ type, values })
const same = (text: string): readonly [string, string] => [
  `'${text.replaceAll("'", "''")}'`,
  JSON.stringify(text),
]

const controls = Array.from({ length: 31 }, (_, i) => String.fromCharCode(i + 1)).join('')

/** Types of pg_catalog that hold no values of users: their input functions refuse everything. */
export const withoutInput = new Set(
  'gtsvector pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_dependencies pg_mcv_list pg_ndistinct pg_node_tree'.split(
    ' ',
  ),
)

/** What must exist before the samples. */
export const madeTypes = `
  CREATE EXTENSION citext;
  CREATE TYPE mood AS ENUM ('sad', 'Very "happy", \\ok', 'happy');
  CREATE DOMAIN price AS numeric(10,2) CHECK (value >= 0);
  CREATE DOMAIN price_again AS price;
  CREATE DOMAIN prices AS price[];
  CREATE TYPE pair AS (a int8, "B b" numeric);
  CREATE TYPE nest AS (p pair, ps pair[], at timestamptz, blob bytea, m mood);
  CREATE TYPE span AS RANGE (subtype = float8, multirange_type_name = spans);`

export const samples: readonly Sample[] = [
  base('bool', ['true', 'true'], ['false', 'false']),
  base('int2', ['-32768', '-32768'], ['32767', '32767']),
  base('int4', ['-2147483648', '-2147483648'], ['2147483647', '2147483647']),
  base(
    'int8',
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775807', '9223372036854775807'],
  ),
  base('oid', ['0', '0'], ["'4294967295'", '4294967295']),
  base(
    'float4',
    ['0.1', '0.1'],
    ["'NaN'", '"NaN"'],
    ["'-Infinity'", '"-Infinity"'],
    ['1e-10', '1e-10'],
    ['16777216', '1.6777216e+07'],
    ["'-0'", '-0'],
  ),
  base(
    'float8',
    ['0.1', '0.1'],
    ["'NaN'", '"NaN"'],
    ["'Infinity'", '"Infinity"'],
    ['5e-324', '5e-324'],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ["'-0'", '-0'],
    ['0.30000000000000004', '0.30000000000000004'],
  ),
  base(
    'numeric',
    ['1.10', '"1.10"'],
    ["'NaN'", '"NaN"'],
    ["'-Infinity'", '"-Infinity"'],
    ["'1e40'", `"1${'0'.repeat(40)}"`],
    ['0.000000000000000000000000000001', '"0.000000000000000000000000000001"'],
    ['-0.0', '"0.0"'],
  ),
  made('numeric(6,2)', ['9999.99', '"9999.99"'], ['1', '"1.00"'], ["'NaN'", '"NaN"']),
  { ...made('numeric(4,-2)', ['123456', '"123500"']), since: 15 },
  { ...made('numeric(2,4)', ['0.0012', '"0.0012"']), since: 15 },
  base('money', ["'-92233720368547758.08'", '"-92233720368547758.08"'], ["'1234.5'", '"1234.50"']),
  base(
    'text',
    same(''),
    same('NULL'),
    same('{a,b}'),
    same('"quoted" \\ \u2028 \u00e9 e\u0301 \u{1f600}'),
    [`'${controls}'`, JSON.stringify(controls)],
    same('x'.repeat(100_000)),
  ),
  base('varchar', same(' padded ')),
  made('varchar(3)', same('éü💥')),
  base('bpchar', ["'ab  '", '"ab"']),
  made('char(4)', ["'ab'", '"ab"'], ["''", '""'], ["' a'", '" a"']),
  base('char', ["'x'", '"x"'], ["''", '""']),
  base('name', same('nam"e')),
  made('citext', same('MiXed')),
  base(
    'bytea',
    ["''", '""'],
    ["'\\x00ff10'", '"AP8Q"'],
    [
      `decode(repeat('00fe', 200), 'hex')`,
      JSON.stringify(Buffer.from('00fe'.repeat(200), 'hex').toString('base64')),
    ],
  ),
  base('uuid', ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"']),
  base(
    'date',
    same('2026-11-23'),
    same('infinity'),
    same('-infinity'),
    same('0044-03-15 BC'),
    same('4713-01-01 BC'),
    same('10000-01-01'),
    same('5874897-12-31'),
    same('0001-01-01'),
    same('2024-02-29'),
  ),
  base('time', same('00:00:00'), same('24:00:00'), same('14:05:09.123456'), [
    "'14:05:09.120'",
    '"14:05:09.12"',
  ]),
  base('timetz', same('14:05:09.5+02'), same('00:00:00-12:30')),
  base(
    'timestamp',
    same('2026-11-23T14:05:09.123456'),
    same('2026-11-23T00:00:00'),
    same('infinity'),
    same('-infinity'),
    same('0044-03-15T12:00:00 BC'),
    same('10000-01-01T00:00:00'),
    same('294276-12-31T23:59:59.999999'),
  ),
  base(
    'timestamptz',
    same('2026-11-23T14:05:09.123+00:00'),
    ["'2026-11-23 14:05:09+05:30'", '"2026-11-23T08:35:09+00:00"'],
    same('infinity'),
    same('-infinity'),
    same('0044-03-15T12:00:00.5+00:00 BC'),
    same('10000-01-01T00:00:00+00:00'),
  ),
  made('timestamptz(0)', ["'2026-11-23 14:05:09.6+00'", '"2026-11-23T14:05:10+00:00"']),
  base(
    'interval',
    same('P1Y2M3DT4H5M6.5S'),
    same('PT0S'),
    ["'-1 year +2 days -03:04'", '"P-1Y2DT-3H-4M"'],
    ["'1000000 hours'", '"PT1000000H"'],
  ),
  base(
    'json',
    [`'{"b":1,"a":[1.50,null]}'`, '{"b":1,"a":[1.50,null]}'],
    ["'null'", 'null'],
    [`'"x"'`, '"x"'],
  ),
  base(
    'jsonb',
    ['\'{"b":1,"a":[1.50,null,"\\u00e9"]}\'', '{"a": [1.50, null, "é"], "b": 1}'],
    ["'[]'", '[]'],
    ["'12345678901234567890.5'", '12345678901234567890.5'],
  ),
  base('jsonpath', ["'$.a[*] ? (@ > 1)'", '"$.\\"a\\"[*]?(@ > 1)"']),
  base('xml', same('<a b="1">text &amp; more</a>')),
  base('inet', same('192.168.0.1'), same('::1'), same('10.1.2.3/8')),
  base('cidr', same('10.0.0.0/8'), same('2001:db8::/32')),
  base('macaddr', same('08:00:2b:01:02:03')),
  base('macaddr8', same('08:00:2b:01:02:03:04:05')),
  base('bit', ["'1'", '"1"']),
  made('bit(5)', same('10101')),
  base('varbit', same(''), same('110')),
  base('tsvector', ["'b a:1 ''q r'':2A'", "\"'a':1 'b' 'q r':2A\""]),
  base('tsquery', ["'a & !b'", "\"'a' & !'b'\""]),
  base('point', same('(1,2.5)'), same('(NaN,Infinity)')),
  base('line', same('{1,-1,0}')),
  base('lseg', same('[(0,0),(1,1)]')),
  base('box', same('(2,2),(0,0)')),
  base('path', same('[(0,0),(1,1)]'), same('((0,0),(1,1))')),
  base('polygon', same('((0,0),(1,1),(2,0))')),
  base('circle', same('<(1,2),3>')),
  base('int4range', ["'[1,3]'", '"[1,4)"'], same('empty'), same('(,)')),
  base('int8range', same('[1,9223372036854775807)')),
  base('numrange', same('[1.10,2.0]')),
  base('daterange', ["'[2026-01-01,2026-01-31]'", '"[2026-01-01,2026-02-01)"']),
  base('tsrange', ["'[2026-01-01 10:00,)'", '"[\\"2026-01-01 10:00:00\\",)"']),
  base('tstzrange', ["'[2026-01-01 10:00+00,infinity)'", '"[\\"2026-01-01 10:00:00+00\\",infinity)"']),
  base('int4multirange', same('{[1,2),[5,6)}'), same('{}')),
  base('int8multirange', same('{[1,2)}')),
  base('nummultirange', same('{[1.5,2.5]}')),
  base('datemultirange', same('{[2026-01-01,2026-01-02)}')),
  base('tsmultirange', [
    "'{[2026-01-01 10:00,2026-01-02 10:00)}'",
    '"{[\\"2026-01-01 10:00:00\\",\\"2026-01-02 10:00:00\\")}"',
  ]),
  base('tstzmultirange', [
    "'{[2026-01-01 10:00+00,2026-01-02 10:00+00)}'",
    '"{[\\"2026-01-01 10:00:00+00\\",\\"2026-01-02 10:00:00+00\\")}"',
  ]),
  made('span', same('[0.1,1e+300)')),
  made('spans', same('{[0.1,0.2)}')),
  base('pg_lsn', same('16/B374D848')),
  base('pg_snapshot', same('10:20:10,14,15')),
  base('txid_snapshot', same('10:20:10,14,15')),
  base('xid', same('4294967295')),
  base('xid8', ["'18446744073709551615'", '"18446744073709551615"']),
  base('cid', same('7')),
  base('tid', same('(4,2)')),
  base('refcursor', same('cursor 1')),
  base('int2vector', same('1 2 3')),
  base('oidvector', same('1 4294967295')),
  base('aclitem', ["'postgres=r/postgres'", '"postgres=r/postgres"']),
  base('regclass', same('pg_class')),
  base('regcollation', same('"C"')),
  base('regconfig', same('english')),
  base('regdictionary', same('simple')),
  base('regnamespace', same('pg_catalog')),
  base('regoper', same('||/')),
  base('regoperator', ["'+(int4,int4)'", '"+(integer,integer)"']),
  base('regproc', same('now')),
  base('regprocedure', ["'abs(int4)'", '"abs(integer)"']),
  base('regrole', same('postgres')),
  base('regtype', ["'int4'", '"integer"']),
  made('mood', same('sad'), same('Very "happy", \\ok')),
  made('price', ['1.5', '"1.50"']),
  made('price_again', ['2', '"2.00"']),
  made('prices', ["'{1,NULL,2.5}'", '["1.00",null,"2.50"]']),
  made(
    'pair',
    ['ROW(9223372036854775807, 1.10)', '{"a":9223372036854775807,"B b":"1.10"}'],
    ['ROW(NULL, NULL)', '{"a":null,"B b":null}'],
  ),
  made(
    'nest',
    [
      `ROW(ROW(1, 2.0)::pair, ARRAY[ROW(3, NULL)::pair, NULL], '2026-11-23 14:05:09Z', '\\x01', 'happy')`,
      '{"p":{"a":1,"B b":"2.0"},"ps":[{"a":3,"B b":null},null],"at":"2026-11-23T14:05:09+00:00","blob":"AQ==","m":"happy"}',
    ],
    ['ROW(NULL, NULL, NULL, NULL, NULL)', '{"p":null,"ps":null,"at":null,"blob":null,"m":null}'],
  ),
  made(
    'int[]',
    ["'{}'", '[]'],
    ["'{1,NULL,3}'", '[1,null,3]'],
    ["'{{1,2},{3,4}}'", '[[1,2],[3,4]]'],
    ["'[2:3]={7,8}'", '[7,8]'],
  ),
  made('text[]', [
    `ARRAY['', 'NULL', NULL, 'a"b\\c,{}', E'\\n']`,
    JSON.stringify(['', 'NULL', null, 'a"b\\c,{}', '\n']),
  ]),
  made('timestamptz[]', [
    `ARRAY['2026-11-23 14:05:09.120+00'::timestamptz, 'infinity']`,
    '["2026-11-23T14:05:09.12+00:00","infinity"]',
  ]),
  made('bytea[]', [`ARRAY['\\x00'::bytea, NULL, '']`, '["AA==",null,""]']),
  made('jsonb[]', [`ARRAY['{"a":1}'::jsonb, '[]', NULL]`, '[{"a": 1},[],null]']),
  made('mood[]', [`ARRAY['happy'::mood, NULL]`, '["happy",null]']),
  made('numeric(5,1)[]', [`ARRAY[1, 2.25]`, '["1.0","2.3"]']),
  made('float8[]', [`ARRAY['NaN'::float8, -0.5, NULL]`, '["NaN",-0.5,null]']),
]

/** Those that a server of that major version has. */
export const samplesOf = (version: number): readonly Sample[] =>
  samples.filter(({ since = 0 }) => version >= since)
