/** Where the PostgreSQL server is and who we are there. */
import type { DatabaseOptions } from '#engine/options.ts'
import { type Target, type TargetForm, targetOf } from '#engine/target.ts'

const form: TargetForm = {
  port: 5432,
  user: 'postgres',
  database: (user) => user,
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
}

/** @throws GatewayError internal, when the URL cannot be read; see targetOf */
export const readTarget = (options: DatabaseOptions): Target => targetOf(options, form)
