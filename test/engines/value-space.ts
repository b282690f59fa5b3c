/** The values of every canonical type, as arbitraries, with the type that each engine keeps them in. */
import fc from 'fast-check'

/** A value: the JSON that is sent, and whether the JSON that comes back is equal to it. */
export interface Value {
  readonly sent: string
  readonly equals: (got: string) => boolean
}

/** Documents with these numbers. SQL's NULL is another value than JSON's. */
const documents = (number: (n: number) => number): fc.Arbitrary<Value> =>
  fc
    .jsonValue({ maxDepth: 3, stringUnit: 'grapheme' })
    .filter((value) => value !== null)
    .map((value) => {
      const sent = JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' ? number(v) : v))
      return { sent, equals: (got) => canonical(JSON.parse(got)) === canonical(JSON.parse(sent)) }
    })

/** A part of the space: a column, its type on each engine that has one, and its values. */
export interface Space {
  readonly name: string
  readonly postgres?: string
  /** MySQL's too, unless `mysql` says otherwise. */
  readonly mariadb?: string
  readonly mysql?: string | false
  readonly sqlserver?: string
  readonly values: fc.Arbitrary<Value>
  /** Cannot be asked for by value. */
  readonly incomparable?: true
}

const exact = (sent: string, back = sent): Value => ({ sent, equals: (got) => got === back })
const quoted = (text: string, back = text) => exact(JSON.stringify(text), JSON.stringify(back))

const integers = (min: bigint, max: bigint) =>
  fc
    .oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, min < 0n ? -1n : 0n, 1n))
    .map((n) => exact(n.toString()))

/** Digits in front of the point and behind it; what comes back has all that the column keeps. */
const decimals = (precision: number, scale: number) =>
  fc
    .record({
      units: fc.oneof(
        fc.bigInt({ min: 0n, max: 10n ** BigInt(precision) - 1n }),
        fc.bigInt({ min: 0n, max: 999n }),
      ),
      negative: fc.boolean(),
      bare: fc.boolean(),
    })
    .map(({ units, negative, bare }) => {
      const digits = units.toString().padStart(scale + 1, '0')
      const point = digits.length - scale
      const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
      const signed = negative && units !== 0n ? `-${text}` : text
      return exact(bare ? signed : JSON.stringify(signed), JSON.stringify(signed))
    })

/** Databases may forget the sign of zero. */
const sameNumber = (n: number): Value => ({
  sent: n === 0 ? '0' : JSON.stringify(n),
  equals: (got) => Number(got) === n,
})
const anyDouble = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  // Whole numbers with gaps, where a short decimal may lie between two of them.
  fc.double({ noNaN: true, min: 2 ** 53, max: 2 ** 70 }),
)
const anySingle = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, min: -Math.fround(1e-14), max: Math.fround(1e-14) }),
)

const texts = (most: number) =>
  fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: most }),
      fc.string({ unit: 'grapheme', maxLength: most }),
      fc.string({
        unit: fc.constantFrom(' ', '\\', '"', "'", '%', '_', '\n', '\t', '\u001f', '/', 'ß', '💥'),
        maxLength: most,
      }),
    )
    .filter((text) => !text.includes('\0') && text.isWellFormed())
    .map((text) => [...text].slice(0, most).join(''))

const bytes = (most: number) =>
  fc.uint8Array({ maxLength: most }).map((b) => quoted(Buffer.from(b).toString('base64')))

const two = (n: number) => String(n).padStart(2, '0')
const fraction = fc.integer({ min: 0, max: 999_999 }).map((micros) => {
  const text = String(micros).padStart(6, '0').replace(/0+$/, '')
  return text === '' ? '' : `.${text}`
})
const clock = fc
  .tuple(
    fc.integer({ min: 0, max: 23 }),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 59 }),
    fraction,
  )
  .map(([h, m, s, f]) => `${two(h)}:${two(m)}:${two(s)}${f}`)
const milliseconds = (ms: number) => (ms === 0 ? '' : `.${String(ms).padStart(3, '0').replace(/0+$/, '')}`)
const day = (min: string, max: string) =>
  fc
    .date({ min: new Date(`${min}T00:00:00Z`), max: new Date(`${max}T00:00:00Z`), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10))
const moments = (min: string, max: string, zone: string) =>
  fc.tuple(day(min, max), clock).map(([date, time]) => quoted(`${date}T${time}${zone}`))

const labels = ['round', 'it\'s "odd"', 'back\\slash', 'ü', '']

const spaces: readonly Space[] = [
  {
    name: 'small',
    postgres: 'smallint',
    mariadb: 'smallint',
    sqlserver: 'smallint',
    values: integers(-32768n, 32767n),
  },
  {
    name: 'whole',
    postgres: 'int',
    mariadb: 'int',
    sqlserver: 'int',
    values: integers(-(2n ** 31n), 2n ** 31n - 1n),
  },
  {
    name: 'big',
    postgres: 'bigint',
    mariadb: 'bigint',
    sqlserver: 'bigint',
    values: integers(-(2n ** 63n), 2n ** 63n - 1n),
  },
  { name: 'tiny', mariadb: 'tinyint', values: integers(-128n, 127n) },
  { name: 'tiny_u', mariadb: 'tinyint unsigned', values: integers(0n, 255n) },
  { name: 'medium_u', mariadb: 'mediumint unsigned', values: integers(0n, 2n ** 24n - 1n) },
  { name: 'big_u', mariadb: 'bigint unsigned', values: integers(0n, 2n ** 64n - 1n) },
  { name: 'filled', mariadb: 'int(7) zerofill', values: integers(0n, 2n ** 32n - 1n) },
  { name: 'bits', mariadb: 'bit(64)', values: integers(0n, 2n ** 64n - 1n) },
  { name: 'some_bits', mariadb: 'bit(7)', values: integers(0n, 127n) },
  {
    name: 'born',
    mariadb: 'year',
    values: fc.integer({ min: 1901, max: 2155 }).map((y) => exact(String(y))),
  },
  { name: 'object', postgres: 'oid', values: integers(0n, 2n ** 32n - 1n) },
  {
    name: 'price',
    postgres: 'decimal(12,2)',
    mariadb: 'decimal(12,2)',
    sqlserver: 'decimal(12,2)',
    values: decimals(12, 2),
  },
  { name: 'exact', postgres: 'decimal(65,30)', mariadb: 'decimal(65,30)', values: decimals(65, 30) },
  { name: 'round', postgres: 'decimal(40,0)', mariadb: 'decimal(40,0)', values: decimals(40, 0) },
  { name: 'cash', postgres: 'money', values: decimals(15, 2) },
  { name: 'single', postgres: 'real', mariadb: 'float', values: anySingle.map((n) => singleValue(n)) },
  { name: 'twofold', postgres: 'double precision', mariadb: 'double', values: anyDouble.map(sameNumber) },
  {
    name: 'truth',
    postgres: 'boolean',
    mariadb: 'boolean',
    sqlserver: 'bit',
    values: fc.boolean().map((b) => exact(String(b))),
  },
  { name: 'flag', mariadb: 'bit(1)', values: fc.boolean().map((b) => exact(String(b))) },
  // Padding means nothing: blanks at the end are not kept.
  {
    name: 'code',
    postgres: 'char(8)',
    mariadb: 'char(8)',
    sqlserver: 'nchar(16)',
    values: texts(8).map((t) => quoted(t, t.replace(/ +$/, ''))),
  },
  {
    name: 'name',
    postgres: 'varchar(40)',
    mariadb: 'varchar(40)',
    sqlserver: 'nvarchar(80)',
    values: texts(40).map((t) => quoted(t)),
  },
  {
    name: 'note',
    postgres: 'text',
    mariadb: 'text',
    sqlserver: 'nvarchar(max)',
    values: texts(60).map((t) => quoted(t)),
  },
  { name: 'longer', mariadb: 'longtext', values: texts(60).map((t) => quoted(t)) },
  {
    name: 'shape',
    mariadb: `enum(${labels.map((l) => `'${l.replaceAll("'", "''")}'`).join()})`,
    values: fc.constantFrom(...labels).map((l) => quoted(l)),
  },
  {
    name: 'tags',
    mariadb: "set('a','b','c d','é')",
    values: fc.subarray(['a', 'b', 'c d', 'é']).map((some) => quoted(some.join())),
  },
  {
    name: 'uid',
    postgres: 'uuid',
    mariadb: 'uuid',
    mysql: false,
    sqlserver: 'uniqueidentifier',
    values: fc.uuid({ version: [1, 2, 3, 4, 5, 6, 7] }).map((u) => quoted(u.toUpperCase(), u)),
  },
  {
    name: 'ip4',
    postgres: 'inet',
    mariadb: 'inet4',
    mysql: false,
    values: fc.ipV4().map((ip) => quoted(ip)),
  },
  {
    name: 'doc',
    postgres: 'jsonb',
    mariadb: 'json',
    mysql: false,
    sqlserver: 'nvarchar(max) CHECK (ISJSON(doc, VALUE) = 1)',
    values: documents((n) => n),
    incomparable: true,
  },
  {
    name: 'doc',
    mysql: 'json',
    // MySQL 8 reads numbers of many digits, or far from 1, up to their last bit but one.
    values: documents((n) => Math.trunc(n % 2 ** 40) + 0.25),
    incomparable: true,
  },
  { name: 'raw', postgres: 'bytea', mariadb: 'blob', sqlserver: 'varbinary(max)', values: bytes(60) },
  { name: 'bytes', mariadb: 'varbinary(60)', sqlserver: 'varbinary(60)', values: bytes(60) },
  {
    name: 'day',
    postgres: 'date',
    mariadb: 'date',
    sqlserver: 'date',
    values: day('0001-01-01', '9999-12-31').map((d) => quoted(d)),
  },
  {
    name: 'hour',
    postgres: 'time',
    mariadb: 'time(6)',
    sqlserver: 'time(6)',
    values: clock.map((t) => quoted(t)),
  },
  {
    name: 'at',
    postgres: 'timestamptz',
    mariadb: 'timestamp(6) NULL',
    sqlserver: 'datetimeoffset(6)',
    values: moments('1970-01-02', '2038-01-18', '+00:00'),
  },
  {
    name: 'local',
    postgres: 'timestamp',
    mariadb: 'datetime(6)',
    sqlserver: 'datetime2(6)',
    values: moments('0001-01-01', '9999-12-31', ''),
  },
  { name: 'byte', sqlserver: 'tinyint', values: integers(0n, 255n) },
  { name: 'widest', sqlserver: 'decimal(38,10)', values: decimals(38, 10) },
  { name: 'dough', sqlserver: 'money', values: decimals(18, 4) },
  { name: 'coins', sqlserver: 'smallmoney', values: decimals(9, 4) },
  // Numbers next to zero that have fewer digits than others are not promised to be kept.
  {
    name: 'normal_single',
    sqlserver: 'real',
    values: anySingle.filter((n) => n === 0 || Math.abs(n) >= 1.18e-38).map((n) => singleValue(n)),
  },
  {
    name: 'normal_double',
    sqlserver: 'float',
    values: anyDouble.filter((n) => n === 0 || Math.abs(n) >= 2.23e-308).map(sameNumber),
  },
  { name: 'narrow', sqlserver: 'varchar(160)', values: texts(40).map((t) => quoted(t)) },
  // In 300ths of a second, shown as milliseconds.
  {
    name: 'old',
    sqlserver: 'datetime',
    values: fc
      .tuple(day('1753-01-01', '9999-12-31'), fc.integer({ min: 0, max: 299 }))
      .map(([date, ticks]) => quoted(`${date}T14:05:09${milliseconds(Math.round((ticks * 10) / 3))}`)),
  },
  {
    name: 'short',
    sqlserver: 'smalldatetime',
    values: fc
      .tuple(day('1900-01-01', '2079-06-05'), fc.integer({ min: 0, max: 59 }))
      .map(([date, minute]) => quoted(`${date}T14:${two(minute)}:00`)),
  },
  {
    name: 'fine',
    sqlserver: 'datetime2(7)',
    values: fc
      .tuple(day('0001-01-01', '9999-12-31'), fc.integer({ min: 1, max: 9_999_999 }))
      .map(([date, ticks]) =>
        quoted(`${date}T14:05:09.${String(ticks).padStart(7, '0').replace(/0+$/, '')}`),
      ),
  },
  {
    name: 'place',
    sqlserver: 'hierarchyid',
    values: fc
      .array(fc.integer({ min: 0, max: 5000 }), { maxLength: 5 })
      .map((path) => quoted(`/${path.map((n) => `${n}/`).join('')}`)),
  },
  {
    name: 'anything',
    sqlserver: 'sql_variant',
    values: texts(60).map((t) => quoted(t)),
    incomparable: true,
  },
  {
    name: 'markup',
    sqlserver: 'xml',
    values: fc.stringMatching(/^[a-zé💥 ]{1,9}$/u).map((t) => quoted(`<a b="${t}">x${t}x</a>`)),
    incomparable: true,
  },
]

/** As a float of 32 bits it is sent with the digits of 64. */
function singleValue(n: number): Value {
  return { ...sameNumber(n), equals: (got) => Math.fround(Number(got)) === n }
}

/** With members sorted, as databases may sort them; -0 is 0. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )
}

/** The part of the space that an engine has, and the types it is kept in. */
export const spacesOf = (
  engine: 'postgres' | 'mariadb' | 'mysql' | 'sqlserver',
): readonly (Space & { readonly type: string })[] =>
  spaces.flatMap((space) => {
    const type = engine === 'mysql' ? (space.mysql ?? space.mariadb) : space[engine]
    return typeof type === 'string' ? [{ ...space, type }] : []
  })
