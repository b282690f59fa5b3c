/** The SQL of the schema fingerprint, and the part of it that the catalogue statement shares. */

/**
 * `$1` is a text array of schema names; empty means the first schema of the search path that exists.
 * System schemas are never served, whoever asks.
 */
export const served = `
served as materialized (
  select n.oid, n.nspname, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace n
  where n.nspname = any(case when cardinality($1::text[]) = 0
                             then array[pg_catalog.current_schema()::text] else $1::text[] end)
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)`

/**
 * Served relations and their indexes (for the names of keys), and row types, which columns and routines refer to from
 * anywhere. Partitions are hidden, so that adding one is no change.
 */
export const tracked = `
temporary as materialized (
  select n.oid from pg_catalog.pg_namespace n where n.nspname ~ '^pg_temp_'
),
tracked as materialized (
  select c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl from pg_catalog.pg_class c
  where (c.relnamespace in (select oid from served) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'i', 'I')
           and not c.relispartition)
     or (c.relkind = 'c' and c.relnamespace not in (select oid from temporary))
     or c.reltype in (select p.prorettype from pg_catalog.pg_proc p where p.pronamespace in (select oid from served))
)`
const relations = `any(array(select oid from tracked where relkind not in ('i', 'I')))`
const routines = `any(array(select p.oid from pg_catalog.pg_proc p where p.pronamespace in (select oid from served)))`

/**
 * Every change of a catalogue row makes a new tuple with another xmin, so the number of rows by xmin changes with
 * every change; grouping first leaves little to hash.
 */
const rowsByTransaction = (from: string) => `(
    select bit_xor(hash_record_extended(row(g.xmin, g.n), 0))
    from (select x.xmin, count(*) as n from pg_catalog.${from} group by 1) g)`

const parts = [
  `pg_catalog.current_setting('server_version')`,
  `(select row(r.rolname, r.rolsuper)::text from pg_catalog.pg_roles r where r.rolname = current_user)`,
  `(select string_agg(row(s.*)::text, ',' order by s.oid) from served s)`,
  // Membership brings privileges.
  rowsByTransaction('pg_auth_members x'),
  // pg_class by columns and not by xmin, because TRUNCATE and others write a new tuple of it.
  `(select bit_xor(hash_record_extended(row(t.*), 0)) from tracked t)`,
  rowsByTransaction(`pg_attribute x where x.attnum > 0 and x.attrelid = ${relations}`),
  rowsByTransaction(`pg_index x where x.indrelid = ${relations}`),
  rowsByTransaction(`pg_constraint x where x.conrelid = ${relations}`),
  // What makes a view writable, its query and its INSTEAD OF triggers; and what an insert into a table does besides.
  rowsByTransaction(`pg_rewrite x where x.ev_class = ${relations}`),
  rowsByTransaction(`pg_trigger x where not x.tgisinternal and x.tgrelid = ${relations}`),
  rowsByTransaction(`pg_type x where (x.typtype in ('e', 'd', 'r', 'm') or x.typtype = 'b' and x.typelem = 0)
      and x.typnamespace not in (select oid from temporary)`),
  rowsByTransaction('pg_enum x'),
  rowsByTransaction('pg_proc x where x.pronamespace in (select oid from served)'),
  rowsByTransaction(`pg_description x
      where x.classoid = 'pg_catalog.pg_class'::regclass and x.objoid = ${relations}`),
  rowsByTransaction(`pg_description x
      where x.classoid = 'pg_catalog.pg_proc'::regclass and x.objoid = ${routines}`),
]

/** An expression over `served` and `tracked`. A row and not concat_ws, which would let a part move into the place of a missing one. */
export const fingerprintExpression = `md5(row(${parts.join(',\n    ')})::text)`

/** One row, one column: the fingerprint. Bind the schemas. */
export const fingerprintSql = `with ${served},${tracked}
select ${fingerprintExpression}`
