/** The word behind the name of a command that does several things: `postern events install`. */
import { nearest } from '#base/nearest.ts'
import type { RoleIo } from './role.ts'
import { exitCodes } from './role.ts'

/**
 * Takes the action off the arguments.
 * @returns the action and the arguments after it, or the exit code when there is none and that has been told
 */
export function takeAction<A extends string>(
  io: RoleIo,
  command: string,
  actions: Readonly<Record<A, string>>,
): { readonly action: A; readonly argv: readonly string[] } | { readonly code: number } {
  const [word, ...argv] = io.argv
  const names = Object.keys(actions) as A[]
  const action = names.find((name) => name === word)
  if (action !== undefined) return { action, argv }
  const missing = word === undefined || word.startsWith('-')
  const meant = missing ? undefined : nearest(word, names)
  // The word itself is not repeated: it may be a password that a space cut off its flag.
  io.stderr(
    missing
      ? `postern: ${command} needs to be told what to do: postern ${command} ${names.join('|')}\n`
      : `postern: ${command} has no such action${meant ? `, did you mean ${meant}?` : `; there are ${names.join(', ')}`}\n`,
  )
  return { code: exitCodes.usage }
}
