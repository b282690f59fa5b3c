/** Prefer: what is understood, ignored and refused. */
import { expect, test } from 'vitest'
import { refusal } from './form.fixture.ts'
import { parsePreferences } from './prefer.ts'

test.each([
  [undefined, 'write', {}],
  ['', 'write', {}],
  ['return=minimal', 'write', { return: 'minimal' }],
  ['Return = "representation"', 'write', { return: 'representation' }],
  ['return=minimal, max-affected=5', 'write', { return: 'minimal', maxAffected: 5 }],
  ['count=estimated;foo="a,b;c", wait=2.5', 'read', { count: 'estimated', wait: 2.5 }],
  ['max-affected=0', 'write', { maxAffected: 0 }],
  ['return=minimal, return=representation', 'write', { return: 'minimal' }],
  ['respond-async, foo; bar=baz, count=planned, return=everything, wait=soon', 'read', {}],
  ['handling=lenient, foo', 'write', {}],
  ['handling=strict, return=minimal', 'write', { return: 'minimal' }],
  [', ,return=minimal,', 'write', { return: 'minimal' }],
  ['return=minimal, max-affected=1, count=exact, wait=1', 'read', { count: 'exact', wait: 1 }],
  ['return=minimal, count=exact, wait=1', 'write', { return: 'minimal', wait: 1 }],
  ['return=minimal, count=exact, wait=1', 'call', { wait: 1 }],
  ['return=minimal, count=exact, wait=1', 'batch', { wait: 1 }],
] as const)('Prefer: %s of a %s', (header, request, preferences) => {
  expect(parsePreferences(header, request)).toEqual(preferences)
})

test('an item of a batch has no deadline of its own', () => {
  expect(parsePreferences('wait=1, count=exact', 'read', true)).toEqual({ count: 'exact' })
  expect(refusal(() => parsePreferences('wait=1, handling=strict', 'write', true)).facts).toMatchObject({
    unknown: ['wait=1'],
    known: ['return=minimal|representation', 'max-affected=N', 'handling=strict|lenient'],
  })
})

test('handling=strict refuses what would be ignored, wherever it stands', () => {
  expect(refusal(() => parsePreferences('foo; a=b, count=planned, handling=strict', 'read'))).toMatchObject({
    code: 'malformed_header',
    facts: { header: 'Prefer', unknown: ['foo', 'count=planned'] },
  })
  expect(refusal(() => parsePreferences('return=minimal, handling=strict', 'read')).facts).toMatchObject({
    unknown: ['return=minimal'],
    known: ['count=exact|estimated', 'wait=seconds', 'handling=strict|lenient'],
  })
})

test.each(['call', 'batch'] as const)('max-affected cannot be kept by a %s, so it is refused', (request) => {
  expect(refusal(() => parsePreferences('max-affected=5', request))).toMatchObject({
    code: 'malformed_header',
    facts: { preference: 'max-affected' },
  })
})

test.each(['max-affected=x', 'max-affected', 'max-affected=-1', 'max-affected=1.5'])(
  'Prefer: %s is refused even when lenient',
  (header) => {
    expect(refusal(() => parsePreferences(header, 'write'))).toMatchObject({
      code: 'malformed_header',
      facts: { preference: 'max-affected' },
    })
  },
)

test.each(['=x', 'a=b c', 'return="minimal', 'a==b', '(x)'])('Prefer: %s cannot be read', (header) => {
  expect(refusal(() => parsePreferences(header, 'write'))).toMatchObject({
    code: 'malformed_header',
    facts: { header: 'Prefer' },
  })
})
