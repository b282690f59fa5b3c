/** The walls stand: what the import table forbids is found, what it allows is not. */
import { expect, it } from 'vitest'
import { wallFaults } from './walls.ts'

const found = (file: string, text: string) => wallFaults(file, text).map(({ target, rule }) => [target, rule])

it.each([
  ['src/pool/pool.ts', `import { x } from '#engine/engine.ts'`, 'pool may import base'],
  [
    'src/plan/read.ts',
    `import type { X } from '#pool/types.ts'`,
    'plan may import base, catalog, contract, policy',
  ],
  [
    'src/gateway/read.ts',
    `const x = await import('#engine/postgres/index.ts')`,
    'gateway may import base, catalog, contract',
  ],
  ['src/gateway/read.ts', `export { x } from '#http/app.ts'`, 'gateway may import base, catalog, contract'],
  ['src/http/app.ts', `import postgres from 'postgres'`, 'only engine/postgres, demo may import postgres'],
  ['src/http/app.ts', `import * as z from 'zod'`, 'only config, options, roles may import zod'],
  ['src/gateway/read.ts', `import { Hono } from 'hono/tiny'`, 'only http may import hono'],
  ['src/http/app.ts', `import { x } from 'left-pad'`, 'left-pad belongs to no room'],
  ['src/http/app.ts', `import { x } from '../gateway/read.ts'`, 'other rooms are imported as #room/file.ts'],
  [
    'src/http/app.ts',
    `import { x } from '#http/parse.ts'`,
    'files of the same room are imported as ./file.ts',
  ],
])('%s must not say: %s', (file, text, rule) => {
  expect(found(file, text)).toEqual([[expect.any(String), expect.stringContaining(rule)]])
})

it.each([
  ['src/plan/read.ts', `import type { X } from '#catalog/model.ts'`],
  ['src/pool/pool.ts', `import { x } from '#base/errors.ts'`],
  ['src/pool/options.ts', `import * as z from 'zod'\nimport { size } from '#config/types.ts'`],
  [
    'src/engine/postgres/driver.ts',
    `import postgres from 'postgres'\nimport type { X } from '#engine/engine.ts'`,
  ],
  ['src/roles/engines.ts', `const x = await import('#engine/postgres/index.ts')`],
  ['src/config/schema.ts', `import { poolsOptions } from '#pool/options.ts'`],
  ['src/http/app.ts', `// import postgres from 'postgres'\nconst text = "import x from 'postgres'"`],
])('%s may say: %s', (file, text) => {
  expect(found(file, text)).toEqual([])
})

it('asks for a row in the table when a room is new', () => {
  expect(found('src/attic/box.ts', '')).toEqual([['', 'scripts/walls.ts knows no room attic']])
})
