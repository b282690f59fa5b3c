/** What the policy closes stays closed on every way to it; and names that are something else are told apart. */
import { describe, expect, test } from 'vitest'
import { catalog, generated, int8, table, text } from '#catalog/catalog.fixture.ts'
import { authorize } from '#policy/authorize.ts'
import { environment, only, read, refusalOf, show, write } from './plan.fixture.ts'
import { planRead } from './read.ts'
import { planWrite } from './write.ts'

const refused = (path: string, authorize?: ReturnType<typeof only>) =>
  refusalOf(() => planRead(read(path), environment(authorize && { authorize })))

describe('a relation', () => {
  test('across a junction needs the right to read the junction too', () => {
    const path = 'products?select=id,labels(label)'
    expect(show(planRead(read(path), environment()).select)).toContain('product_labels')
    for (const closed of ['product_labels', 'labels']) {
      const { code, facts } = refused(path, only({ [closed]: 'nothing' }))
      expect(code).toBe('unknown_relation')
      expect(facts['relations']).not.toContain('labels')
    }
  })

  test('that is a field is said to be one, unless the principal may not see it', () => {
    const path = `orders?filter=${encodeURIComponent('{"status":{"nested":1}}')}`
    expect(refused(path).message).toContain('"status" is a field of orders')
    expect(refused(path, only({ orders: ['id'] })).message).not.toContain('is a field')
  })
})

describe('a PUT', () => {
  /** Everything but one operation. */
  const without = (closed: string) =>
    environment({
      authorize: (resource, operation) =>
        operation === closed
          ? { allow: false, why: `No ${operation}.` }
          : authorize({ subject: '', role: '', claims: {} }, resource, operation),
    })
  const put = (headers: Record<string, string>) => write('PUT', 'labels/1', { label: 'x' }, headers)

  test('needs the right to insert and to update, and under a condition only to what it can do', () => {
    expect(refusalOf(() => planWrite(put({}), without('insert'))).code).toBe('forbidden')
    expect(refusalOf(() => planWrite(put({}), without('update'))).code).toBe('forbidden')
    const old = planWrite(put({ 'if-match': '*' }), without('insert'))
    expect(old.steps.map(({ statement }) => statement.kind)).toEqual(['update'])
    const fresh = planWrite(put({ 'if-none-match': '*' }), without('update'))
    expect(fresh.steps.map(({ statement }) => statement.kind)).toEqual(['insert'])
  })

  test('with If-Match leaves the key alone, so that the database may be the only one to make it', () => {
    const { steps } = planWrite(put({ 'if-match': '"7"' }), environment())
    expect(steps.map(({ statement }) => show(statement))).toEqual([
      'update labels t0 set label=$2:text where (t0.id eq $0:int8 and t0 version $1[]:text) returning nothing hidden version, t0.id, inserted',
    ])
    expect(steps[0]?.values).toEqual(['1', ['7'], 'x'])

    const made = environment({
      catalog: catalog([table('labels', { columns: { id: generated(int8), label: text } })]),
    })
    expect(planWrite(put({ 'if-match': '"7"' }), made).steps[0]?.values).toEqual(['1', ['7'], 'x'])
    expect(refusalOf(() => planWrite(put({}), made)).code).toBe('read_only_field')
  })
})
