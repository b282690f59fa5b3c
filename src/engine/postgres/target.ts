/** Where the PostgreSQL server is and who we are there. */
import type { DatabaseOptions } from '#engine/options.ts'
import { type Target, type TargetForm, targetOf } from '#engine/target.ts'
import { urlForms } from '#engine/url.ts'

const form: TargetForm = {
  port: 5432,
  user: 'postgres',
  database: (user) => user,
  url: urlForms.postgres,
}

export const readTarget = (options: DatabaseOptions): Target => targetOf(options, form)
