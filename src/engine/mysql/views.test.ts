import { expect, it } from 'vitest'
import { readView } from './views.ts'

it('finds the columns of a view over one table, as MariaDB prints it', () => {
  const view = readView(
    'select `shop`.`a`.`id` AS `id`,`shop`.`a`.`e` AS `label`,`shop`.`a`.`n` + 1 AS `next` from `shop`.`a` where `shop`.`a`.`n` > 1',
  )
  expect(view).toMatchObject({ schema: 'shop', table: 'a' })
  expect([...(view?.columns ?? [])]).toEqual([
    ['id', 'id'],
    ['label', 'e'],
    ['next', undefined],
  ])
})

it('finds them as MySQL prints it, with an alias', () => {
  const view = readView(
    "select `x`.`id` AS `id`,concat(`x`.`a`,', from ') AS `text` from `shop`.`orders` `x` where (`x`.`id` > 1) order by `x`.`id`",
  )
  expect(view).toMatchObject({ schema: 'shop', table: 'orders' })
  expect([...(view?.columns ?? [])]).toEqual([
    ['id', 'id'],
    ['text', undefined],
  ])
})

it('is not misled by what stands in quotes', () => {
  const view = readView(
    "select 'it''s, `x` from `y`' AS `a`,'back\\\\slash\\'s' AS `b from c`,`s`.`t`.`tick``s` AS `d,e` from `s`.`t`",
  )
  expect(view).toMatchObject({ schema: 's', table: 't' })
  expect([...(view?.columns ?? [])]).toEqual([
    ['a', undefined],
    ['b from c', undefined],
    ['d,e', 'tick`s'],
  ])
})

it('knows nothing of other views', () => {
  for (const text of [
    '',
    'select 1 AS `a`',
    'select `x`.`id` AS `id` from (`s`.`a` `x` join `s`.`b` `y` on(`x`.`id` = `y`.`id`))',
    'select `x`.`id` AS `id` from `s`.`a` `x` join `s`.`b` `y`',
    'select `s`.`a`.`id` AS `id` from `s`.`a` union select 1 AS `1`',
    'select `a`.`id` AS `id` from (select 1 AS `id`) `a`',
    'select `s`.`a`.`id` AS `id` from `s`.`a` group by `s`.`a`.`id`',
    'with `a` as (select 1 AS `1`) select `a`.`1` AS `1` from `a`',
    'select `s`.`a`.`id from `s`.`a`',
  ])
    expect(readView(text), text).toBeUndefined()
})
