/** What a write gives back: the representation if it is asked for, and what single rows are told by (version, key). */
import type { WriteRequest } from '#contract/request.ts'
import { type Access, demand, refOf } from './access.ts'
import type { Hidden, Returning } from './ast.ts'
import { type Draft, newDraft, numberStyle } from './draft.ts'
import type { WritePlan } from './plan.ts'
import { invalid } from './refuse.ts'
import { type Outputs, outputsOf } from './select.ts'

export interface Returned
  extends Pick<WritePlan, 'single' | 'versionAt' | 'insertedAt' | 'keyAt' | 'embeds'> {
  readonly returning: Returning | undefined
}

/**
 * Without `Prefer: return=representation` no row goes out. Of single rows version and key do, for ETag and Location,
 * unless the row is gone or the principal may not read it.
 * @throws GatewayError forbidden (representation of what may not be read), and what `outputsOf` throws
 */
export function returnedBy(request: WriteRequest, draft: Draft, readable: Access): Returned {
  const { operation, preferences } = request
  const represented = preferences.return === 'representation'
  if (represented) demand(draft.env, readable.resource, ['read'])
  const outputs = represented ? represent(request, draft, readable) : none(request, draft, readable)
  const single = request.key !== undefined || (operation === 'insert' && !request.many)
  const hidden = single && operation !== 'delete' ? hiddenOf(request, readable) : []
  const { numbers } = request
  return {
    single,
    embeds: outputs.embeds,
    versionAt: indexes(hidden, 'version')[0],
    insertedAt: indexes(hidden, 'inserted')[0],
    keyAt: indexes(hidden, 'cursor'),
    returning:
      outputs.outputs.length + hidden.length === 0
        ? undefined
        : { outputs: outputs.outputs, hidden, numbers: numberStyle(numbers, draft.env) },
  }
}

const indexes = (hidden: readonly Hidden[], kind: Hidden['kind']): readonly number[] =>
  hidden.flatMap((one, i) => (one.kind === kind ? [i] : []))

function represent(request: WriteRequest, draft: Draft, readable: Access): Outputs {
  const numbers = numberStyle(request.numbers, draft.env)
  const outputs = outputsOf(draft, readable, request.query.select, 'select', numbers)
  if (outputs.group !== undefined)
    throw invalid('select', 'a write gives back rows, so it takes no aggregates')
  return outputs
}

/** A select that nobody will see is still looked at: a mistake in it is a mistake. */
function none(request: WriteRequest, draft: Draft, readable: Access): Outputs {
  if (request.query.select !== undefined)
    represent(request, newDraft(draft.env, request.values.length), readable)
  return { outputs: [], group: undefined, embeds: false }
}

function hiddenOf({ operation }: WriteRequest, readable: Access): readonly Hidden[] {
  if (readable.fields.length === 0) return []
  const { alias, resource } = readable
  const key = resource.key.filter((field) => readable.has(field.name))
  return [
    { kind: 'version', alias, table: resource.table },
    ...key.map((field): Hidden => ({ kind: 'cursor', ref: refOf(readable, field) })),
    ...(operation === 'upsert' ? [{ kind: 'inserted' } as const] : []),
  ]
}
