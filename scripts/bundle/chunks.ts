/** The files of the bundle as modules of V8, each with what V8 compiled of it before, if that is there and fits. */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'

const { dirname } = import.meta
/** The entry and its chunks by the last part of their names. */
export const chunkFile = (name: string): string =>
  name === 'main.js' ? `${dirname}/main.js` : `${dirname}/chunks/${name}`
export const compiledFile = (name: string): string => `${dirname}/compiled/${name}.bin`

/** As esbuild writes them: `./chunks/serve-ABC.js` in the entry, `./serve-ABC.js` in a chunk. Undefined: none of the bundle. */
export const chunkOf = (specifier: string): string | undefined =>
  /^\.\/(?:chunks\/)?([^/]+\.js)$/.exec(specifier)?.[1]

/** vm.SourceTextModule, as far as it is used here (Node 24.8); its types lag behind. */
export interface ChunkModule {
  readonly status: string
  readonly moduleRequests: readonly { readonly specifier: string }[]
  linkRequests(modules: readonly ChunkModule[]): void
  instantiate(): void
  evaluate(): Promise<void>
  /** Before it has run. */
  createCachedData(): Buffer
}

type Constructor = new (
  code: string,
  o: {
    identifier: string
    initializeImportMeta: (meta: ImportMeta) => void
    importModuleDynamically: (specifier: string) => Promise<unknown>
    cachedData?: Buffer
  },
) => ChunkModule

/** Undefined without --experimental-vm-modules, or where it cannot be linked at once. */
const SourceTextModule: Constructor | undefined = (() => {
  const found = (vm as { SourceTextModule?: { readonly prototype: object } }).SourceTextModule
  return found && 'linkRequests' in found.prototype ? (found as unknown as Constructor) : undefined
})()
export const isSupported = SourceTextModule !== undefined

/**
 * @param load what `import()` in it does
 * @param cachedData what V8 gave for the same text, by the same version and with the same flags
 * @throws Error with the code ERR_VM_MODULE_CACHED_DATA_REJECTED when it is something else; SyntaxError
 */
export function moduleOf(
  name: string,
  load: (specifier: string) => Promise<unknown>,
  cachedData?: Buffer,
): ChunkModule {
  if (SourceTextModule === undefined) throw new Error('run node with --experimental-vm-modules')
  const filename = chunkFile(name)
  const { href: url } = pathToFileURL(filename)
  return new SourceTextModule(readFileSync(filename, 'utf8'), {
    identifier: url,
    initializeImportMeta: (meta) => Object.assign(meta, { url, filename, dirname }),
    importModuleDynamically: load,
    ...(cachedData && { cachedData }),
  })
}
