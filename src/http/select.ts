/** `select=id,total.sum(),buyer:customer!billing_id(name),items(limit=5;order=-quantity;quantity)`. */
import {
  type AggregateFunction,
  aggregateFunctions,
  type Query,
  type RelationRef,
  type SelectItem,
} from '#contract/request.ts'
import { allOf, type Collector, checkDepth } from './conditions.ts'
import { newEmbedOptions, readOption, startsOption } from './embed-options.ts'
import { expectChar, listStops, peek, type Reader, readName, skipSpaces, unexpected } from './names.ts'
import { invalid, shown } from './refuse.ts'

const isAggregate = (name: string): name is AggregateFunction =>
  (aggregateFunctions as readonly string[]).includes(name)
/** What stands in the parentheses of an embed: options, then fields; no fields are all fields. */
function readEmbedQuery(reader: Reader, collector: Collector, depth: number): Query {
  const options = newEmbedOptions()
  let select: SelectItem[] | undefined
  for (;;) {
    skipSpaces(reader)
    if (startsOption(reader)) {
      readOption(reader, collector, options)
      if (peek(reader) === ';') {
        reader.at++
        continue
      }
    } else if (peek(reader) !== ')') {
      select = readItems(reader, collector, depth)
      if (peek(reader) === ';')
        throw invalid(reader.parameter, 'the fields of an embed stand behind its options')
    }
    expectChar(reader, ')')
    const { filters, order, limit, offset } = options
    return { select, filter: allOf(filters), order, limit, offset }
  }
}

function readEmbed(
  reader: Reader,
  collector: Collector,
  relation: RelationRef,
  alias: string | undefined,
  depth: number,
): SelectItem {
  checkDepth(collector, depth + 1, reader.parameter)
  collector.embeds++
  expectChar(reader, '(')
  const inner: Reader = { ...reader, parameter: `${reader.parameter}.${relation.name}` }
  const query = readEmbedQuery(inner, collector, depth + 1)
  reader.at = inner.at
  skipSpaces(reader)
  return alias === undefined ? { kind: 'embed', relation, query } : { kind: 'embed', relation, alias, query }
}

/** Reads behind `field.`: the function and its parentheses. */
function readAggregate(reader: Reader, field: string): SelectItem {
  reader.at++
  const name = readName(reader, listStops)
  if (peek(reader) !== '(')
    throw invalid(
      reader.parameter,
      `"${shown(field)}.${shown(name)}" is no field; fields of a related row are written ${shown(field)}(${shown(name)}), and a field with a dot in double quotes`,
    )
  if (!isAggregate(name))
    throw invalid(
      reader.parameter,
      `there is no function ${shown(name)}(); there are ${aggregateFunctions.join(', ')}`,
      {
        functions: aggregateFunctions,
      },
    )
  expectChar(reader, '(')
  expectChar(reader, ')')
  skipSpaces(reader)
  return { kind: 'aggregate', function: name, field }
}

/** `name`, `name(…)`, `name!hint(…)`, `name.function()` or `function()`, the name being read already. */
function readNamed(
  reader: Reader,
  collector: Collector,
  name: string,
  quoted: boolean,
  depth: number,
): SelectItem {
  switch (peek(reader)) {
    case '.':
      return readAggregate(reader, name)
    case '!':
      return readHinted(reader, collector, name, undefined, depth)
    case '(': {
      // count() is the function; a relation of that name is written "count"() or count(*).
      if (quoted || !isAggregate(name) || reader.text.charAt(reader.at + 1) !== ')')
        return readEmbed(reader, collector, { name }, undefined, depth)
      if (name !== 'count') throw invalid(reader.parameter, `${name}() needs a field, as in total.${name}()`)
      reader.at += 2
      skipSpaces(reader)
      return { kind: 'aggregate', function: name }
    }
    default:
      return { kind: 'field', name }
  }
}

function readHinted(
  reader: Reader,
  collector: Collector,
  name: string,
  alias: string | undefined,
  depth: number,
): SelectItem {
  if (peek(reader) !== '!') return readEmbed(reader, collector, { name }, alias, depth)
  reader.at++
  return readEmbed(reader, collector, { name, hint: readName(reader, listStops) }, alias, depth)
}

function readItem(reader: Reader, collector: Collector, depth: number): SelectItem {
  skipSpaces(reader)
  if (peek(reader) === '*') {
    reader.at++
    skipSpaces(reader)
    return { kind: 'all' }
  }
  const quoted = peek(reader) === '"'
  const name = readName(reader, listStops)
  if (peek(reader) !== ':') return readNamed(reader, collector, name, quoted, depth)
  reader.at++
  const relation = readName(reader, listStops)
  if (peek(reader) !== '!' && peek(reader) !== '(')
    throw invalid(
      reader.parameter,
      `only embeds take another name, as in ${shown(name)}:${shown(relation)}(*)`,
    )
  return readHinted(reader, collector, relation, name, depth)
}

function readItems(reader: Reader, collector: Collector, depth: number): SelectItem[] {
  const items: SelectItem[] = []
  for (;;) {
    items.push(readItem(reader, collector, depth))
    if (peek(reader) !== ',') return items
    reader.at++
  }
}

/**
 * Reads a select list. Items between commas: `*`; a field; `field.function()` or `count()`; an embed
 * `alias:relation!hint(…)`, in whose parentheses stand options (conditions, filter, order, limit, offset) between
 * `;` and last the select list of the related row; without a list all its fields. Names with punctuation are written
 * in double quotes, and so are values of options that hold `;`, `)` or a double quote. Spaces around items do not count.
 * @throws GatewayError invalid_parameter, unknown_parameter, unknown_operator, too_complex
 */
export function parseSelect(collector: Collector, text: string): SelectItem[] {
  const reader: Reader = { text, parameter: 'select', at: 0 }
  const items = readItems(reader, collector, 0)
  if (reader.at < text.length) throw unexpected(reader, '"," or the end')
  return items
}
