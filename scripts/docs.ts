/** Writes the reference documentation from the code: `node scripts/docs.ts`; `--check` only says whether it is fresh. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { diff } from 'node:util'
import { errorTable } from '#base/errors.ts'
import { configJsonSchema } from '#config/json-schema.ts'
import { configSchema } from '#config/schema.ts'
import type { NamedKey, Shape } from '#config/shape.ts'
import { namedKeys, shapeOf } from '#config/shape.ts'
import { defaultInWords, typeInWords } from '#config/words.ts'
import { chartSchema } from './chart-schema.ts'

/** Path below the repository → text, of everything that is generated. */
export function documents(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/config.md', configPage()],
    ['docs/config.schema.json', `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`],
    ['docs/errors.md', errorsPage()],
    ['charts/postern/values.schema.json', `${JSON.stringify(chartSchema(), undefined, 2)}\n`],
  ])
}

const generated = (source: string): string =>
  `<!-- Generated from ${source} by scripts/docs.ts; edit it there. -->`

/** Text in a table cell: signs of Markdown stand for themselves. */
const cell = (text: string): string => text.replace(/[\\|*_<>]/g, String.raw`\$&`).replace(/\s+/g, ' ')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

function configPage(): string {
  const keys = namedKeys(shapeOf(configSchema))
  const sections = keys.filter((key) => key.path.length === 1)
  return [
    generated('src/**/options.ts'),
    '# Configuration',
    configIntroduction,
    sections.map(({ name, shape }) => `- [\`${name}\`](#${name}): ${shape.description}`).join('\n'),
    ...sections.flatMap((section) => [
      `## ${section.name}`,
      section.shape.description,
      table(
        ['key', 'type', 'default', 'meaning', 'environment'],
        keys.filter((key) => key.path.length > 1 && key.path[0] === section.name).flatMap(configRows),
      ),
    ]),
    '',
  ].join('\n\n')
}

const configIntroduction = `Everything has a default but the address of the database. The smallest configuration is one line:

\`\`\`yaml
database: {host: db.example, name: shop, user: shop, password: 'file:/run/secrets/shop/password'}
\`\`\`

**One name, three spellings.** A key is written \`pools.acquireTimeout\` in a file, \`POSTERN_POOLS_ACQUIRE_TIMEOUT\` in the environment and \`--pools.acquireTimeout=2s\` (or \`--pools.acquireTimeout 2s\`) as a flag. A flag wins over the environment, the environment over a file. In the environment and in flags a list of texts is written \`a,b,c\`; other lists and whole groups of keys are written as JSON.

**Files.** \`--config=file\` (\`POSTERN_CONFIG\`) names one YAML or JSON file; \`--config-dir=folder\` (\`POSTERN_CONFIG_DIR\`) names a folder, such as a mounted ConfigMap, whose \`*.yaml\` and \`*.yml\` files are merged in the order of their names. Groups of keys are merged key by key, lists are replaced as a whole. With both, the single file wins. [config.schema.json](config.schema.json) lets editors complete and check the files.

**Secrets.** Any text may refer to one. \`\${NAME}\` is an environment variable, also inside a longer text; \`$\${\` stands for \`\${\` itself. \`file:/run/secrets/password\` as the whole text is the content of that file, without the newline at its end. What a reference gives is taken as it is, and never shown in a message.

**Units.** Durations are written with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`, sizes with \`B\`, \`KiB\`, \`MiB\`, \`GiB\`, \`KB\`, \`MB\` or \`GB\`.

**Faults.** Configuration is never repaired silently. Unknown keys, variables that begin with \`POSTERN_\` and flags are refused, with the nearest name. All faults are reported at once, one line each with key and place, and the process ends with exit code 64 before a port opens. \`postern check --offline\` does just that, and nothing else. The variables that Kubernetes makes for a Service named \`postern\` or \`postern-…\` are passed over, as are \`POSTERN_REVISION\` (of the build), \`POSTERN_URL\` and \`POSTERN_TEST_…\` (of examples and tests).`

/** The row of a key, and those of the entries of a list of groups. */
function configRows({ name, variable, shape }: NamedKey): string[][] {
  const rows = [configRow(name, shape, `\`${variable}\``)]
  if (shape.kind === 'list')
    for (const { name: inner, shape: entry } of namedKeys(shape.item))
      rows.push(configRow(`${name}[].${inner}`, entry, ''))
  return rows
}

function configRow(name: string, shape: Shape, variable: string): string[] {
  const fallback = defaultInWords(shape)
  const otherwise = shape.optional || shape.kind === 'object' ? '' : 'required'
  return [
    `\`${name}\``,
    cell(typeInWords(shape)),
    fallback === undefined ? otherwise : `\`${fallback}\``,
    cell(shape.description),
    variable,
  ]
}

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(([code, { status, title, help, retry }]) => [
    `\`${code}\``,
    String(status),
    cell(title),
    cell(help),
    retry ? 'yes' : 'no',
  ])
  return [
    generated('src/base/errors.ts'),
    '# Errors',
    'Every error answer is a problem document (RFC 9457, `application/problem+json`). Its `code` is one of these words; a word never changes its meaning. `detail` says what was wrong in this request, and further members list what would be right.',
    '**Again**: the same request may succeed later; the answer then says in `Retry-After` when to try.',
    table(['code', 'status', 'title', 'meaning', 'again'], rows),
    '',
  ].join('\n\n')
}

/** What would change in a file, a line each; empty when it is fresh. */
function staleness(path: string, text: string, root: string): string {
  let present = ''
  try {
    present = readFileSync(join(root, path), 'utf8')
  } catch {
    return `${path} is missing\n`
  }
  if (present === text) return ''
  const changes = diff(present.split('\n'), text.split('\n')).filter(([operation]) => operation !== 0)
  return [
    `${path} is stale:`,
    ...changes.map(([operation, line]) => `${operation < 0 ? '+' : '-'} ${line}`),
    '',
  ].join('\n')
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  for (const [path, text] of documents()) {
    if (process.argv.includes('--check')) {
      const stale = staleness(path, text, root)
      process.stderr.write(stale)
      if (stale) process.exitCode = 1
    } else {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
  }
}
