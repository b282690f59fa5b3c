/** The planner's estimate of a number of rows. */
/**
 * The rows the planner expects, from the body that the estimating Count gave in any row format of JSON.
 * @throws Error when the body holds no plan
 */
export function readEstimate(body: Uint8Array): number {
  // The outermost node comes first. Inside a JSON string the quotes would be escaped.
  const rows = /"Plan Rows": ?(\d+)/.exec(Buffer.from(body).toString('utf8'))?.[1]
  if (rows === undefined) throw new Error('the answer to EXPLAIN holds no plan')
  return Number(rows)
}
