import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { faultLine } from './fault.ts'
import { childNode, plain } from './node.ts'
import { readYaml } from './yaml.ts'

const read = (text: string) => readYaml(text, 'c.yaml')
const lines = (text: string) => read(text).faults.map(faultLine)

describe('values', () => {
  test('know their lines', () => {
    const { root } = read('# a comment\npools:\n  max: 5\n  list:\n    - 1\n    - 2\n')
    const pools = childNode(root, 'pools')
    expect(pools?.origin).toBe('c.yaml:2')
    expect(childNode(pools, 'max')?.origin).toBe('c.yaml:3')
    expect(childNode(childNode(pools, 'list'), 1)?.origin).toBe('c.yaml:6')
  })

  test('are those of YAML 1.2: yes is a text, JSON is fine, aliases are followed', () => {
    expect(plain(read('a: yes\nb: {"c": [1, true, null]}\nd: &x {e: 1}\nf: *x\n').root)).toEqual({
      a: 'yes',
      b: { c: [1, true, null] },
      d: { e: 1 },
      f: { e: 1 },
    })
  })

  test('survive writing and reading', () => {
    const value = fc.dictionary(
      fc.stringMatching(/^[a-zA-Z_]\w{0,8}$/),
      fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.array(fc.string()),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer()),
      ),
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(value, (object) => {
        expect({ ...(plain(read(stringify(object)).root) as object) }).toEqual(object)
      }),
    )
  })

  test('of an empty file are none', () => {
    expect(read('')).toMatchObject({ faults: [], broken: false })
    expect(read('# nothing yet\n')).toMatchObject({ faults: [], broken: false })
  })
})

describe('faults', () => {
  test('of syntax have line and column, and none of the text', () => {
    expect(lines('a: 1\nb: [1,\nc: "hunter2\n')).not.toEqual([])
    expect(lines('a: b: hunter2\n')[0]).toMatch(
      /^not valid YAML: a key inside the line of another key.* \(c\.yaml:1:4\)$/,
    )
    expect(lines('a:\n\tb: hunter2\n')[0]).toMatch(/ \(c\.yaml:2:\d\)$/)
    expect(lines("a: 'hunter2\n")[0]).toMatch(/a quote, bracket, comma, colon or space is missing/)
  })

  test('of keys given twice name both lines, and the first one holds', () => {
    expect(lines('pools:\n  max: 5\n  min: 1\n  max: 6\n')).toEqual([
      'pools.max: given twice, first on line 2 (c.yaml:4)',
    ])
    expect(plain(read('a: 1\na: 2\n').root)).toEqual({ a: 1 })
  })

  test('are found where a file holds no keys, or several documents', () => {
    expect(lines('- a\n')).toEqual(['expected keys and values (c.yaml:1)'])
    expect(lines('hunter2\n')).toEqual(['expected keys and values (c.yaml:1)'])
    expect(lines('a: 1\n---\nb: 2\n')[0]).toMatch(/more than one YAML document/)
  })

  test('are aliases without their anchors, and tags and directives that mean nothing', () => {
    expect(lines('api: &api {maxLimit: 3}\npools: *typo\n')).toEqual([
      'pools: an alias (*name) without its anchor (&name) (c.yaml:2)',
    ])
    expect(lines('list: [*later, &later 1]\n')).toEqual([
      expect.stringMatching(/^list\[0\]: an alias .*\(c\.yaml:1\)$/),
    ])
    for (const text of ['pools: !foo {max: 3}\n', 'pools: !foo\n  max: 3\n', 'pools: {max: !foo 3}\n'])
      expect(lines(text)).toEqual([
        expect.stringMatching(/^not valid YAML: a tag \(!name\) that means nothing here \(c\.yaml:1:\d+\)$/),
      ])
    expect(lines('%FOO bar\n---\na: 1\n')).toEqual([expect.stringMatching(/a directive \(%name\)/)])
    expect(lines('a: !!str 5\n')).toEqual([])
  })

  test('of a bracket that is not closed do not speak of the indentation alone', () =>
    expect(lines('pools: {max: 3\napi:\n  maxLimit: 5\n')[0]).toMatch(/a bracket/))

  test('stop aliases that unfold without end', () => {
    const bomb = [
      'a0: &a0 [1, 1]',
      ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ]
    expect(lines(bomb.join('\n'))).toEqual([expect.stringMatching(/more than 100 aliases/)])
    expect(lines('a: &a [*a]\n')).not.toEqual([])
  })
})
