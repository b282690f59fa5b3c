/** Where the MySQL or MariaDB server is and who we are there. */
import type { DatabaseOptions } from '#engine/options.ts'
import { type Target, type TargetForm, targetOf } from '#engine/target.ts'

const form: TargetForm = {
  port: 3306,
  user: 'root',
  // Without one, names without a schema mean nothing.
  database: () => '',
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
}

/** @throws GatewayError internal, when the URL cannot be read; see targetOf */
export const readTarget = (options: DatabaseOptions): Target => targetOf(options, form)
