/** What the parsers of this room must know of the configuration: how much one request may ask for. */
import type { ApiOptions } from '#contract/options.ts'
import type { LimitsOptions } from './options.ts'

/** Limits of form, taken from `api` and `limits` of the configuration. */
export type FormLimits = Pick<
  ApiOptions,
  'maxLimit' | 'maxDepth' | 'maxConditions' | 'maxEmbeds' | 'maxListValues'
> &
  Pick<LimitsOptions, 'jsonDepth' | 'bodyValues' | 'bulkRows'>
