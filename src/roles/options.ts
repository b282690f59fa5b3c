/** Flags that single commands have beside those of the configuration, and their actions. */
import * as z from 'zod'
import { duration } from '#config/types.ts'

export const noOptions = z.strictObject({})

export const checkOptions = z.strictObject({
  offline: z.boolean().default(false).describe('Stops before the database.'),
  format: z
    .enum(['text', 'json'])
    .default('text')
    .describe('text: one line a fact or fault; json: one document, for programs.'),
})

export const waitOptions = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\//, 'must begin with http:// or https://')
    .default('http://127.0.0.1:6421/readyz')
    .describe('What to ask; ready is an answer with status 200.'),
  timeout: duration({ max: 86_400_000 }).default(120_000).describe('How long to wait in all.'),
  interval: duration({ min: 10, max: 60_000 }).default(250).describe('Pause between two questions.'),
})

/** Word → what it does, as for every command that has actions. */
export const eventsActions = {
  install: 'makes what is missing or differs',
  uninstall: 'takes away what install made, and nothing else',
  status: 'says what is there, and whether this user could install; exit code 0 when all is',
} as const

export const eventsOptions = z.strictObject({
  'dry-run': z
    .boolean()
    .default(false)
    .describe('Prints the SQL of install or uninstall instead of running it; asks no database.'),
})
