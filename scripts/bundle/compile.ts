/** dist/compile.js: has V8 compile the bundle, all its functions too, for the Node and the flags that this runs with. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { chunkFile, compiledFile, moduleOf } from './chunks.ts'

const chunks = readdirSync(dirname(chunkFile('a.js'))).filter((name) => name.endsWith('.js'))
mkdirSync(dirname(compiledFile('main.js')), { recursive: true })
let bytes = 0
for (const name of ['main.js', ...chunks]) {
  setFlagsFromString('--no-lazy')
  const module = moduleOf(name, (specifier) => import(specifier))
  // What it writes is marked with the flags of this moment, and taken only where they are the same.
  setFlagsFromString('--lazy')
  const data = module.createCachedData()
  writeFileSync(compiledFile(name), data)
  bytes += data.length
}
console.log(`compiled: ${chunks.length + 1} files, ${Math.round(bytes / 1024)} KiB`)
