/** Files, environment and flags → one configuration, or everything that is wrong with it. */
import { join } from 'node:path'
import * as z from 'zod'
import type { Environment } from './environment.ts'
import { readEnvironment } from './environment.ts'
import type { ConfigFault } from './fault.ts'
import type { Files } from './files.ts'
import { fileTrouble, localFiles } from './files.ts'
import { fit } from './fit.ts'
import { readFlags } from './flags.ts'
import { faultOfIssue } from './issues.ts'
import type { MapNode } from './node.ts'
import { emptyMap, merge, plain } from './node.ts'
import type { Config } from './schema.ts'
import { configSchema } from './schema.ts'
import type { ObjectShape } from './shape.ts'
import { namedKeys, objectShapeOf } from './shape.ts'
import { readYaml } from './yaml.ts'

/** Where settings come from. */
export interface Sources {
  /** Arguments after the name of the command. */
  readonly argv: readonly string[]
  readonly env: Environment
  /** Default: the machine's files. */
  readonly files?: Files
}

/** Everything that is wrong, in the order of the sources; never empty. */
export interface Faults {
  readonly faults: readonly ConfigFault[]
}

/** Where the files of the configuration are. */
export const placeOptions = z.strictObject({
  config: z
    .string()
    .min(1)
    .optional()
    .describe('YAML or JSON file; wins over the files of --config-dir. Also POSTERN_CONFIG.'),
  'config-dir': z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder (a mounted ConfigMap) whose *.yaml and *.yml files are merged in the order of their names. Also POSTERN_CONFIG_DIR.',
    ),
})

/** Loads the configuration: file < environment < flag. Reads files and nothing else. */
export function loadConfig(sources: Sources): { readonly config: Config } | Faults {
  return loadCommand(sources, z.strictObject({}))
}

/**
 * Loads the configuration and the flags that one command has beside it (a flat object, no name of a config key).
 * With faults the flags still come along when they are right by themselves: they may say how to report the faults.
 */
export function loadCommand<O extends z.ZodObject>(
  { argv, env, files = localFiles }: Sources,
  options: O,
):
  | { readonly config: Config; readonly options: z.output<O> }
  | (Faults & { readonly options?: z.output<O> }) {
  const world = { env, files }
  const shape = objectShapeOf(configSchema)
  const ownShape = objectShapeOf(options)
  const placeShape = objectShapeOf(placeOptions)
  const flags = readFlags(argv, [shape, ownShape, placeShape])
  const [fromFlags, own, places] = flags.roots as [MapNode, MapNode, MapNode]
  const place = judge(placeOptions, placeShape, [places], world)
  const file = 'faults' in place ? unread : readFiles(placesOf(place.value, env), files)
  const variables = readEnvironment(env, namedKeys(shape))
  const parts = [...file.roots, variables.root, fromFlags]
  const config = judge(configSchema, shape, parts, world, file.broken)
  const ownOptions = judge(options, ownShape, [own], world)

  const faults = [file, variables, flags, place, config, ownOptions].flatMap((part) =>
    'faults' in part ? part.faults : [],
  )
  if ('faults' in ownOptions) return { faults }
  if (faults.length > 0 || 'faults' in config) return { faults, options: ownOptions.value }
  return { config: config.value, options: ownOptions.value }
}

/** Reads the flags of a command that needs no configuration. */
export function loadOptions<O extends z.ZodObject>(
  { argv, env, files = localFiles }: Sources,
  options: O,
): { readonly options: z.output<O> } | Faults {
  const shape = objectShapeOf(options)
  const flags = readFlags(argv, [shape])
  const judged = judge(options, shape, flags.roots, { env, files })
  const faults = [...flags.faults, ...('faults' in judged ? judged.faults : [])]
  return faults.length > 0 || 'faults' in judged ? { faults } : { options: judged.value }
}

/**
 * @param parts from the weakest source to the strongest; each is fitted by itself, as only its own text is to blame
 * @param broken some file could not be read: what is missing may stand there, so it is not complained about
 */
function judge<S extends z.ZodType>(
  schema: S,
  shape: ObjectShape,
  parts: readonly MapNode[],
  world: { env: Environment; files: Files },
  broken = false,
): { readonly value: z.output<S> } | Faults {
  const fitted = parts.map((part) => fit(part, shape, world))
  const root = fitted.reduce((tree, part) => merge(tree, part.root), emptyMap)
  const spoilt = new Set(fitted.flatMap((part) => [...part.spoilt]))
  // Compiled checks would take longer to make than this one look takes: a tenth of a start.
  const parsed = schema.safeParse(plain(root), { jitless: true })
  const found = (parsed.error?.issues ?? [])
    .filter((issue) => !(broken && issue.code === 'custom'))
    .map((issue) => faultOfIssue(issue, root, shape))
    .filter((fault) => !spoilt.has(fault.key) && !(broken && fault.origin === ''))
  const all = [...fitted.flatMap((part) => part.faults), ...found]
  if (all.length > 0 || !parsed.success) return { faults: all }
  return { value: parsed.data }
}

interface Read extends Faults {
  readonly roots: readonly MapNode[]
  readonly broken: boolean
}

const unread: Read = { roots: [], faults: [], broken: true }

interface Places {
  readonly file: string | undefined
  readonly directory: string | undefined
}

const placesOf = (flags: z.output<typeof placeOptions>, env: Environment): Places => ({
  file: flags.config ?? (env['POSTERN_CONFIG'] || undefined),
  directory: flags['config-dir'] ?? (env['POSTERN_CONFIG_DIR'] || undefined),
})

function readFiles({ file, directory }: Places, files: Files): Read {
  const parts: Read[] = []
  if (directory !== undefined) {
    try {
      // A mounted ConfigMap also holds `..data` and `..2026_…`, the machinery of its atomic updates.
      const names = files.list(directory).filter((name) => /^[^.].*\.ya?ml$/.test(name))
      parts.push(...names.toSorted().map((name) => readOne(join(directory, name), files)))
    } catch (error) {
      parts.push(unreadable(`folder ${directory}`, error))
    }
  }
  if (file !== undefined) parts.push(readOne(file, files))
  return {
    roots: parts.flatMap((part) => part.roots),
    faults: parts.flatMap((part) => part.faults),
    broken: parts.some((part) => part.broken),
  }
}

function readOne(path: string, files: Files): Read {
  let text: string
  try {
    text = files.read(path)
  } catch (error) {
    return unreadable(`file ${path}`, error)
  }
  const { root, faults, broken } = readYaml(text, path)
  return { roots: [root], faults, broken }
}

const unreadable = (what: string, error: unknown): Read => ({
  roots: [],
  broken: true,
  faults: [{ key: '', message: `${what} ${fileTrouble(error)}`, origin: '' }],
})
