/** Text with a unit → number: durations to milliseconds, sizes to bytes. */

const durations: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const sizes: Record<string, number> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1000,
  MB: 1e6,
  GB: 1e9,
}

function scaled(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim())
  const factor = match ? units[match[2] as string] : undefined
  return match && factor !== undefined ? Math.round(Number(match[1]) * factor) : undefined
}

/** `500ms`, `2s`, `30m`, `1h`, `1d` → milliseconds; undefined when it is none of these. */
export const parseDuration = (text: string): number | undefined => scaled(text, durations)

/** `512B`, `64KiB`, `16MiB`, `1GB` → bytes; undefined when it is none of these. */
export const parseSize = (text: string): number | undefined => scaled(text, sizes)

function written(value: number, units: readonly (readonly [string, number])[], smallest: string): string {
  const unit = value === 0 ? undefined : units.find(([, factor]) => value % factor === 0)
  return unit ? `${value / unit[1]}${unit[0]}` : `${value}${smallest}`
}

/** Milliseconds → the shortest text without a fraction that parses to the same: 2000 → `2s`, 1500 → `1500ms`. */
export const formatDuration = (ms: number): string => written(ms, Object.entries(durations).reverse(), 'ms')

/** Bytes → the shortest binary text without a fraction that parses to the same: 16384 → `16KiB`. */
export const formatSize = (bytes: number): string =>
  written(
    bytes,
    Object.entries(sizes)
      .filter(([unit]) => unit.endsWith('iB'))
      .reverse(),
    'B',
  )
