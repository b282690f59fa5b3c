/** Command line arguments → located values by the one naming rule. */
import type { ConfigFault } from './fault.ts'
import { nearest } from '#base/nearest.ts'
import type { MapNode } from './node.ts'
import { emptyMap, merge, nested } from './node.ts'
import type { ObjectShape, Shape } from './shape.ts'
import { namedKeys, shapeAt } from './shape.ts'
import { nodeOfText } from './text.ts'

interface FlagArgument {
  /** Without the leading `--`. */
  readonly name: string
  /** Undefined when neither `=` nor another argument follows: fine for yes-or-no flags only. */
  readonly value: string | undefined
}

/**
 * Splits arguments by one rule that needs no knowledge of the flags: `--name=value`, or `--name value` unless the
 * next argument begins with `--`, or `--name`. Anything else, and a name given twice, is a fault. Messages do not
 * repeat stray arguments: one may be a password that a space cut off its flag.
 */
function splitArguments(argv: readonly string[]): { flags: FlagArgument[]; faults: ConfigFault[] } {
  const flags: FlagArgument[] = []
  const faults: ConfigFault[] = []
  const seen = new Set<string>()
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string
    const match = /^--([A-Za-z][^=]*)(?:=([\s\S]*))?$/.exec(argument)
    if (!match) {
      faults.push({
        key: '',
        message: `argument ${i + 1} is not a flag; flags are written --name=value, a file is given as --config=file`,
        origin: 'command line',
      })
      continue
    }
    const name = match[1] as string
    let value = match[2]
    const next = argv[i + 1]
    if (value === undefined && next !== undefined && !next.startsWith('--')) {
      value = next
      i += 1
    }
    if (seen.has(name)) faults.push({ key: `--${name}`, message: 'given twice', origin: 'command line' })
    seen.add(name)
    flags.push({ name, value })
  }
  return { flags, faults }
}

/**
 * Sorts the flags into trees, one for each of the `shapes`, which have no top key in common.
 * A flag that fits none is a fault with the nearest name.
 */
export function readFlags(
  argv: readonly string[],
  shapes: readonly ObjectShape[],
): { roots: MapNode[]; faults: ConfigFault[] } {
  const { flags, faults } = splitArguments(argv)
  const roots = shapes.map(() => emptyMap)
  // A whole group given as JSON goes below its single keys, whatever order the flags have.
  for (const { name, value } of flags.toSorted((a, b) => depth(a.name) - depth(b.name))) {
    const path = name.split('.')
    const origin = `flag --${name}`
    const index = shapes.findIndex((shape) => shapeAt(shape, path) !== undefined)
    const shape = shapes[index] && shapeAt(shapes[index], path)
    if (!shape) {
      faults.push({ key: `--${name}`, message: unknownFlag(name, shapes), origin: 'command line' })
      continue
    }
    const text = value ?? (shape.kind === 'boolean' ? 'true' : undefined)
    const read = text === undefined ? { message: 'needs a value' } : nodeOfText(text, shape, origin)
    if ('node' in read) roots[index] = merge(roots[index] as MapNode, nested(path, read.node))
    else faults.push({ key: name, message: read.message, origin })
  }
  return { roots, faults }
}

const depth = (name: string): number => name.split('.').length

function unknownFlag(name: string, shapes: readonly Shape[]): string {
  const names = [...shapes.flatMap((shape) => namedKeys(shape)).map((key) => key.name), 'help']
  const meant = nearest(name, names)
  return `unknown flag${meant ? `, did you mean --${meant}?` : '; --help lists all'}`
}
