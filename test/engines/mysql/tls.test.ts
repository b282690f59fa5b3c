/** Encrypted sessions: when they are, whom they trust, and that statements and kills work over them. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Connection } from '#engine/engine.ts'
import { connectMysql } from '#engine/mysql/driver.ts'
import { readTarget } from '#engine/mysql/target.ts'
import { databaseOptions } from '#engine/options.ts'
import { mariadbMissing, startMariadb, type TestMariadb } from '../../support/mariadb.ts'
import { makeCertificate, opensslMissing } from '../../support/tds-tls.ts'
import { describeUnless } from '../../support/unless.ts'

const missing = mariadbMissing() ?? opensslMissing()

describeUnless(missing)('TLS to MariaDB', () => {
  let server: TestMariadb
  let folder: string
  let ca: string
  const within = (ms = 5000, signal = new AbortController().signal) => ({
    deadline: clock.now() + ms,
    signal,
  })
  const open = (
    tls: Record<string, unknown>,
    host = '127.0.0.1',
    o: Record<string, unknown> = {},
  ): Promise<Connection> => {
    const options = databaseOptions.parse({
      engine: 'mysql',
      host,
      port: server.port,
      user: 'root',
      tls,
      ...o,
    })
    return connectMysql(
      readTarget(options),
      options,
      { clock, observe: () => {}, pool: 'primary', statementTimeout: 5000 },
      within(),
    )
  }
  const cipher = async (tls: Record<string, unknown>, host?: string) => {
    const c = await open(tls, host)
    try {
      return (await c.query("SHOW STATUS LIKE 'Ssl_version'", [], within()))[0]?.[1]
    } finally {
      await c.close()
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'postern-tls-'))
    const made = makeCertificate('127.0.0.1')
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    writeFileSync(key, made.key)
    writeFileSync(cert, made.cert)
    // The server runs as somebody else.
    chmodSync(folder, 0o755)
    ca = made.cert
    server = await startMariadb({ settings: { 'ssl-cert': cert, 'ssl-key': key } })
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is used when the server has it, unless it is switched off', async () => {
    expect(await cipher({ mode: 'prefer' })).toMatch(/^TLSv1/)
    expect(await cipher({ mode: 'require' })).toMatch(/^TLSv1/)
    expect(await cipher({ mode: 'disable' })).toBe('')
  })

  it('is verified when it is to be: authority, name and address', async () => {
    expect(await cipher({ mode: 'verify-full', ca })).toMatch(/^TLSv1/)
    await expect(cipher({ mode: 'verify-full' })).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
    await expect(cipher({ mode: 'verify-full', ca }, 'localhost')).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  it('comes before the password', async () => {
    await server.sql(
      server.url(),
      "CREATE USER safe@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT ALL ON *.* TO safe@'127.0.0.1'",
    )
    const who = { user: 'safe', password: 'secret' }
    const c = await open({ mode: 'require' }, undefined, who)
    expect(await c.query('SELECT CURRENT_USER()', [], within())).toEqual([['safe@127.0.0.1']])
    await c.close()
    await expect(open({ mode: 'disable' }, undefined, who)).rejects.toMatchObject({ errno: 1045 })
  })

  it('carries long rows, and kills', async () => {
    const c = await open({ mode: 'require' })
    const q = (text: string, name: string) =>
      ({
        text,
        operation: 'select',
        bind: () => [],
        columns: [{ name, encoding: 'text', hidden: false }],
        prepare: true,
      }) as const
    const { body } = await c.run(q("SELECT REPEAT('x', 3000000) AS t", 't'), [], {
      ...within(),
      format: 'array',
    })
    expect(body.length).toBe(3_000_000 + '[{"t":""}]'.length)
    const nap = q("SELECT CONCAT(SLEEP(9), '') AS t FROM DUAL WHERE 1 = 1", 't')
    await expect(c.run(nap, [], { ...within(150), format: 'array' })).rejects.toMatchObject({
      errno: 1317,
      cancelled: 'deadline',
    })
    expect(c.isUsable()).toBe(true)
    await c.close()
  })
})
