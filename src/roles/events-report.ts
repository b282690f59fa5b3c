/** What people are told about the announcer of a database. Pure text; one line an element. */
import { formatDuration } from '#base/units.ts'
import type { AnnouncerChange, AnnouncerPart, AnnouncerStatus, Fault } from '#engine/engine.ts'

const stateInWords: Readonly<Record<AnnouncerStatus['state'], string>> = {
  installed: 'installed',
  outdated: 'out of date',
  absent: 'not installed',
}

const partInWords: Readonly<Record<AnnouncerPart['state'], string>> = {
  right: 'there',
  different: 'there, but not as this version makes it',
  missing: 'missing',
}

/** @param pollMs how often a gateway looks by itself */
const polling = (pollMs: number): string =>
  `gateways look for schema changes every ${formatDuration(pollMs)} (schema.poll)`

const installer = ({ user, may, why }: AnnouncerStatus['installer']): string =>
  `user ${JSON.stringify(user)} ${may ? 'may' : 'may not'} install and uninstall: ${why}`

/** For `status`. */
export function statusLines(address: string, status: AnnouncerStatus, pollMs: number): string[] {
  const lines = [
    `database: ${address}`,
    `announcements: ${stateInWords[status.state]}`,
    ...status.parts.map(({ name, state }) => `${name}: ${partInWords[state]}`),
    installer(status.installer),
  ]
  return status.state === 'installed' ? lines : [...lines, `until it is installed, ${polling(pollMs)}`]
}

/** For `install` and `uninstall`: each thing made, made anew, or taken away. */
export function changeLines({ before, after }: AnnouncerChange): string[] {
  const now = new Map(after.parts.map(({ name, state }) => [name, state]))
  const changes = before.parts.flatMap(({ name, state }) => {
    const next = now.get(name)
    if (state === next) return []
    if (state === 'missing') return [`made: ${name}`]
    return [next === 'missing' ? `removed: ${name}` : `made anew: ${name}`]
  })
  const result = `announcements: ${stateInWords[after.state]}`
  return changes.length > 0 ? [...changes, result] : [result, 'there was nothing to do']
}

/** When it failed. `trouble`: what the database said, in one line; `status`: how things stood before, if the command got that far. */
export function refusalLines(
  fault: Pick<Fault, 'kind' | 'applied'>,
  trouble: string,
  status: AnnouncerStatus | undefined,
  pollMs: number,
): string[] {
  const refused = fault.kind === 'denied' || fault.kind === 'read_only'
  return [
    ...(refused && status && !status.installer.may ? [installer(status.installer)] : []),
    trouble,
    ...(status && fault.applied === 'no' ? ['nothing was changed'] : []),
    ...(status && status.state !== 'installed' ? [polling(pollMs)] : []),
  ]
}

/** For an engine that has nothing of the kind. */
export const unknownLines = (engine: string, pollMs: number): string[] => [
  `a database of the engine ${engine} cannot announce changes of its schema; ${polling(pollMs)}`,
]

/** For `check`: none when all is installed. */
export const announcerHints = ({ state }: AnnouncerStatus, pollMs: number): string[] =>
  state === 'installed'
    ? []
    : [
        `what announces schema changes is ${stateInWords[state]}, so ${polling(pollMs)}; postern events install makes it known within a second`,
      ]
