/** TLS as TDS 7.4 does it: the handshake inside of PRELOGIN packets ([MS-TDS] 2.2.6.5), and everything after it inside of TLS. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { packet, packets } from './tds-tokens.ts'

/** A key and a certificate that nobody but itself vouches for. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** Why no certificate can be made on this machine; undefined when one can. */
export function opensslMissing(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no openssl to make certificates with'
  }
}

/** @param host what the certificate is for: a name or an IPv4 address */
export function makeCertificate(host: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'postern-certificate-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const names = `subjectAltName=${/^[\d.]+$/.test(host) ? 'IP' : 'DNS'}:${host}`
    const make = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ]
    const which = ['-subj', '/CN=stub', '-addext', names, '-keyout', key, '-out', cert]
    execFileSync('openssl', [...make, ...which], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** TLS of TDS 8.0: the handshake comes first, for the protocol that clients have to name. */
export function serveStrictTls(socket: Socket, { key, cert }: Certificate): TLSSocket {
  const secure = new TLSSocket(socket, { isServer: true, key, cert, ALPNProtocols: ['tds/8.0'] })
  secure.on('error', () => socket.destroy())
  secure.on('secure', () => {
    if (secure.alpnProtocol !== 'tds/8.0') socket.destroy()
  })
  return secure
}

/** Type of the records of TLS that are no handshake (RFC 5246 section 6.2.1). */
const applicationData = 23

/** Takes over a socket on which PRELOGIN was answered; gives the stream that the rest is spoken on. */
export function serveTls(socket: Socket, { key, cert }: Certificate): TLSSocket {
  const send = (bytes: Buffer, done: () => void) => {
    socket.write(bytes[0] === applicationData ? bytes : packets(bytes, true, 4096))
    done()
  }
  const wire = new Duplex({
    read() {},
    write: (chunk: Buffer, _, done) => send(chunk, done),
    // A flight of the handshake is one message.
    writev: (pieces, done) => send(Buffer.concat(pieces.map((p) => p.chunk as Buffer)), done),
  })
  let waiting: Buffer = Buffer.alloc(0)
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    // The records of TLS begin with other bytes than a packet of the handshake.
    while (waiting[0] === packet.prelogin) {
      if (waiting.length < 8 || waiting.length < waiting.readUInt16BE(2)) return
      wire.push(waiting.subarray(8, waiting.readUInt16BE(2)))
      waiting = waiting.subarray(waiting.readUInt16BE(2))
    }
    if (waiting.length > 0) wire.push(waiting)
    waiting = Buffer.alloc(0)
  })
  const secure = new TLSSocket(wire, { isServer: true, key, cert, maxVersion: 'TLSv1.2' })
  secure.on('error', () => socket.destroy())
  return secure
}
