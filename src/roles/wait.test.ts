import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { waitUntilReady } from './wait.ts'

type Answer = 'ready' | { answer: string }

/** Answers in turn, the last one for ever; notes when it was asked. */
function probe(clock: { now(): number }, ...answers: Answer[]) {
  const asked: number[] = []
  const ask = async (): Promise<Answer> => {
    asked.push(clock.now())
    return answers[Math.min(asked.length, answers.length) - 1] as Answer
  }
  return { asked, ask }
}
const starting = { answer: 'status 503 starting' }

test('asks after each interval until it is ready', async () => {
  const clock = virtualClock()
  const { asked, ask } = probe(clock, starting, starting, 'ready')
  const result = waitUntilReady({ url: 'u', timeout: 1000, interval: 250, clock, ask })
  await clock.advance(600)
  expect(await result).toBe('ready')
  expect(asked).toEqual([0, 250, 500])
})

test('gives up at the time-out with the last answer', async () => {
  const clock = virtualClock()
  const { asked, ask } = probe(clock, { answer: 'refused' }, starting)
  const result = waitUntilReady({ url: 'u', timeout: 600, interval: 250, clock, ask })
  await clock.advance(600)
  expect(await result).toEqual(starting)
  expect(asked).toEqual([0, 250, 500])
})

test('does not wait beyond the time-out for an answer that never comes', async () => {
  const clock = virtualClock()
  const ask = (_: string, signal: AbortSignal) =>
    new Promise<Answer>((resolve) => {
      signal.addEventListener('abort', () => resolve({ answer: 'aborted' }))
    })
  const result = waitUntilReady({ url: 'u', timeout: 600, interval: 250, clock, ask })
  await clock.advance(600)
  expect(await result).toEqual({ answer: 'no answer' })
})
