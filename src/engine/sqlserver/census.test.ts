import { describe, expect, it } from 'vitest'
import type { Connection } from '#engine/engine.ts'
import { census } from './census.ts'
import { unseen } from './server-state.ts'

const never = { deadline: 0, signal: new AbortController().signal }
const answering = (rows: readonly (readonly (string | null)[])[]) => {
  const texts: string[] = []
  const query: Connection['query'] = async (text) => {
    texts.push(text)
    return rows
  }
  return { c: { query }, texts }
}

describe('the census of a SQL Server', () => {
  it('is one statement: who is there, and how many may be', async () => {
    const { c, texts } = answering([
      ['shop/aaaaaa', 'shop/aaaaaa', '3', '512', '1'],
      ['shop/aaaaaa', 'shop/bbbbbb', '1', '512', '1'],
    ])
    expect(await census(c, never)).toEqual({
      self: 'shop/aaaaaa',
      connections: 512,
      peers: [
        { name: 'shop/aaaaaa', sessions: 3 },
        { name: 'shop/bbbbbb', sessions: 1 },
      ],
      blind: false,
    })
    expect(texts).toHaveLength(1)
    expect(texts[0]).toContain("LIKE N'/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'")
  })

  it('of a user that may not see others says so', async () => {
    for (const may of ['0', null]) {
      const { c } = answering([['shop/aaaaaa', null, null, '32767', may]])
      expect(await census(c, never)).toEqual({
        self: 'shop/aaaaaa',
        connections: 32_767,
        peers: [],
        blind: true,
      })
    }
  })
})

describe('what is not seen', () => {
  it('is nothing for those who may', async () => {
    expect(await unseen(answering([['1', '0', 'app', 'app']]).c, never)).toEqual([])
  })

  it.each([
    [['0', '0', 'dbo', 'a]b'], 'GRANT VIEW SERVER STATE TO [a]]b], in master'],
    [['0', '1', 'app', 'sid'], 'GRANT VIEW DATABASE STATE TO [app]'],
    [[null, '1', null, null], 'GRANT VIEW DATABASE STATE TO [the login]'],
  ])('%j is named with what would help', async (row, remedy) => {
    expect(await unseen(answering([row]).c, never)).toEqual([
      { what: 'peers', remedy },
      { what: 'limit', remedy },
      { what: 'lag', remedy },
    ])
  })
})
