/** A database that cannot be served as configured: a fault of configuration, not of the moment. */

/** One reason; `path` is the key of the configuration that asks for what the database does not have. */
export interface Refusal {
  readonly path: string
  readonly message: string
}

/** Thrown by an engine's readCatalog; repeating it helps only after the schema or the configuration has changed. Names every fault at once. */
export class CatalogRefused extends Error {
  override readonly name = 'CatalogRefused'
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map((r) => `${r.path}: ${r.message}`).join('; '))
    this.refusals = refusals
  }
}
