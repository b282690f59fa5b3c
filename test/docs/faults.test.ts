/** Holds docs/faults.md to the tests: every fault is shown by one that carries its number, or that the page quotes. */
import { globSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'docs/faults.md'), 'utf8')

interface Row {
  readonly number: number
  readonly proofs: readonly { readonly file: string; readonly quoted: string | undefined }[]
}

const rows: readonly Row[] = [...text.matchAll(/^\| (\d+) \|(?:[^|]*\|){3}([^|]*)\|$/gm)].map(
  ([, number, cell = '']) => ({
    number: Number(number),
    proofs: [...cell.matchAll(/\[[^\]]*\]\(\.\.\/([^)]+)\)(?: “([^”]+)”)?/g)].map(
      ([, file = '', quoted]) => ({
        file: normalize(file),
        quoted,
      }),
    ),
  }),
)

/** The titles of a file of tests, as they are written. */
const titlesOf = (file: string): readonly string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /\b(?:test|it|describe)(?:\.\w+(?:\([^)]*\))?)?\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)*)\1/g,
    ),
  ].map((match) => match[2] as string)
const carries = (title: string, number: number) => title.startsWith(`scenario ${number}:`)

/** Faults of caches, events and the injector are not of this page. */
const wanted = [...range(1, 19), ...range(21, 31), ...range(39, 47), 49, 50]
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

test('every fault has its row', () => {
  expect(rows.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(wanted)
})

test.each(rows)('what is said to show fault $number does', ({ number, proofs }) => {
  expect(proofs.length).toBeGreaterThan(0)
  for (const { file, quoted } of proofs) {
    const titles = titlesOf(file)
    const shown = titles.some((title) =>
      quoted === undefined ? carries(title, number) : title.startsWith(quoted),
    )
    expect([file, quoted ?? `scenario ${number}:`, shown]).toEqual([
      file,
      quoted ?? `scenario ${number}:`,
      true,
    ])
  }
})

test('every test that carries a number is named in the row of that number', () => {
  const files = globSync('{src,test}/**/*.ts', { cwd: root })
  for (const file of files)
    for (const title of titlesOf(file)) {
      const number = Number(/^scenario (\d+):/.exec(title)?.[1])
      if (Number.isNaN(number)) continue
      const named = rows.find((row) => row.number === number)?.proofs.map((proof) => proof.file)
      expect([title, named]).toEqual([title, expect.arrayContaining([file])])
    }
})
