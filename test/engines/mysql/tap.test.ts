/** Rows of a real server through the driver into JSON: every type of column, at the borders of its range. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Compiled, Connection, Encoding } from '#engine/engine.ts'
import { connectMysql } from '#engine/mysql/driver.ts'
import { readTarget } from '#engine/mysql/target.ts'
import { databaseOptions } from '#engine/options.ts'
import { mariadbMissing, startMariadb, type TestMariadb } from '../../support/mariadb.ts'
import { describeUnless } from '../../support/unless.ts'

/** Native type, how it is written, and for each literal what it is in JSON. */
type Sample = readonly [
  native: string,
  encoding: Encoding,
  values: readonly (readonly [sql: string, json: string])[],
]

const long = `${'ab"c'.repeat(30)}\\`

const samples: readonly Sample[] = [
  [
    'TINYINT',
    'number',
    [
      ['-128', '-128'],
      ['0', '0'],
      ['127', '127'],
    ],
  ],
  ['TINYINT UNSIGNED', 'number', [['255', '255']]],
  [
    'SMALLINT',
    'number',
    [
      ['-32768', '-32768'],
      ['32767', '32767'],
    ],
  ],
  ['SMALLINT UNSIGNED', 'number', [['65535', '65535']]],
  [
    'MEDIUMINT',
    'number',
    [
      ['-8388608', '-8388608'],
      ['8388607', '8388607'],
    ],
  ],
  ['MEDIUMINT UNSIGNED', 'number', [['16777215', '16777215']]],
  [
    'INT',
    'number',
    [
      ['-2147483648', '-2147483648'],
      ['2147483647', '2147483647'],
    ],
  ],
  ['INT UNSIGNED', 'number', [['4294967295', '4294967295']]],
  [
    'BIGINT',
    'number',
    [
      ['-9223372036854775808', '-9223372036854775808'],
      ['9223372036854775807', '9223372036854775807'],
      ['-9007199254740993', '-9007199254740993'],
    ],
  ],
  [
    'BIGINT UNSIGNED',
    'number',
    [
      ['18446744073709551615', '18446744073709551615'],
      ['9223372036854775808', '9223372036854775808'],
    ],
  ],
  ['BIGINT', 'text', [['9007199254740993', '"9007199254740993"']]],
  [
    'TINYINT(1)',
    'boolean',
    [
      ['1', 'true'],
      ['0', 'false'],
      ['-5', 'true'],
    ],
  ],
  [
    'BIT(1)',
    'boolean',
    [
      ["b'1'", 'true'],
      ["b'0'", 'false'],
    ],
  ],
  ['BIT(9)', 'number', [["b'100000001'", '257']]],
  [
    'BIT(64)',
    'number',
    [["b'1111111111111111111111111111111111111111111111111111111111111111'", '18446744073709551615']],
  ],
  [
    'YEAR',
    'number',
    [
      ['2155', '2155'],
      ['0', '0'],
    ],
  ],
  [
    'DECIMAL(20,6)',
    'text',
    [
      ['1.5', '"1.500000"'],
      ['-99999999999999.999999', '"-99999999999999.999999"'],
    ],
  ],
  [
    'DECIMAL(65,30)',
    'number',
    [
      [
        '12345678901234567890123456789012345.123456789012345678901234567891',
        '12345678901234567890123456789012345.123456789012345678901234567891',
      ],
    ],
  ],
  [
    'FLOAT',
    'float',
    [
      ['0.1', '0.1'],
      ['16777216', '1.6777216e+07'],
      ['-1e-30', '-1e-30'],
      ['3.4e38', '3.4e+38'],
    ],
  ],
  [
    'DOUBLE',
    'float',
    [
      ['0.1', '0.1'],
      ['1e15', '1e+15'],
      ['1.7976931348623157e308', '1.7976931348623157e+308'],
      ['123456.789', '123456.789'],
    ],
  ],
  [
    'DATE',
    'text',
    [
      ["'2026-11-23'", '"2026-11-23"'],
      ["'0000-00-00'", '"0000-00-00"'],
      ["'2026-00-00'", '"2026-00-00"'],
      ["'9999-12-31'", '"9999-12-31"'],
    ],
  ],
  [
    'DATETIME',
    'datetime',
    [
      ["'2026-11-23 14:05:09'", '"2026-11-23T14:05:09"'],
      ["'0000-00-00 00:00:00'", '"0000-00-00T00:00:00"'],
      ["'1000-01-01 00:00:00'", '"1000-01-01T00:00:00"'],
    ],
  ],
  [
    'DATETIME(6)',
    'datetime',
    [
      ["'2026-11-23 14:05:09.120000'", '"2026-11-23T14:05:09.12"'],
      ["'2026-11-23 00:00:00.000001'", '"2026-11-23T00:00:00.000001"'],
      ["'2026-11-23 14:05:09'", '"2026-11-23T14:05:09"'],
    ],
  ],
  [
    'TIMESTAMP(3)',
    'timestamp',
    [
      ["'2026-11-23 14:05:09.500'", '"2026-11-23T14:05:09.5+00:00"'],
      ["'1970-01-01 00:00:01'", '"1970-01-01T00:00:01+00:00"'],
      ["'0000-00-00 00:00:00'", '"0000-00-00T00:00:00+00:00"'],
    ],
  ],
  [
    'TIME',
    'text',
    [
      ["'14:05:09'", '"14:05:09"'],
      ["'-838:59:59'", '"-838:59:59"'],
      ["'100:00:00'", '"100:00:00"'],
      ["'00:00:00'", '"00:00:00"'],
    ],
  ],
  [
    'TIME(6)',
    'text',
    [
      ["'-00:00:00.000010'", '"-00:00:00.00001"'],
      ["'23:59:59.999999'", '"23:59:59.999999"'],
    ],
  ],
  [
    'CHAR(5)',
    'text',
    [
      ["'a'", '"a"'],
      ["''", '""'],
    ],
  ],
  [
    'VARCHAR(300)',
    'text',
    [
      ['\'grün 😀 "q" \\\\ \'', JSON.stringify('grün 😀 "q" \\\\ ')],
      [`'${long}'`, JSON.stringify(long)],
    ],
  ],
  ['VARCHAR(20) CHARACTER SET latin1', 'text', [["'größe'", '"größe"']]],
  [
    'LONGTEXT',
    'text',
    [
      ["REPEAT('x', 70000)", `"${'x'.repeat(70_000)}"`],
      ["'\\n'", '"\\\\n"'],
      ['CHAR(0, 9, 10, 31, 127 USING utf8mb4)', '"\\u0000\\t\\n\\u001f\u007f"'],
    ],
  ],
  ["ENUM('a','b''c')", 'text', [["'b''c'", '"b\'c"']]],
  [
    "SET('a','b','c')",
    'text',
    [
      ["'c,a'", '"a,c"'],
      ["''", '""'],
    ],
  ],
  ['UUID', 'text', [["'123E4567-E89B-12D3-A456-426614174000'", '"123e4567-e89b-12d3-a456-426614174000"']]],
  [
    'INET6',
    'text',
    [
      ["'::ffff:1.2.3.4'", '"::ffff:1.2.3.4"'],
      ["'2001:DB8::1'", '"2001:db8::1"'],
    ],
  ],
  ['JSON', 'raw', [['\'{"b": 1,  "a": [null]}\'', '{"b": 1,  "a": [null]}']]],
  ['BINARY(4)', 'text', [["x'ff'", '"/wAAAA=="']]],
  [
    'VARBINARY(200)',
    'text',
    [
      ["x'00ff'", '"AP8="'],
      ["REPEAT('a', 100)", `"${Buffer.alloc(100, 'a').toString('base64')}"`],
      ["''", '""'],
    ],
  ],
  [
    'LONGBLOB',
    'text',
    [["REPEAT(x'0102', 50000)", `"${Buffer.alloc(100_000, Buffer.from([1, 2])).toString('base64')}"`]],
  ],
]

const missing = mariadbMissing()

describeUnless(missing)('rows of MariaDB', () => {
  let server: TestMariadb
  let c: Connection
  const within = () => ({ deadline: clock.now() + 20_000, signal: new AbortController().signal })
  const select = (sql: string, encodings: readonly Encoding[]): Compiled => ({
    text: sql,
    operation: 'select',
    bind: (values) => values as readonly (string | null)[],
    columns: encodings.map((encoding, i) => ({ name: `c${i}`, encoding, hidden: false })),
    prepare: true,
  })
  const values = async (sql: string, encodings: readonly Encoding[]) =>
    Buffer.from((await c.run(select(sql, encodings), [], { ...within(), format: 'values' })).body).toString()

  beforeAll(async () => {
    server = await startMariadb()
    const options = databaseOptions.parse({ url: await server.createDatabase('tap') })
    c = await connectMysql(
      readTarget(options),
      options,
      { clock, observe: () => {}, pool: 'primary', statementTimeout: 20_000 },
      within(),
    )
  })
  afterAll(async () => {
    await c?.close()
    await server?.stop()
  })

  it.each(samples)('of type %s as %s have canonical bytes', async (native, encoding, list) => {
    await c.query('DROP TABLE IF EXISTS t', [], within())
    await c.query(`CREATE TABLE t (n INT, v ${native} NULL)`, [], within())
    for (const [i, [sql]] of list.entries())
      await c.query(`INSERT INTO t VALUES (${i}, ${sql})`, [], within())
    await c.query(`INSERT INTO t VALUES (${list.length}, NULL)`, [], within())
    expect(await values('SELECT v FROM t ORDER BY n', [encoding])).toBe(
      `[${[...list.map(([, json]) => json), 'null'].join(',')}]`,
    )
  })

  it('of all types side by side are the same, wherever NULL stands among them', async () => {
    const columns = samples.map(([native], i) => `v${i} ${native} NULL`)
    await c.query('DROP TABLE IF EXISTS wide', [], within())
    await c.query(`CREATE TABLE wide (n INT, ${columns.join(', ')})`, [], within())
    const q = select(
      `SELECT ${samples.map((_, i) => `v${i}`).join(', ')} FROM wide`,
      samples.map(([, encoding]) => encoding),
    )
    for (const step of [1, 2, 3, 5, samples.length]) {
      const filled = (i: number) => i % step === 0
      await c.query('DELETE FROM wide', [], within())
      await c.query(
        `INSERT INTO wide VALUES (1, ${samples.map(([, , [first]], i) => (filled(i) ? first?.[0] : 'NULL')).join(', ')})`,
        [],
        within(),
      )
      const { body } = await c.run(q, [], { ...within(), format: 'object' })
      expect(Buffer.from(body).toString()).toBe(
        `{${samples.map(([, , [first]], i) => `"c${i}":${filled(i) ? first?.[1] : 'null'}`).join(',')}}`,
      )
    }
  })

  it('of expressions have the encoding of what they are asked for as', async () => {
    expect(await values('SELECT 1 = 1', ['boolean'])).toBe('[true]')
    expect(await values("SELECT 'a' LIKE 'b%'", ['boolean'])).toBe('[false]')
    expect(await values('SELECT NULL', ['number'])).toBe('[null]')
    expect(await values('SELECT SUM(seq) FROM seq_1_to_3', ['number'])).toBe('[6]')
    expect(await values('SELECT COUNT(*) FROM seq_1_to_3', ['number'])).toBe('[3]')
    expect(await values("SELECT CONCAT('[', GROUP_CONCAT(seq), ']') FROM seq_1_to_3", ['raw'])).toBe(
      '[[1,2,3]]',
    )
  })
})
