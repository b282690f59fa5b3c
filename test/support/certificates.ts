/** Certificates for tests: authorities and what they sign, made by openssl. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Why none can be made on this machine; undefined when they can. */
export const opensslMissing = (): string | undefined =>
  existsSync('/usr/bin/openssl') ? undefined : 'openssl is not installed (Debian package openssl)'

/** PEM texts. */
interface Certificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** An authority of its own, and a certificate of it for 127.0.0.1. */
export async function makeCertificate(name: string): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-tls-'))
  const at = (file: string) => join(folder, file)
  const openssl = (...args: readonly string[]) => run('openssl', args)
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    await openssl(
      'req',
      '-x509',
      ...ecKey,
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.pem'),
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    )
    await openssl(
      'req',
      ...ecKey,
      '-keyout',
      at('key.pem'),
      '-out',
      at('request.pem'),
      '-subj',
      '/CN=127.0.0.1',
    )
    await writeFile(at('extensions'), 'subjectAltName=IP:127.0.0.1\n')
    const signing = [
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-extfile',
      at('extensions'),
    ]
    await openssl('x509', '-req', '-in', at('request.pem'), ...signing, '-out', at('cert.pem'), '-days', '2')
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(at(file), 'utf8')),
    )
    return { ca, cert, key } as Certificate
  } finally {
    await rm(folder, { recursive: true })
  }
}
