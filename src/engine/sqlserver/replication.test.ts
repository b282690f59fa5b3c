import { describe, expect, it } from 'vitest'
import type { Connection, Mark } from '#engine/engine.ts'
import { createReplication } from './replication.ts'

const never = { deadline: 0, signal: new AbortController().signal }
const answering = (rows: readonly (readonly (string | null)[])[]) => {
  const texts: string[] = []
  const c = {
    query: async (text: string) => {
      texts.push(text)
      return rows
    },
  } as unknown as Connection
  return { c, texts }
}
const { standing, mark, holds, younger, exact } = createReplication()
const at = (position: string) => ({ line: '', position, forks: [] })
const marked = (position: string): Mark => ({ line: '', position })

describe('where a SQL Server stands', () => {
  it('is told by one statement: a primary and its last commit', async () => {
    const { c, texts } = answering([
      ['READ_WRITE', 'sql-1 2026-11-23T14:05:09'],
      ['37000000048800001', '1500'],
    ])
    expect(await standing(c, never)).toEqual({
      server: 'sql-1 2026-11-23T14:05:09',
      role: 'primary',
      line: '',
      position: '37000000048800001',
      behindMs: undefined,
      forks: [],
    })
    expect(texts).toHaveLength(1)
    expect(await mark(c, never)).toEqual(marked('37000000048800001'))
  })

  it('of a secondary is how old the last commit is that it has redone', async () => {
    const { c } = answering([
      ['READ_ONLY', 'sql-2'],
      ['37000000048800001', '1500'],
    ])
    expect(await standing(c, never)).toMatchObject({ role: 'replica', behindMs: 1500 })
    const { c: ahead } = answering([
      ['READ_ONLY', 'sql-2'],
      ['1', '-40'],
    ])
    expect(await standing(ahead, never)).toMatchObject({ behindMs: 0 })
  })

  it('is a role and no more where nothing else may be seen', async () => {
    for (const more of [[], [[null, null]]]) {
      const { c } = answering([['READ_ONLY', 'sql-2'], ...more])
      expect(await standing(c, never)).toMatchObject({ role: 'replica', position: '', behindMs: undefined })
    }
  })

  it('is nothing while the database changes its role', async () => {
    for (const rows of [[], [[null, 'sql-1']]])
      await expect(standing(answering(rows).c, never)).rejects.toMatchObject({
        code: 'DATABASE_IN_TRANSITION',
      })
  })
})

describe('marks', () => {
  it('compare as numbers, whatever their length', () => {
    expect(holds(at('37000000048800001'), marked('37000000048800001'))).toBe('yes')
    expect(holds(at('100'), marked('99'))).toBe('yes')
    expect(holds(at('99'), marked('100'))).toBe('not_yet')
    expect(holds(at('9007199254740992'), marked('9007199254740993'))).toBe('not_yet')
  })

  it('that cannot be seen hold nobody up', () => {
    expect(holds(at(''), marked('100'))).toBe('yes')
    expect(holds(at('100'), marked(''))).toBe('yes')
  })

  it('are not exact, and tell nothing of two primaries', () => {
    expect(exact).toBe(false)
    expect(younger(marked('1'), marked('2'))).toBe(0)
  })
})
