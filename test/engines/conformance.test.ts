/** The conformance suite: the same requests and the same bytes on every engine, through the gateway's own front door. */
import { afterAll, beforeAll, describe } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { onEveryEngine, type SuiteDatabase } from './engines.ts'
import { aggregates } from './suite/aggregates.ts'
import { batches } from './suite/batches.ts'
import { conditionals } from './suite/conditionals.ts'
import { checkAnswer, type EngineContext } from './suite/context.ts'
import { cursors } from './suite/cursors.ts'
import { deletes } from './suite/deletes.ts'
import { discovery } from './suite/discovery.ts'
import { embeds } from './suite/embeds.ts'
import { errors } from './suite/errors.ts'
import { filters } from './suite/filters.ts'
import { idempotency } from './suite/idempotency.ts'
import { inserts } from './suite/inserts.ts'
import { jsonFilters } from './suite/json-filters.ts'
import { names } from './suite/names.ts'
import { operators } from './suite/operators.ts'
import { order } from './suite/order.ts'
import { representations } from './suite/representations.ts'
import { routines } from './suite/routines.ts'
import { rows } from './suite/rows.ts'
import { types } from './suite/types.ts'
import { updates } from './suite/updates.ts'
import { upserts } from './suite/upserts.ts'
import { writtenEmbeds } from './suite/written-embeds.ts'

const suite = [
  rows,
  names,
  types,
  operators,
  filters,
  jsonFilters,
  embeds,
  aggregates,
  order,
  cursors,
  representations,
  conditionals,
  inserts,
  upserts,
  updates,
  writtenEmbeds,
  deletes,
  routines,
  batches,
  idempotency,
  discovery,
  errors,
]

onEveryEngine('runs the conformance suite', (engine) => {
  let database: SuiteDatabase
  let gateway: TestGateway
  beforeAll(async () => {
    database = await engine.start()
    gateway = await startGateway({ url: database.url })
  })
  afterAll(async () => {
    await gateway?.stop()
    await database?.stop()
  })

  const outside: EngineContext['outside'] = async (method, path, init) => {
    const answer = await gateway.request(method, path, init)
    checkAnswer(method, path, answer)
    return answer
  }
  const context: EngineContext = {
    name: engine.name,
    capabilities: engine.capabilities,
    base: () => `${gateway.url}/api/v1`,
    outside,
    request: (method, path, init) => outside(method, `/api/v1${path}`, init),
    get: (path, headers) => outside('GET', `/api/v1${path}`, { ...(headers && { headers }) }),
    sql: (text) => database.sql(text),
  }
  // Each part has its own describe, so that its hooks run for its own tests only.
  for (const part of suite)
    describe(part.name, () => {
      part(context)
    })
})
