/** References in values: `${NAME}` for an environment variable, `file:/path` for the content of a file. */
import type { Environment } from './environment.ts'
import type { Files } from './files.ts'
import { fileTrouble } from './files.ts'

const variable = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

/** Whether the whole text is one reference. */
export const isReference = (text: string): boolean => text.startsWith('file:') || variable.test(text)

export type Resolved =
  /** `referred`: something was filled in, so the text may be a secret. */
  | { readonly text: string; readonly referred: boolean }
  /** In words; names variables and paths, never contents. */
  | { readonly messages: readonly string[] }

/**
 * Fills in the references of a text, once: what comes from a variable or a file is not looked at again.
 * `$${` stands for `${` itself. One newline at the end of a file is trimmed, as editors and `kubectl` leave one.
 */
export function resolveReferences(
  text: string,
  { env, files }: { env: Environment; files: Files },
): Resolved {
  if (text.startsWith('file:')) {
    const path = text.slice('file:'.length)
    if (!path.startsWith('/')) return { messages: ['file: needs a whole path, file:/run/secrets/name'] }
    try {
      return { text: files.read(path).replace(/\r?\n$/, ''), referred: true }
    } catch (error) {
      return { messages: [`file ${path} ${fileTrouble(error)}`] }
    }
  }
  const messages: string[] = []
  let referred = false
  const filled = text.replace(/\$\$\{|\$\{([^}]*)\}?/g, (whole, name: string) => {
    if (whole === '$${') return '${'
    if (!variable.test(whole)) {
      messages.push('a reference is written ${NAME}; write $${ where ${ itself is meant')
      return whole
    }
    const value = env[name]
    if (value === undefined) messages.push(`environment variable ${name} is not set`)
    referred = true
    return value ?? whole
  })
  return messages.length > 0 ? { messages } : { text: filled, referred }
}
