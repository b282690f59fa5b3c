/** Who may do what, and how Allow says it. */
import { expect, test } from 'vitest'
import { shop } from '#catalog/catalog.fixture.ts'
import type { Resource } from '#contract/contract.ts'
import { resolveContract } from '#contract/resolve.ts'
import { authorize, authorizeCall, type Operation } from './authorize.ts'
import { allowedMethods } from './methods.ts'

const { resources, routines } = resolveContract(shop, { schemas: [], hide: [], relations: {} })
const resource = (name: string) => resources.get(name) as Resource
const anyone = { subject: 'somebody', role: 'anyone', claims: {} }
const may = (of: Resource) => (operation: Operation) => authorize(anyone, of, operation).allow

test('everybody may do what the object allows, with all fields', () => {
  expect(authorize(anyone, resource('orders'), 'delete')).toEqual({
    allow: true,
    fields: undefined,
    rows: undefined,
    uses: [],
  })
  const refused = authorize(anyone, resource('order_totals'), 'insert')
  expect(refused).toMatchObject({ allow: false, why: expect.stringContaining('order_totals') })
})

test('only routines that the database lets the gateway call may be called', () => {
  const add = routines.get('add')?.routine
  if (add === undefined) throw new Error('the shop has no routine add')
  expect(authorizeCall(anyone, add).allow).toBe(true)
  expect(authorizeCall(anyone, { ...add, executable: false }).allow).toBe(false)
})

test('Allow lists the methods of a collection and of a row', () => {
  const orders = resource('orders')
  expect(allowedMethods(orders, 'collection', may(orders)).join()).toBe('GET,HEAD,POST,PATCH,DELETE,OPTIONS')
  expect(allowedMethods(orders, 'row', may(orders)).join()).toBe('GET,HEAD,PUT,PATCH,DELETE,OPTIONS')
  expect(allowedMethods(orders, 'row', (operation) => operation === 'insert')).toEqual(['OPTIONS'])
  const primaryKey = { name: 'pk', columns: ['id'], deferrable: true as const }
  const late = { ...orders, table: { ...orders.table, primaryKey } }
  expect(allowedMethods(late, 'row', may(orders)).join()).toBe('GET,HEAD,PATCH,DELETE,OPTIONS')
  const view = resource('order_totals')
  expect(allowedMethods(view, 'collection', may(view)).join()).toBe('GET,HEAD,OPTIONS')
  expect(allowedMethods(view, 'row', may(view))).toEqual(['OPTIONS'])
})
