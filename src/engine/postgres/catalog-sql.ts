/** The SQL that reads the catalogue: pg_catalog alone, in one statement, so that all of it comes from one snapshot. */
import type { CatalogRows } from './catalog-rows.ts'
import { fingerprintExpression, served, tracked } from './fingerprint-sql.ts'

/** Rows of two columns: the kind, and a JSON object of the members that the kind has. */
const rowsOf = <K extends keyof CatalogRows>(
  kind: K,
  members: Record<keyof CatalogRows[K][number], string>,
  from: string,
) => `
select '${kind}', json_build_object(${Object.entries(members)
  .map(([name, expression]) => `'${name}', ${String(expression)}`)
  .join(',\n  ')})::text
${from}`

/** What an extension brought is no part of the application's schema. */
const notOfExtension = (catalog: string, oid: string) => `not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.${catalog}'::regclass and d.objid = ${oid} and d.deptype = 'e')`

const relation = `
relation as materialized (
  select c.oid, s.nspname, c.relname, c.relkind,
         has_table_privilege(c.oid, 'SELECT') as readable,
         has_any_column_privilege(c.oid, 'SELECT') as partly_readable,
         -- Bits by command: 4 update, 8 insert, 16 delete. Asked of views and foreign tables alone, as it takes locks.
         case when c.relkind in ('r', 'p') then 28 when c.relkind = 'm' then 0
              else pg_relation_is_updatable(c.oid, true) end as writable
  from pg_catalog.pg_class c join served s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
    and has_schema_privilege(s.oid, 'USAGE') and has_any_column_privilege(c.oid, 'SELECT, INSERT')
    -- A foreign table whose wrapper has no handler can be neither read nor asked about.
    and (c.relkind <> 'f' or exists (
      select from pg_catalog.pg_foreign_table t join pg_catalog.pg_foreign_server v on v.oid = t.ftserver
      join pg_catalog.pg_foreign_data_wrapper w on w.oid = v.srvfdw
      where t.ftrelid = c.oid and w.fdwhandler <> 0))
    and ${notOfExtension('pg_class', 'c.oid')}
)`

const routine = `
routine as materialized (
  select p.*, s.nspname, coalesce(p.proallargtypes, p.proargtypes::oid[]) as types
  from pg_catalog.pg_proc p join served s on s.oid = p.pronamespace
  where p.prokind in ('f', 'p') and has_schema_privilege(s.oid, 'USAGE')
    and ${notOfExtension('pg_proc', 'p.oid')}
)`

/**
 * Every type that columns and routines use, with what those are made of. The array hides from the planner how many rows might come
 * of it: it expected ten million of the recursion, and hash tables for so many took as long to make as all the rest.
 */
const needed = `
needed(oid) as (
  select unnest(array(
    select a.atttypid from pg_catalog.pg_attribute a join relation r on r.oid = a.attrelid
    where a.attnum > 0 and not a.attisdropped
    union select prorettype from routine
    union select unnest(types) from routine))
  union
  select part.oid
  from needed join pg_catalog.pg_type t on t.oid = needed.oid
  cross join lateral (
    select t.typbasetype union all select t.typelem
    union all select a.atttypid from pg_catalog.pg_attribute a
      where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) part(oid)
  where part.oid <> 0
)`

/** A default operator class of the type itself, or of one it is binary-coercible to (varchar has none but text's). */
const hasOperatorClass = (methods: string) => `exists (
    select from pg_catalog.pg_opclass o join pg_catalog.pg_am m on m.oid = o.opcmethod
    where m.amname in (${methods}) and o.opcdefault
      and (o.opcintype = t.oid or o.opcintype in (
        select k.casttarget from pg_catalog.pg_cast k
        where k.castsource = t.oid and k.castmethod = 'b' and k.castcontext = 'i')))`

const types = rowsOf(
  'type',
  {
    oid: 't.oid',
    schema: 'n.nspname',
    name: 't.typname',
    // With modifier -1 and not without, because "character" would mean one character.
    native: `case when n.nspname = 'pg_catalog' then format_type(t.oid, -1)
       else quote_ident(n.nspname) || '.' || quote_ident(t.typname) end`,
    kind: `case t.typtype when 'c' then 'composite' when 'd' then 'domain' when 'e' then 'enum' when 'p' then 'pseudo'
       when 'r' then 'range' when 'm' then 'multirange' else 'base' end`,
    stringlike: `t.typcategory = 'S'`,
    base: 't.typbasetype',
    baseModifier: 't.typtypmod',
    notNull: 't.typnotnull',
    hasDefault: 't.typdefault is not null',
    element: 'case when e.typarray = t.oid then e.oid else 0 end',
    relation: 't.typrelid',
    labels: `(
    select json_agg(l.enumlabel order by l.enumsortorder) from pg_catalog.pg_enum l where l.enumtypid = t.oid)`,
    members: `(
    select json_agg(json_build_array(a.attname, a.atttypid, a.atttypmod) order by a.attnum)
    from pg_catalog.pg_attribute a
    where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)`,
    ordered: hasOperatorClass(`'btree'`),
    comparable: hasOperatorClass(`'btree', 'hash'`),
    moneyScale: 'scale(0::money::numeric)',
  },
  `from needed join pg_catalog.pg_type t on t.oid = needed.oid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_type e on e.oid = t.typelem`,
)

/**
 * In the order of ColumnRow. Columns the user may not read are left out; of a table nothing of which may be read,
 * those that may be written stay. PostgreSQL 18 marks a column not null before its old rows are checked (NOT VALID).
 */
const columns = `(
  select json_agg(json_build_array(a.attname, a.atttypid, a.atttypmod,
    a.attnotnull and (a.attrelid, a.attnum) not in (
      select v.conrelid, v.conkey[1] from pg_catalog.pg_constraint v where v.contype = 'n' and not v.convalidated),
    a.atthasdef or a.attidentity <> '',
    case when a.attgenerated <> '' or a.attidentity = 'a' then 'always'
         when r.relkind in ('v', 'f') and r.writable <> 0
              and not pg_column_is_updatable(r.oid, a.attnum, true) then 'always'
         when a.attidentity = 'd' then 'identity' else 'no' end,
    d.description,
    case when a.attgenerated <> '' and a.atttypid = 'tsvector'::regtype then (
      select pg_get_expr(f.adbin, f.adrelid) from pg_catalog.pg_attrdef f
      where f.adrelid = a.attrelid and f.adnum = a.attnum) end) order by a.attnum)
  from pg_catalog.pg_attribute a
  left join pg_catalog.pg_description d
    on d.objoid = a.attrelid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = a.attnum
  where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    and (r.readable
      or has_column_privilege(r.oid, a.attnum, case when r.partly_readable then 'SELECT' else 'INSERT' end)))`

const relations = rowsOf(
  'relation',
  {
    oid: 'r.oid',
    schema: 'r.nspname',
    name: 'r.relname',
    kind: `case r.relkind when 'v' then 'view' when 'm' then 'materialized' when 'p' then 'partitioned'
       when 'f' then 'foreign' else 'table' end`,
    readable: 'r.readable',
    partlyReadable: 'r.partly_readable',
    insert: `r.writable & 8 <> 0 and has_any_column_privilege(r.oid, 'INSERT')`,
    update: `r.writable & 4 <> 0 and has_any_column_privilege(r.oid, 'UPDATE')`,
    remove: `r.writable & 16 <> 0 and has_table_privilege(r.oid, 'DELETE')`,
    plain: `r.relkind = 'r'
      and not exists (select from pg_catalog.pg_trigger g where g.tgrelid = r.oid and not g.tgisinternal)
      and not exists (select from pg_catalog.pg_rewrite w where w.ev_class = r.oid)`,
    comment: `obj_description(r.oid, 'pg_class')`,
    columns,
  },
  'from relation r',
)

/** The names of columns by their numbers, in the order given. */
const names = (relationOid: string, numbers: string, upTo = '') => `(
    select json_agg(a.attname order by k.n)
    from unnest(${numbers}) with ordinality k(attnum, n)
    join pg_catalog.pg_attribute a on a.attrelid = ${relationOid} and a.attnum = k.attnum ${upTo})`

const keys = rowsOf(
  'key',
  {
    relation: 'i.indrelid',
    name: 'c.relname',
    primary: 'i.indisprimary',
    deferrable: 'not i.indimmediate',
    columns: names('i.indrelid', 'i.indkey::int2[]', 'where k.n <= i.indnkeyatts'),
  },
  `from pg_catalog.pg_index i join relation r on r.oid = i.indrelid
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indisunique and not i.indisexclusion and i.indisvalid and i.indpred is null and i.indexprs is null`,
)

/** Not the copies PostgreSQL makes for partitions, and not temporal keys (PERIOD, from version 18), which are no equality. */
const foreignKeys = rowsOf(
  'foreignKey',
  {
    relation: 'f.conrelid',
    name: 'f.conname',
    columns: names('f.conrelid', 'f.conkey'),
    target: 'f.confrelid',
    targetColumns: names('f.confrelid', 'f.confkey'),
  },
  `from pg_catalog.pg_constraint f
join relation r on r.oid = f.conrelid join relation t on t.oid = f.confrelid
where f.contype = 'f' and f.conparentid = 0 and to_jsonb(f) ->> 'conperiod' is distinct from 'true'`,
)

const searches = rowsOf(
  'search',
  { relation: 'i.indrelid', expression: 'e.expression' },
  `from pg_catalog.pg_index i join relation r on r.oid = i.indrelid
cross join lateral (
  select pg_get_indexdef(i.indexrelid, k.n::int, true)
  from unnest(i.indkey::int2[]) with ordinality k(attnum, n) where k.attnum = 0) e(expression)
where i.indexprs is not null and e.expression like 'to_tsvector(%'`,
)

const routines = rowsOf(
  'routine',
  {
    schema: 'p.nspname',
    name: 'p.proname',
    kind: `case p.prokind when 'p' then 'procedure' else 'function' end`,
    volatile: `p.provolatile = 'v'`,
    // PL/pgSQL commits by COMMIT and ROLLBACK, or by a CALL of what does; SQL, and what has settings or a definer, cannot (manual, CREATE PROCEDURE).
    atomic: `p.prokind = 'p' and (p.prosecdef or p.proconfig is not null or exists (
    select from pg_catalog.pg_language l where l.oid = p.prolang
      and (l.lanname = 'sql' or l.lanname = 'plpgsql' and p.prosrc !~* '\\m(commit|rollback|call)\\M')))`,
    set: 'p.proretset',
    result: 'p.prorettype',
    defaults: 'p.pronargdefaults',
    executable: `has_function_privilege(p.oid, 'EXECUTE')`,
    comment: `obj_description(p.oid, 'pg_proc')`,
    parameters: `(
    select coalesce(json_agg(json_build_array(
      coalesce(p.proargnames[k.n], ''), k.type, coalesce(p.proargmodes[k.n], 'i')) order by k.n), '[]')
    from unnest(p.types) with ordinality k(type, n))`,
  },
  'from routine p',
)

const schemas = rowsOf('schema', { name: 'nspname' }, 'from served')

const fingerprint = rowsOf(
  'fingerprint',
  { fingerprint: fingerprintExpression, version: `current_setting('server_version')` },
  '',
)

/** The rows of CatalogRows, each with its kind before it, in no promised order. Bind the schemas. */
export const catalogSql = `with recursive ${[served, tracked, relation, routine, needed].join(',')}
${[schemas, fingerprint, types, relations, keys, foreignKeys, searches, routines].join('\nunion all')}`
