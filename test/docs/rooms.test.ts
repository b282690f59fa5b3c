/** Holds the table of rooms in ARCHITECTURE.md to the one that the sources are checked with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rooms } from '../../scripts/walls.ts'

const text = readFileSync(join(import.meta.dirname, '../../ARCHITECTURE.md'), 'utf8')

/** Room → what it may import, in words; folders of an engine stand in the row of `engine`. */
const told = Object.fromEntries(
  [...text.matchAll(/^\| `(\w+)` \|[^|]*\|([^|]*)\|$/gm)].map(([, room = '', cell = '']) => [
    room,
    cell.trim(),
  ]),
)

/** What the page says instead of a list. */
const inWords: Readonly<Record<string, string>> = {
  base: 'nothing',
  config: 'every `options.ts`',
  demo: 'engine (`postgres`)',
  roles: 'everything',
}

test('the table of rooms is the one that is checked', () => {
  const checked = Object.entries(rooms)
    .filter(([room]) => !room.includes('/'))
    .map(([room, allowed]) => [room, inWords[room] ?? allowed.join(' ')])
  expect(told).toEqual(Object.fromEntries(checked))
  expect([rooms['base'], rooms['config'], rooms['demo'], rooms['roles']]).toEqual([
    [],
    [],
    ['engine/postgres'],
    ['*'],
  ])
})
