/** Bundles the gateway into dist/: one chunk a role and engine, loaded when needed, with nothing left to install. */
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')
/** Elsewhere for tests. */
const outdir = process.argv[2] ?? join(root, 'dist')

/**
 * Importing a module of Node's as an ES module reads all that it exports: of node:http that loads undici, of node:crypto the Web
 * Cryptography API, 70 ms of a start together. Taken from the process, and its exports looked at when they are used, it does
 * not (Node 24.21).
 */
const builtins: Plugin = {
  name: 'builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path)
        ? { path: path.replace(/^(node:)?/, 'node:'), namespace: 'builtin' }
        : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
      loader: 'js',
    }))
  },
}

rmSync(outdir, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: 'chunks/[name]-[hash]',
  // Not minified: it starts as fast, and stack traces stay readable.
  legalComments: 'linked',
  // CommonJS packages inside an ES module still ask for require.
  banner: {
    js: `const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);`,
  },
  plugins: [builtins],
  logLevel: 'warning',
})
await build({
  absWorkingDir: root,
  entryPoints: ['scripts/bundle/start.ts', 'scripts/bundle/compile.ts'],
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
})
// In the image there is no other package.json that says so.
writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }\n')

const files = readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
console.log(`dist: ${files.length} files, ${Math.round(bytes / 1024)} KiB`)
