/** Prefer: what is understood, ignored and refused. */
import { expect, test } from 'vitest'
import { refusal } from './form.fixture.ts'
import { parsePreferences } from './prefer.ts'

test.each([
  [undefined, {}],
  ['', {}],
  ['return=minimal', { return: 'minimal' }],
  ['Return = "representation"', { return: 'representation' }],
  ['count=exact, max-affected=5', { count: 'exact', maxAffected: 5 }],
  ['count=estimated;foo="a,b;c", wait=2.5', { count: 'estimated', wait: 2.5 }],
  ['max-affected=0', { maxAffected: 0 }],
  ['return=minimal, return=representation', { return: 'minimal' }],
  ['respond-async, foo; bar=baz, count=planned, return=everything, wait=soon', {}],
  ['handling=lenient, foo', {}],
  ['handling=strict, return=minimal', { return: 'minimal' }],
  [', ,return=minimal,', { return: 'minimal' }],
] as const)('Prefer: %s', (header, preferences) => {
  expect(parsePreferences(header)).toEqual(preferences)
})

test('handling=strict refuses what is not understood, wherever it stands', () => {
  expect(refusal(() => parsePreferences('foo; a=b, count=planned, handling=strict'))).toMatchObject({
    code: 'malformed_header',
    facts: { header: 'Prefer', unknown: ['foo', 'count=planned'] },
  })
})

test.each(['max-affected=x', 'max-affected', 'max-affected=-1', 'max-affected=1.5'])(
  'Prefer: %s is refused even when lenient',
  (header) => {
    expect(refusal(() => parsePreferences(header))).toMatchObject({
      code: 'malformed_header',
      facts: { preference: 'max-affected' },
    })
  },
)

test.each(['=x', 'a=b c', 'return="minimal', 'a==b', '(x)'])('Prefer: %s cannot be read', (header) => {
  expect(refusal(() => parsePreferences(header))).toMatchObject({
    code: 'malformed_header',
    facts: { header: 'Prefer' },
  })
})
