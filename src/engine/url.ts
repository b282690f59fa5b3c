/** What the URLs of each kind of database may hold: judged with the configuration, so that what an engine is given is right. Pure. */
import type { EngineKind } from './engine.ts'

export const tlsModes = ['disable', 'prefer', 'require', 'verify-full'] as const
export type TlsMode = (typeof tlsModes)[number]

/** The parameters of the URLs of one kind. */
export interface UrlForm {
  /** Those a URL may have, as a message lists them. */
  readonly parameters: readonly string[]
  /** The parameter that says how to encrypt, and the mode that each of its values means; compared without case. */
  readonly tls: { readonly parameter: string; readonly modes: Readonly<Record<string, TlsMode>> }
  /** Whether the certificate is not to be looked at, by the values of the parameter that says so. */
  readonly trust?: { readonly parameter: string; readonly values: Readonly<Record<string, boolean>> }
  /** The value of `tls.parameter` that always looks at the certificate. */
  readonly strict?: string
}

export const urlForms: Readonly<Record<EngineKind, UrlForm>> = {
  postgres: {
    parameters: ['sslmode', 'host', 'application_name'],
    tls: {
      parameter: 'sslmode',
      modes: {
        disable: 'disable',
        allow: 'prefer',
        prefer: 'prefer',
        require: 'require',
        'verify-ca': 'verify-full',
        'verify-full': 'verify-full',
      },
    },
  },
  mysql: {
    parameters: ['ssl-mode', 'host'],
    tls: {
      // MySQL Reference Manual, "Connecting Using URI-Like Strings".
      parameter: 'ssl-mode',
      modes: {
        disabled: 'disable',
        preferred: 'prefer',
        required: 'require',
        verify_ca: 'verify-full',
        verify_identity: 'verify-full',
      },
    },
  },
  sqlserver: {
    parameters: ['encrypt', 'trustServerCertificate', 'host'],
    tls: {
      // Microsoft, "SqlConnection.ConnectionString": Encrypt.
      parameter: 'encrypt',
      modes: {
        false: 'disable',
        no: 'disable',
        optional: 'prefer',
        true: 'verify-full',
        yes: 'verify-full',
        mandatory: 'verify-full',
        strict: 'verify-full',
      },
    },
    trust: {
      parameter: 'trustServerCertificate',
      values: { true: true, yes: true, false: false, no: false },
    },
    strict: 'strict',
  },
}

/** What a parameter's value means, whatever its case; undefined when it means nothing. */
export function meaning<T>(said: string | null, values: Readonly<Record<string, T>>): T | undefined {
  const word = said?.toLowerCase()
  return word !== undefined && Object.hasOwn(values, word) ? values[word] : undefined
}

/** The URL of one host, taken apart; undefined when it, or a percent sign in one of its parts, cannot be read. */
export function parsedUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  if (url === null) return undefined
  try {
    for (const piece of [url.username, url.password, url.hostname, url.pathname]) decodeURIComponent(piece)
    return url
  } catch {
    return undefined
  }
}

/** All that is wrong with the parameters of a URL of this kind. Never shows the URL, which may hold a password. */
export function parameterFaults({ search, searchParams }: URL, kind: EngineKind): string[] {
  const { parameters, tls, trust, strict } = urlForms[kind]
  const strange = [...new Set(searchParams.keys())].filter((name) => !parameters.includes(name))
  // A question mark in a password makes parameters of the rest of it, with the @ before the host.
  const shown = search.includes('@') ? '' : `: ${strange.join(', ')}`
  const known = (values: object) => Object.keys(values).join(', ')
  const unknown = [tls, ...(trust ? [trust] : [])]
    .map((one) => ({ name: one.parameter, values: 'modes' in one ? one.modes : one.values }))
    .filter(({ name, values }) => {
      const said = searchParams.get(name)
      return said && meaning<unknown>(said, values) === undefined
    })
    .map(({ name, values }) => `has an unknown ${name} (known: ${known(values)})`)
  const trusted = trust && searchParams.get(trust.parameter)
  // Clients of Microsoft pass over it; here nobody is to think that it does something.
  const contradicts =
    trusted &&
    meaning(trusted, trust.values) === true &&
    searchParams.get(tls.parameter)?.toLowerCase() === strict
  return [
    ...(strange.length > 0
      ? [`has a parameter that is not supported${shown} (supported: ${parameters.join(', ')})`]
      : []),
    ...unknown,
    ...(contradicts
      ? [
          `has ${tls.parameter}=${strict}, which always looks at the certificate, and ${trust.parameter}=${trusted}: leave one out`,
        ]
      : []),
  ]
}
