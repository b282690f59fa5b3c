/** Which operators and aggregates fit which types: data, and the one place that reads it. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'
import { type AggregateFunction, aggregateFunctions, type Operator, operators } from '#contract/request.ts'

const equality: readonly Operator[] = ['eq', 'neq', 'in', 'nin']
const ordering: readonly Operator[] = ['gt', 'gte', 'lt', 'lte', 'between']
const patterns: readonly Operator[] = ['like', 'ilike', 'contains', 'starts', 'ends']
const scalar: readonly Operator[] = [...equality, ...ordering, 'null']

/** What the meaning of a type allows; whether the database can compare and order its values is asked besides. */
const byType: Readonly<Record<CanonicalType, readonly Operator[]>> = {
  string: [...scalar, ...patterns, 'search'],
  integer: scalar,
  decimal: scalar,
  float: scalar,
  timestamp: scalar,
  datetime: scalar,
  date: scalar,
  time: scalar,
  boolean: [...equality, 'null'],
  binary: [...equality, 'null'],
  json: ['null'],
  array: ['contains', 'null'],
}

/** Operators for fields of this type, in the order they are documented. `fullText`: whether the engine can search for words. */
export const operatorsOf = (type: ValueType, fullText: boolean): readonly Operator[] =>
  operators.filter((operator) => {
    if (!byType[type.canonical].includes(operator)) return false
    if (equality.includes(operator)) return type.comparable
    if (ordering.includes(operator)) return type.ordered
    if (operator === 'search') return fullText
    if (operator === 'contains' && type.canonical === 'array') return type.element?.comparable === true
    return true
  })

/** Whether rows can be put in the order of a field: lists and documents have no order that all engines share. */
export const isSortable = (type: ValueType): boolean =>
  type.ordered && type.canonical !== 'array' && type.canonical !== 'json'

const numbers: readonly CanonicalType[] = ['integer', 'decimal', 'float']
/** Sortable, but with no smallest value that would mean anything; engines lack these, too. */
const withoutExtremes: readonly CanonicalType[] = ['boolean', 'binary']

/** Aggregates for fields of this type. */
export const aggregatesOf = (type: ValueType): readonly AggregateFunction[] =>
  aggregateFunctions.filter((name) => {
    switch (name) {
      case 'count':
        return true
      case 'sum':
      case 'avg':
        return numbers.includes(type.canonical)
      case 'min':
      case 'max':
        return isSortable(type) && !withoutExtremes.includes(type.canonical) && type.family !== 'uuid'
      default:
        return name satisfies never
    }
  })
