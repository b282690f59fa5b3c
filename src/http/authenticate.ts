/** Who calls: the principal of a request. With auth.mode none every caller is the same trusted one. */
import type { Principal } from '#base/context.ts'

const anonymous: Principal = { subject: 'anonymous', role: 'anonymous', claims: {} }

/** @returns the principal; there are no credentials to refuse yet */
export function authenticate(): Principal {
  return anonymous
}
