import { describe, expect, it } from 'vitest'
import { Cancellation, type Signal } from './signal.ts'

/** The same order of calls on both kinds. */
function heardBy(signal: Signal, abort: (reason: unknown) => void): string[] {
  const heard: string[] = []
  const [a, b, c] = ['a', 'b', 'c'].map((name) => () => void heard.push(name)) as [
    () => void,
    () => void,
    () => void,
  ]
  const object = { handleEvent: () => void heard.push(`object, ${String(signal.reason)}`) }
  signal.addEventListener('abort', a)
  signal.addEventListener('abort', b)
  signal.addEventListener('abort', object)
  signal.addEventListener('abort', c)
  signal.removeEventListener('abort', a)
  signal.removeEventListener('abort', c)
  signal.removeEventListener('abort', c)
  signal.addEventListener('abort', c)
  heard.push(String(signal.aborted))
  abort('why')
  abort('again')
  heard.push(String(signal.aborted), String(signal.reason))
  signal.addEventListener('abort', a)
  return heard
}

describe('a cancellation', () => {
  it('does what an AbortSignal does', () => {
    const ours = new Cancellation()
    const nodes = new AbortController()
    const expected = heardBy(nodes.signal, (reason) => nodes.abort(reason))
    expect(heardBy(ours, (reason) => ours.abort(reason))).toEqual(expected)
    expect(expected).toEqual(['false', 'b', 'object, why', 'c', 'true', 'why'])
  })

  it('does not tell who has left while the others were told', () => {
    const ours = new Cancellation()
    const heard: string[] = []
    const second = () => void heard.push('second')
    ours.addEventListener('abort', () => ours.removeEventListener('abort', second))
    ours.addEventListener('abort', second)
    ours.addEventListener('abort', () => void heard.push('third'))
    ours.abort(undefined)
    expect(heard).toEqual(['third'])
  })

  it('lets a listener leave while the others are told', () => {
    const ours = new Cancellation()
    let heard = 0
    const leaving = () => {
      heard++
      ours.removeEventListener('abort', leaving)
    }
    ours.addEventListener('abort', leaving)
    ours.addEventListener('abort', () => void heard++)
    ours.abort(undefined)
    expect(heard).toBe(2)
  })
})
