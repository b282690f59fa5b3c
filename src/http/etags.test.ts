/** Entity tags of conditional headers. */
import { expect, test } from 'vitest'
import { parseEtags } from './etags.ts'
import { refusal } from './form.fixture.ts'

test('If-Match keeps strong tags only', () => {
  expect(parseEtags('"a", W/"b" ,"c,d"', 'If-Match')).toEqual(['a', 'c,d'])
  expect(parseEtags('W/"b"', 'If-Match')).toEqual([])
})

test('If-None-Match compares weakly', () => {
  expect(parseEtags('"a",W/"b",, ""', 'If-None-Match')).toEqual(['a', 'b', ''])
})

test('* stands for any', () => {
  expect(parseEtags(' * ', 'If-Match')).toBe('*')
})

test.each(['', ',', 'a', '"a', '"a" "b"', '"a",*', 'w/"a"', '"a b"', `${' '.repeat(50_000)}x`])(
  'the header %j is refused',
  (header) => {
    expect(refusal(() => parseEtags(header, 'If-Match'))).toMatchObject({
      code: 'malformed_header',
      facts: { header: 'If-Match' },
    })
  },
)
