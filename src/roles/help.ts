/** The manual: `postern --help` and `postern <command> --help`. Pure text. */
import { placeOptions } from '#config/load.ts'
import { configSchema } from '#config/schema.ts'
import type { NamedKey } from '#config/shape.ts'
import { namedKeys, shapeOf } from '#config/shape.ts'
import { defaultInWords, typeInWords } from '#config/words.ts'
import type { Command, CommandName } from './commands.ts'
import { commands } from './commands.ts'

const width = 100

/** Breaks a paragraph into lines that begin with `indent`. */
function wrapped(text: string, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, indent + line].join('\n')
}

const section = (title: string, lines: readonly string[]): string =>
  [`${title}:`, ...lines.map((line) => (line.startsWith(' ') ? line : wrapped(line, '  ')))].join('\n')

/** Words and what they mean, in two columns. */
function listed(words: Readonly<Record<string, string>>): string[] {
  const longest = Math.max(...Object.keys(words).map((word) => word.length))
  return Object.entries(words).map(([word, meaning]) => `  ${word.padEnd(longest + 2)}${meaning}`)
}

function flag({ name, shape }: NamedKey): string {
  const fallback = defaultInWords(shape)
  const value = shape.kind === 'boolean' ? '' : `=<${typeInWords(shape)}>`
  return `  --${name}${value}\n${wrapped(`${shape.description}${fallback === undefined ? '' : ` Default: ${fallback}.`}`, '        ')}`
}

const exitCodesSection = section('exit codes', [
  '  0   done; for serve: ended in good order',
  '  1   failed; the reason is on standard error',
  '  64  wrong arguments or configuration; every fault is on standard error',
])

const configurationSection = section('configuration', [
  'Every key has one name in three spellings: pools.acquireTimeout in a file, POSTERN_POOLS_ACQUIRE_TIMEOUT in the environment, --pools.acquireTimeout as a flag. A flag wins over the environment, the environment over a file.',
  'A flag is written --name=value or --name value; a yes-or-no flag alone means true. Lists of texts are written a,b,c; other lists and groups of keys as JSON.',
  'Texts may refer to secrets: ${NAME} is an environment variable, also inside a longer text ($${ is ${ itself); file:/path is the content of a file.',
  'Unknown keys, variables and flags are refused. docs/config.md describes every key.',
])

/** The general manual. */
export function generalHelp(): string {
  return [
    'Postern: a gateway beside a service, in front of one SQL database. HTTP in, SQL out, JSON back.',
    section('usage', ['  postern <command> [flags]', '  postern <command> --help', '  postern --version']),
    section(
      'commands',
      listed(Object.fromEntries(Object.entries(commands).map(([name, { summary }]) => [name, summary]))),
    ),
    configurationSection,
    exitCodesSection,
    '',
  ].join('\n\n')
}

/** The manual of one command, with all of its flags. */
export function commandHelp(name: CommandName): string {
  const { summary, manual, actions = {}, options, configured }: Command = commands[name]
  const own = namedKeys(shapeOf(options))
  const places = configured ? namedKeys(shapeOf(placeOptions)) : []
  const keys = configured ? namedKeys(shapeOf(configSchema)).filter((key) => key.shape.kind !== 'object') : []
  return [
    `postern ${name}: ${summary}`,
    section('usage', [
      `  postern ${[name, Object.keys(actions).join('|'), '[flags]'].filter(Boolean).join(' ')}`,
    ]),
    ...manual.map((paragraph) => wrapped(paragraph)),
    ...(Object.keys(actions).length > 0 ? [section('actions', listed(actions))] : []),
    ...(own.length + places.length > 0 ? [section('flags', [...own, ...places].map(flag))] : []),
    ...(configured ? [configurationSection, section('configuration flags', keys.map(flag))] : []),
    exitCodesSection,
    '',
  ].join('\n\n')
}
