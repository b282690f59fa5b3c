/** Notices that the schema may have changed. SQL Server announces nothing without rights and objects of its own (event notifications, DDL triggers), so this looks from time to time. */
import type { Clock } from '#base/clock.ts'
import type { SchemaWatch } from '#engine/engine.ts'
import { createPollingWatch } from '#engine/polling.ts'

/** `pollMs`: from one look to the next. */
export const createSchemaWatch = (o: { clock: Clock; pollMs: number }): SchemaWatch => createPollingWatch(o)
