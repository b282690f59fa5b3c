/** The driver's login: who it is, what the session is set to, TLS, and all the ways in which it fails. */
import { describe, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectSqlServer } from '#engine/sqlserver/driver.ts'
import { readTarget } from '#engine/sqlserver/target.ts'
import { makeCertificate, opensslMissing } from '../../support/tds-tls.ts'
import {
  answering,
  closeAfterEach,
  column,
  compiled,
  faultOf,
  one,
  open,
  select1,
  stub,
  text,
  within,
} from './driver.fixture.ts'

closeAfterEach()

describe('a login', () => {
  it('names user, database, application and language, and sets up the session', async () => {
    const server = await stub()
    await open(server, { applicationName: 'my-service' })
    expect(server.logins).toEqual([
      {
        user: 'tester',
        password: 's@cret',
        application: 'my-service',
        database: 'shop',
        language: 'us_english',
        readOnly: false,
      },
    ])
    const settings = server.requests.map((r) => r.text.toLowerCase()).join('\n')
    for (const setting of [
      'set ansi_nulls on',
      'set ansi_padding on',
      'set ansi_warnings on',
      'set arithabort on',
      'set concat_null_yields_null on',
      'set quoted_identifier on',
      'set numeric_roundabort off',
      'set implicit_transactions off',
      'set xact_abort on',
      'set textsize 2147483647',
      'set lock_timeout 2000',
    ])
      expect(settings).toContain(setting)
    // SET LANGUAGE would take back a format that was set before it.
    expect(settings.lastIndexOf('set dateformat ymd')).toBeGreaterThan(settings.indexOf('set language'))
  })

  it('that is refused says why, with the number of the server', async () => {
    const server = await stub({
      refuse: () => ({ number: 18456, message: "Login failed for user 'tester'." }),
    })
    await expect(open(server)).rejects.toMatchObject({ name: 'ServerError', number: 18456 })
    await expect.poll(server.open).toBe(0)
  })

  it('does without TLS where the server has none, unless it was insisted on', async () => {
    const server = await stub()
    expect((await open(server, { tls: { mode: 'prefer' } })).isUsable()).toBe(true)
    expect((await open(server, { tls: { mode: 'disable' } })).isUsable()).toBe(true)
    for (const mode of ['require', 'verify-full'] as const)
      expect(await faultOf(open(server, { tls: { mode } }))).toBe('disconnected no')
  })

  const noCertificates = opensslMissing()

  it('encrypts where the server can, and looks at the certificate only when told to', async (context) => {
    context.skip(noCertificates !== undefined, noCertificates)
    const certificate = makeCertificate('127.0.0.1')
    const long = 'ü'.repeat(20_000)
    const server = await stub({
      certificate,
      answer: answering({ LONG: (reply) => void reply.columns({ t: 'text' }).row(long).done(1) }),
    })
    const read = async (tls: object) => {
      const c = await open(server, { tls })
      return JSON.parse(text((await c.run(compiled('LONG', [column('t')]), [], within(5000))).body))
    }
    for (const tls of [
      { mode: 'prefer' },
      { mode: 'require' },
      { mode: 'verify-full', ca: certificate.cert },
    ])
      expect(await read(tls)).toEqual([{ t: long }])
    const logins = server.logins.length
    expect(await faultOf(read({ mode: 'verify-full' }))).toBe('disconnected no')
    // Not even the login was sent to a server that nobody vouches for.
    expect(server.logins.length).toBe(logins)
  })

  it('refuses the certificate of another host, though its authority is trusted', async (context) => {
    context.skip(noCertificates !== undefined, noCertificates)
    const certificate = makeCertificate('db.example')
    const server = await stub({ certificate })
    const tls = { mode: 'verify-full', ca: certificate.cert }
    expect(await faultOf(open(server, { tls }))).toBe('disconnected no')
    expect(server.logins).toEqual([])
    expect((await open(server, { tls: { mode: 'require' } })).isUsable()).toBe(true)
  })

  it('speaks TLS before anything else when told so (TDS 8.0), and then always looks at the certificate', async (context) => {
    context.skip(noCertificates !== undefined, noCertificates)
    const certificate = makeCertificate('127.0.0.1')
    const server = await stub({
      certificate,
      strict: true,
      answer: answering({ 'SELECT 1': one }),
    })
    const strict = { url: `${server.url}?encrypt=strict` }
    const c = await open(server, { ...strict, tls: { ca: certificate.cert } })
    expect((await c.run(select1, [], within(5000))).rows).toBe(1)
    expect(server.logins).toHaveLength(1)
    // Nobody vouches for it, and no mode of the options makes that right.
    for (const mode of ['prefer', 'require'] as const)
      expect(await faultOf(open(server, { ...strict, tls: { mode } }))).toBe('disconnected no')
    const other = await stub({ certificate: makeCertificate('db.example'), strict: true })
    expect(
      await faultOf(open(other, { url: `${other.url}?encrypt=strict`, tls: { ca: certificate.cert } })),
    ).toBe('disconnected no')
    expect(server.logins).toHaveLength(1)
  })

  it('does not fall back where it is to be strict, and finds no way to a server that is', async (context) => {
    context.skip(noCertificates !== undefined, noCertificates)
    const certificate = makeCertificate('127.0.0.1')
    const older = await stub({ certificate })
    const plain = await stub()
    for (const server of [older, plain]) {
      const url = `${server.url}?encrypt=strict`
      expect(await faultOf(open(server, { url, connectTimeout: '500ms' }))).toMatch(/^disconnected/)
    }
    const newer = await stub({ certificate, strict: true })
    for (const mode of ['disable', 'prefer', 'require'] as const)
      expect(await faultOf(open(newer, { tls: { mode }, connectTimeout: '500ms' }))).toMatch(/^disconnected/)
    expect([older, plain, newer].flatMap(({ logins }) => logins)).toEqual([])
    for (const server of [older, plain, newer]) await expect.poll(server.open).toBe(0)
  })

  it('says that it only reads when that is all it does', async () => {
    const server = await stub()
    const options = databaseOptions.parse({ url: server.url })
    const d = { clock, observe: () => {}, pool: 'replica-1', statementTimeout: 2000 }
    for (const readOnly of [true, false]) {
      const c = await connectSqlServer(readTarget(options), options, { ...d, readOnly }, within(5000))
      await c.close()
    }
    expect(server.logins.map((login) => login.readOnly)).toEqual([true, false])
  })

  it('goes where a listener sends those who only read', async () => {
    const secondary = await stub({ answer: answering({ 'SELECT 1': one }) })
    const listener = await stub({
      route: ({ readOnly }) => (readOnly ? { host: '127.0.0.1', port: secondary.port } : undefined),
    })
    const options = databaseOptions.parse({ url: listener.url })
    const d = { clock, observe: () => {}, pool: 'replica-1', statementTimeout: 2000, readOnly: true }
    const c = await connectSqlServer(readTarget(options), options, d, within(5000))
    expect((await c.run(select1, [], within(5000))).rows).toBe(1)
    expect([listener.logins.length, secondary.logins.length]).toEqual([1, 1])
    expect(secondary.logins[0]).toMatchObject({ user: 'tester', database: 'shop', readOnly: true })
    await expect.poll(listener.open).toBe(0)
    await c.close()
    await expect.poll(secondary.open).toBe(0)
  })

  it('gives up at the deadline when nobody answers, and leaves nothing behind', async () => {
    const server = await stub({ mute: true })
    const options = databaseOptions.parse({ url: server.url })
    const d = { clock, observe: () => {}, pool: 'primary', statementTimeout: 2000 }
    const began = clock.now()
    await expect(connectSqlServer(readTarget(options), options, d, within(200))).rejects.toMatchObject({
      code: 'CONNECT_TIMEOUT',
    })
    expect(clock.now() - began).toBeLessThan(1000)
    await expect.poll(server.open).toBe(0)
  })

  it('gives up when its caller leaves', async () => {
    const server = await stub({ mute: true })
    const options = databaseOptions.parse({ url: server.url })
    const d = { clock, observe: () => {}, pool: 'primary', statementTimeout: 2000 }
    const caller = new AbortController()
    setTimeout(() => caller.abort(), 50)
    expect(
      await faultOf(connectSqlServer(readTarget(options), options, d, within(5000, 'array', caller.signal))),
    ).toBe('cancelled no')
    await expect.poll(server.open).toBe(0)
  })

  it('finds nobody there', async () => {
    const server = await stub()
    await server.stop()
    expect(await faultOf(open(server))).toBe('disconnected no')
  })
})
