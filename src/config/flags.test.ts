import { expect, test } from 'vitest'
import * as z from 'zod'
import { faultLine } from './fault.ts'
import { readFlags } from './flags.ts'
import { plain } from './node.ts'
import { objectShapeOf } from './shape.ts'

const config = objectShapeOf(
  z.strictObject({
    pools: z.strictObject({
      max: z.int(),
      names: z.array(z.string()),
      renames: z.record(z.string(), z.string()),
    }),
    development: z.boolean(),
  }),
)
const own = objectShapeOf(z.strictObject({ offline: z.boolean() }))
function read(...argv: string[]) {
  const { roots, faults } = readFlags(argv, [config, own])
  return { values: roots.map(plain), faults: faults.map(faultLine) }
}

test('values follow = or a space; yes-or-no flags need none', () => {
  const values = [{ pools: { max: '7', names: ['a', 'b'] }, development: 'true' }, { offline: 'false' }]
  expect(read('--pools.max=7', '--pools.names', 'a,b', '--development', '--offline', 'false')).toEqual({
    values,
    faults: [],
  })
  expect(
    read('--offline=false', '--development', '--pools.names=["a","b"]', '--pools.max', '7').values,
  ).toEqual(values)
})

test('a value may hold = and begin with a single dash', () => {
  expect(read('--pools.names=a=b').values[0]).toEqual({ pools: { names: ['a=b'] } })
  expect(read('--pools.max', '-5').values[0]).toEqual({ pools: { max: '-5' } })
})

test('names of yours are part of the flag', () => {
  expect(read('--pools.renames.orders=o').values[0]).toEqual({ pools: { renames: { orders: 'o' } } })
})

test('unknown flags are refused with the nearest name, whichever list it stands in', () => {
  expect(read('--pools.mx=7', '--ofline', '--colour', 'hunter2').faults).toEqual([
    '--ofline: unknown flag, did you mean --offline? (command line)',
    '--colour: unknown flag; --help lists all (command line)',
    '--pools.mx: unknown flag, did you mean --pools.max? (command line)',
  ])
})

test('stray arguments, missing values and repetitions are faults that show no value', () => {
  const { faults } = read('hunter2', '--pools.max', '--pools.max=3', '-x', '--pools.names.0=a')
  expect(faults).toEqual([
    'argument 1 is not a flag; flags are written --name=value, a file is given as --config=file (command line)',
    '--pools.max: given twice (command line)',
    'argument 4 is not a flag; flags are written --name=value, a file is given as --config=file (command line)',
    'pools.max: needs a value (flag --pools.max)',
    '--pools.names.0: unknown flag, did you mean --pools.names? (command line)',
  ])
})
