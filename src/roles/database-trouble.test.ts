import { expect, test } from 'vitest'
import type { Engine } from '#engine/engine.ts'
import { classify as mysql } from '#engine/mysql/faults.ts'
import { classify as postgres } from '#engine/postgres/faults.ts'
import { classify as sqlserver } from '#engine/sqlserver/faults.ts'
import { databaseTrouble } from './database-trouble.ts'

const protocol = /^something answers, but without the TLS that is asked for, or in another protocol: /
const certificate = /^the server answers, but its certificate is not accepted: /
const nobody = /^nothing answers, or the connection was lost: /

test.each([
  [postgres, 'TLS_REFUSED', protocol],
  [mysql, 'HANDSHAKE_NO_SSL_SUPPORT', protocol],
  [mysql, 'NOT_MYSQL', protocol],
  [sqlserver, 'EENCRYPT', protocol],
  [postgres, 'ERR_SSL_WRONG_VERSION_NUMBER', protocol],
  [postgres, 'DEPTH_ZERO_SELF_SIGNED_CERT', certificate],
  [postgres, 'ERR_TLS_CERT_ALTNAME_INVALID', certificate],
  [postgres, 'ECONNREFUSED', nobody],
  [mysql, 'ECONNRESET', nobody],
] as const)(
  'a database that is not there and one that answers otherwise are told apart (%#)',
  (classify, code, words) => {
    const error = Object.assign(new Error('the words'), { code })
    expect(databaseTrouble({ classify } as unknown as Engine, error)).toMatch(words)
  },
)
