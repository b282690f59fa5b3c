/** Log lines → a file descriptor: gathered into chunks, written without blocking, bounded when nobody reads. */
import * as fs from 'node:fs'
import type { Clock, Timer } from '#base/clock.ts'

/** The two calls of node:fs a sink needs. */
export interface Files {
  write(
    fd: number,
    data: Uint8Array,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void
  writeSync(fd: number, data: Uint8Array): number
}

/** Where lines go. */
export interface Sink {
  write(line: string): void
  /** Everything written so far reaches the descriptor, or is given up; then resolves. */
  flush(): Promise<void>
  /** The same at once, blocking; only for the `exit` event, when nothing asynchronous runs any more. */
  flushSync(): void
  /** Lines lost so far. */
  dropped(): number
}

const chunkSize = 32 * 1024
/** What a line may have beyond a chunk. */
const pageSize = chunkSize + 8 * 1024
const delayMs = 100
const retryMs = 10

/**
 * Makes a sink. A line waits at most 100 ms, or until 32 KiB have gathered; one write is under way at a time.
 * When the reader is stuck, up to `limit` bytes are held and further lines are counted and dropped: the log
 * must neither block the event loop nor fill the memory. A broken descriptor (EPIPE) drops everything.
 * Lines become bytes at once: as strings they would be copied by every garbage collection until they are written.
 */
export function createSink(o: { clock: Clock; fd: number; limit?: number; files?: Files }): Sink {
  const files: Files = o.files ?? {
    write: (fd, data, done) => fs.write(fd, data, done),
    writeSync: fs.writeSync,
  }
  const limit = o.limit ?? 8 * 1024 * 1024
  let page = Buffer.allocUnsafeSlow(pageSize)
  let used = 0
  /** What is full and waits for the write under way, the oldest first. */
  let full: Buffer<ArrayBuffer>[] = []
  /** Bytes in all of these. */
  let waiting = 0
  /** The page that was written last, to be filled again. */
  let spare: typeof page | undefined
  /** What the write under way, or about to be repeated, has not written yet. */
  let current: Buffer<ArrayBuffer> | undefined
  let timer: Timer | undefined
  let lost = 0
  let broken = false
  let idle: (() => void)[] = []

  const settle = () => {
    const callbacks = idle
    idle = []
    for (const done of callbacks) done()
  }
  const turnPage = (least: number) => {
    if (used > 0) full.push(page.subarray(0, used))
    page =
      least <= pageSize && spare !== undefined ? spare : Buffer.allocUnsafeSlow(Math.max(least, pageSize))
    spare = undefined
    used = 0
  }
  const start = () => {
    timer?.cancel()
    timer = undefined
    if (current) return
    if (waiting === 0) return settle()
    if (full.length === 0) turnPage(0)
    current = full.shift() as typeof page
    waiting -= current.length
    push()
  }
  const push = () => {
    const data = current as typeof page
    files.write(o.fd, data, (error, written) => {
      if (error?.code === 'EAGAIN') {
        o.clock.after(retryMs, push)
        return
      }
      if (error) {
        lost += count(data)
        broken = error.code === 'EPIPE' || error.code === 'EBADF'
        current = undefined
      } else {
        current = written < data.length ? data.subarray(written) : undefined
      }
      if (current) return push()
      if (data.buffer.byteLength === pageSize) spare = Buffer.from(data.buffer)
      if (waiting >= chunkSize || idle.length > 0) start()
      else if (waiting > 0) timer ??= o.clock.after(delayMs, start)
    })
  }
  const count = (data: Uint8Array) => {
    let lines = 0
    for (const byte of data) if (byte === 10) lines++
    return lines
  }

  return {
    write: (line) => {
      const bytes = Buffer.byteLength(line)
      if (broken || waiting + bytes > limit) {
        lost++
        return
      }
      if (page.length - used < bytes) turnPage(bytes)
      page.write(line, used)
      used += bytes
      waiting += bytes
      if (waiting >= chunkSize) {
        if (!current) start()
      } else timer ??= o.clock.after(delayMs, start)
    },
    flush: () =>
      new Promise((resolve) => {
        idle.push(resolve)
        start()
      }),
    flushSync: () => {
      // A write under way finishes in its own thread; taking it over would print it twice.
      const data = Buffer.concat([...full, page.subarray(0, used)])
      full = []
      used = waiting = 0
      try {
        for (let at = 0; at < data.length; ) at += files.writeSync(o.fd, data.subarray(at))
      } catch {
        // The process is ending and this was the last way to say anything.
      }
    },
    dropped: () => lost,
  }
}
