/** Rows in the form that drivers hand to the row writer (see rows.ts), read where Postern itself wants the values. */

/** The texts of one row, from `start` on. */
export function readRow(bytes: Buffer, start: number): (string | null)[] {
  const row: (string | null)[] = []
  const count = bytes.readUInt16BE(start)
  let at = start + 2
  for (let i = 0; i < count; i++) {
    const length = bytes.readInt32BE(at)
    at += 4
    row.push(length < 0 ? null : bytes.toString('utf8', at, at + length))
    if (length > 0) at += length
  }
  return row
}
