/** How the image starts the gateway, as the Dockerfile says, for those who want the same without the image. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const dockerfile = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8')

/** The arguments of an instruction in its exec form, behind the program: flags of Node, and what it runs. */
function argumentsOf(instruction: string): readonly string[] {
  const [, list] = new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(dockerfile) ?? []
  if (list === undefined) throw new Error(`the Dockerfile has no ${instruction} in exec form`)
  return (JSON.parse(list) as string[]).slice(1)
}

const entrypoint = argumentsOf('ENTRYPOINT')
/** What Node is started with. */
export const imageFlags: readonly string[] = entrypoint.slice(0, -1)
/** What `compile.js` is started with when the image is made. */
export const compileFlags: readonly string[] = argumentsOf('RUN').slice(0, -1)
/** The environment that its libraries read. */
export const imageEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  [...dockerfile.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name, value]) => [name, value]),
)
