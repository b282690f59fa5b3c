import { expect, test } from 'vitest'
import type { Context } from '#base/context.ts'
import type { Compiled, Connection, Transaction } from '#engine/engine.ts'
import type { Execute, Trip } from './execute.ts'
import { joinedTexts, withTexts } from './texts.ts'

const ctx = {} as Context
const trip: Trip = { operation: 'select', resource: 'orders', write: false, source: 'url' }
const q = (text: string) => ({ text }) as Compiled

function setUp(wanted: boolean) {
  const ran: string[] = []
  const noted: (string | undefined)[] = []
  const run = async ({ text }: Compiled) => void ran.push(text)
  const connection = {
    run,
    stream: run,
    transaction: (_: unknown, body: (t: Transaction) => unknown) => body({ run } as unknown as Transaction),
    role: async () => 'primary',
  } as unknown as Connection
  /** Runs the body twice, as after a collision. */
  const twice: Execute = async (_, { texts }, body) => {
    await body(connection)
    const value = await body(connection)
    noted.push(texts && joinedTexts(texts))
    return value
  }
  return { connection, ran, noted, execute: withTexts(twice, () => wanted) }
}
const some = async (c: Connection) => {
  await c.run(q('a'), [], {} as never)
  await c.stream(q('b'), [], {} as never)
  await c.transaction({} as never, (t) => t.run(q('c'), [], {} as never))
  return c.role({} as never)
}

test('the texts of the last attempt are noted, and everything reaches the connection', async () => {
  const { execute, ran, noted } = setUp(true)
  expect(await execute(ctx, trip, some)).toBe('primary')
  expect(noted).toEqual(['a; b; c'])
  expect(ran).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
})

test('where nobody wants them, the body has the connection itself', async () => {
  const { connection, execute, noted } = setUp(false)
  expect(await execute(ctx, trip, async (c) => c === connection)).toBe(true)
  expect(noted).toEqual([undefined])
})

test('long texts are cut', () => {
  const text = joinedTexts(Array.from({ length: 1000 }, () => 'INSERT INTO t'))
  expect(text).toHaveLength(4001)
  expect(text).toMatch(/^INSERT INTO t; INSERT .*…$/)
})
