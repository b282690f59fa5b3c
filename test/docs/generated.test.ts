/** Holds that the generated documentation is what the code says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documents } from '../../scripts/docs.ts'

const root = join(import.meta.dirname, '../..')

test.each([...documents()])('%s is fresh (else run node scripts/docs.ts)', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text)
})
