/** Plans of MySQL and MariaDB → a number of rows. */
import { describe, expect, it } from 'vitest'
import { readEstimate } from './dialect.ts'

const estimate = (plan: unknown) => readEstimate(new TextEncoder().encode(JSON.stringify(plan)))

describe('the estimate', () => {
  it('is told by the rows of one table and what its condition leaves of them', () => {
    const table = { table_name: 't0', rows: 1000, filtered: 12.5 }
    expect(estimate({ query_block: { select_id: 1, table } })).toBe(125)
    expect(estimate({ query_block: { nested_loop: [{ table }] } })).toBe(125)
    expect(estimate([{ plan: { query_block: { nested_loop: [{ table }] } } }])).toBe(125)
  })

  it('is the product of joined tables in MariaDB', () => {
    const loop = [{ table: { rows: 10, filtered: 50 } }, { table: { rows: 4, filtered: 100 } }]
    expect(estimate({ query_block: { nested_loop: loop } })).toBe(20)
    const buffered = [{ table: { rows: 10 } }, { 'block-nl-join': { table: { rows: 3, filtered: 100 } } }]
    expect(estimate({ query_block: { nested_loop: buffered } })).toBe(30)
  })

  it('is what MySQL says comes out of the last join', () => {
    const loop = [
      { table: { rows_examined_per_scan: 10, rows_produced_per_join: 7, filtered: '70.00' } },
      { table: { rows_examined_per_scan: 4, rows_produced_per_join: 28, filtered: '100.00' } },
    ]
    expect(estimate({ query_block: { cost_info: { query_cost: '1.00' }, nested_loop: loop } })).toBe(28)
    expect(estimate({ query_block: { table: { rows_produced_per_join: 5, filtered: '10.00' } } })).toBe(5)
    expect(estimate({ query_block: { table: { rows_examined_per_scan: 50, filtered: '10.00' } } })).toBe(5)
  })

  it('looks behind sorting and temporary tables', () => {
    const table = { rows: 9, filtered: 100 }
    expect(estimate({ query_block: { filesort: { temporary_table: { nested_loop: [{ table }] } } } })).toBe(9)
    expect(estimate({ query_block: { grouping_operation: { table } } })).toBe(9)
  })

  it('is what the root of MySQL’s newer format tells', () => {
    const inputs = [{ estimated_rows: 100, table_name: 't0' }]
    const plan = { query_plan: { operation: 'Filter', estimated_rows: 33.33, inputs } }
    expect(estimate({ json_schema_version: '2.0', ...plan })).toBe(33)
    expect(estimate([{ plan }])).toBe(33)
    expect(estimate({ query_plan: { operation: 'Zero rows (Impossible WHERE)', estimated_rows: 0 } })).toBe(0)
  })

  it('is the product of the outermost steps of MariaDB’s table', () => {
    const step = (id: string, rows: string | null, filtered: string | null) => ({
      id,
      select_type: 'PRIMARY',
      rows,
      filtered,
    })
    expect(estimate([step('1', '1000', '12.5')])).toBe(125)
    expect(estimate([step('1', '10', '50'), step('1', '4', '100'), step('2', '9', '100')])).toBe(20)
    expect(estimate([step('1', '1000 (10%)', '10')])).toBe(100)
    expect(estimate([step('1', null, null)])).toBe(0)
  })

  it('is nothing where no row can be', () => {
    expect(estimate({ query_block: { select_id: 1, table: { message: 'Impossible WHERE' } } })).toBe(0)
    expect(estimate({ query_block: { message: 'no matching row in const table' } })).toBe(0)
  })

  it('is refused when there is no plan', () => {
    for (const answer of [[], [{ plan: null }], {}, null]) expect(() => estimate(answer)).toThrow('no plan')
  })
})
