/** dist/start.js: as dist/main.js, but spares V8 the compiling of what `compile.js` had it compile when the image was made. */
import { readFileSync } from 'node:fs'
import { type ChunkModule, chunkFile, chunkOf, compiledFile, isSupported, moduleOf } from './chunks.ts'

const modules = new Map<string, ChunkModule>()

/** With all that it imports. */
function moduleNamed(name: string): ChunkModule {
  const known = modules.get(name)
  if (known !== undefined) return known
  const made = compiled(name) ?? moduleOf(name, load)
  modules.set(name, made)
  made.linkRequests(made.moduleRequests.map(({ specifier }) => moduleNamed(chunkOf(specifier) ?? specifier)))
  return made
}

/** Undefined when V8 compiled nothing of it yet, or with another version or other flags. */
function compiled(name: string): ChunkModule | undefined {
  try {
    return moduleOf(name, load, readFileSync(compiledFile(name)))
  } catch {
    return undefined
  }
}

async function load(specifier: string): Promise<unknown> {
  const name = chunkOf(specifier)
  return name === undefined ? import(specifier) : run(name)
}

async function run(name: string): Promise<ChunkModule> {
  const module = moduleNamed(name)
  if (module.status === 'unlinked') module.instantiate()
  await module.evaluate()
  return module
}

if (isSupported) await run('main.js')
else await import(chunkFile('main.js'))
