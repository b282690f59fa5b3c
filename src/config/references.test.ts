import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveReferences } from './references.ts'

const files = {
  list: () => [],
  read: (path: string) => {
    const content = { '/run/pw': 'geheim\n', '/run/two': 'a\n\n', '/run/dos': 'a\r\n' }[path]
    if (content === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
    return content
  },
}
const resolve = (text: string, env: Record<string, string> = {}) => resolveReferences(text, { env, files })

test('variables are filled in, alone and inside a longer text', () => {
  expect(resolve('${PW}', { PW: 'x' })).toEqual({ text: 'x', referred: true })
  expect(resolve('postgres://${U}:${PW}@h/d', { U: 'u', PW: 'x' })).toEqual({
    text: 'postgres://u:x@h/d',
    referred: true,
  })
})

test('what a variable or file holds is not looked at again', () => {
  expect(resolve('${PW}', { PW: '${OTHER}' })).toMatchObject({ text: '${OTHER}' })
  expect(resolve('${PW}', { PW: 'file:/run/pw' })).toMatchObject({ text: 'file:/run/pw' })
})

test('$${ stands for ${', () => {
  expect(resolve('a$${PW}b')).toEqual({ text: 'a${PW}b', referred: false })
  expect(resolve('$${a ${B} $$${B}', { B: 'b' })).toEqual({ text: '${a b $${B}', referred: true })
  expect(resolve('$5 and {x} stay')).toEqual({ text: '$5 and {x} stay', referred: false })
})

test('files lose one newline at their end, not more', () => {
  expect(resolve('file:/run/pw')).toEqual({ text: 'geheim', referred: true })
  expect(resolve('file:/run/two')).toMatchObject({ text: 'a\n' })
  expect(resolve('file:/run/dos')).toMatchObject({ text: 'a' })
})

test('everything missing is told, and how a reference is written', () => {
  expect(resolve('${A}-${B}')).toEqual({
    messages: ['environment variable A is not set', 'environment variable B is not set'],
  })
  expect(resolve('file:/run/none')).toEqual({ messages: ['file /run/none does not exist'] })
  expect(resolve('file:secret')).toEqual({ messages: ['file: needs a whole path, file:/run/secrets/name'] })
  for (const text of ['a${', 'a${1}', '${}', '${A', '${A-B}'])
    expect(resolve(text, { A: 'x' })).toEqual({
      messages: ['a reference is written ${NAME}; write $${ where ${ itself is meant'],
    })
})

test('any text can be written by doubling the $ before {', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ' ') }), (text) => {
      expect(resolve(text.split('${').join('$${'))).toEqual({ text, referred: false })
    }),
  )
})
