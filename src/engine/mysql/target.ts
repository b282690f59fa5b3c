/** Where the MySQL or MariaDB server is and who we are there. */
import type { DatabaseOptions } from '#engine/options.ts'
import { type Target, type TargetForm, targetOf } from '#engine/target.ts'
import { urlForms } from '#engine/url.ts'

const form: TargetForm = {
  port: 3306,
  user: 'root',
  // Without one, names without a schema mean nothing.
  database: () => '',
  url: urlForms.mysql,
}

export const readTarget = (options: DatabaseOptions): Target => targetOf(options, form)
