/** Large buffers that go round: answers of some size neither wait for the garbage collector nor feed it (docs/adr/0014). */

/** What goes round are buffers of 128 KiB to 4 MiB, by powers of two: the pages of 1,000 rows and their like. */
const smallest = 131_072
const largest = 4_194_304
/** What lies around unused at most: 8 MiB, a page of 256 KiB for each of 32 clients. */
const mostUnused = 8_388_608

/** Size → buffers of that size that nobody uses. */
const unused = new Map<number, Buffer[]>()
let unusedBytes = 0

/** A buffer of at least so many bytes, with whatever is in it. Who never gives it back leaves it to the collector. */
export function takeBuffer(bytes: number): Buffer {
  if (bytes > largest) return Buffer.allocUnsafeSlow(bytes)
  let size = smallest
  while (size < bytes) size *= 2
  const found = unused.get(size)?.pop()
  if (found === undefined) return Buffer.allocUnsafeSlow(size)
  unusedBytes -= size
  return found
}

/**
 * The buffer that these bytes lie in goes to whoever wants one next: nobody may look at it any more, and it must not be
 * given twice. What `takeBuffer` never gives is left to the collector.
 */
export function giveBuffer({ buffer }: Uint8Array): void {
  const size = buffer.byteLength
  const goesRound = size >= smallest && size <= largest && (size & (size - 1)) === 0
  if (!goesRound || unusedBytes + size > mostUnused) return
  unusedBytes += size
  let list = unused.get(size)
  if (list === undefined) unused.set(size, (list = []))
  list.push(Buffer.from(buffer as ArrayBuffer))
}
