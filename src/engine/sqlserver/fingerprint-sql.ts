/** The SQL of the schema fingerprint, and the part of it that the catalogue's statements share. */

/**
 * `WITH o AS …`: objects of these types in the served schemas (`@p1`: JSON array of their names, as the server spells
 * them), with `[schema]`, `name` and `quoted`. What Microsoft's own tools left in the database is no part of it.
 */
export const served = (types: string): string => `WITH o AS (
  SELECT o.object_id, s.name AS [schema], o.name, RTRIM(o.type) AS type, o.modify_date,
    QUOTENAME(s.name) + N'.' + QUOTENAME(o.name) AS quoted
  FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
  WHERE s.name IN (SELECT j.value COLLATE DATABASE_DEFAULT FROM OPENJSON(@p1) j)
    AND o.type IN (${types}) AND o.is_ms_shipped = 0
    AND NOT EXISTS (SELECT 1 FROM sys.extended_properties m
      WHERE m.class = 1 AND m.major_id = o.object_id AND m.minor_id = 0
        AND m.name = N'microsoft_database_tools_support')
)`

const list = (types: readonly string[]) => types.map((type) => `'${type}'`).join(', ')

/** Types of sys.objects. */
export const tables = list(['U', 'V'])
export const procedures = list(['P', 'PC'])
export const tableFunctions = list(['IF', 'TF', 'FT'])
export const routines = list(['P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT'])

/** Names that differ in case only are different here, whatever the collation of the database. */
const exact = (name: string) => `${name} COLLATE Latin1_General_100_BIN2`

/** How many rows there are, and a number that changes with any of them, whatever their order. */
const sumOf = (of: readonly string[], from: string) =>
  `(SELECT CONCAT(COUNT_BIG(*), N':', SUM(CAST(CHECKSUM(${of.join(', ')}) AS bigint))) FROM ${from})`

const parts = [
  `CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128))`,
  `SCHEMA_NAME()`,
  `USER_NAME()`,
  sumOf(
    ['o.object_id', exact('o.[schema]'), exact('o.name'), `CONVERT(varchar(30), o.modify_date, 126)`],
    'o',
  ),
  // A table is modified by ALTER TABLE, and a module by ALTER; what is renamed, indexed or described, is not always.
  sumOf(
    [
      ...'object_id column_id user_type_id max_length precision scale is_nullable default_object_id is_identity'
        .split(' ')
        .map((name) => `c.${name}`),
      ...'is_computed generated_always_type is_hidden collation_name'.split(' ').map((name) => `c.${name}`),
      exact('c.name'),
    ],
    'o JOIN sys.columns c ON c.object_id = o.object_id',
  ),
  sumOf(
    [
      ...'object_id index_id is_unique is_primary_key is_disabled'.split(' ').map((name) => `i.${name}`),
      exact('i.name'),
      exact('i.filter_definition'),
    ],
    'o JOIN sys.indexes i ON i.object_id = o.object_id AND i.is_unique = 1',
  ),
  sumOf(
    'object_id index_id column_id key_ordinal'.split(' ').map((name) => `k.${name}`),
    `o JOIN sys.indexes i ON i.object_id = o.object_id AND i.is_unique = 1
      JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id`,
  ),
  sumOf(
    [
      'k.constraint_object_id',
      'k.parent_column_id',
      'k.referenced_object_id',
      'k.referenced_column_id',
      exact('f.name'),
    ],
    `o JOIN sys.foreign_keys f ON f.parent_object_id = o.object_id
      JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id`,
  ),
  sumOf(
    ['k.object_id', 'k.is_disabled', 'k.is_not_trusted', exact('k.definition')],
    'o JOIN sys.check_constraints k ON k.parent_object_id = o.object_id',
  ),
  sumOf(
    ['g.object_id', 'g.is_disabled', `CONVERT(varchar(30), g.modify_date, 126)`],
    'o JOIN sys.triggers g ON g.parent_id = o.object_id AND g.is_instead_of_trigger = 1',
  ),
  sumOf(
    ['x.major_id', 'x.minor_id', exact('CAST(x.value AS nvarchar(4000))')],
    `o JOIN sys.extended_properties x ON x.class = 1 AND x.major_id = o.object_id AND x.name = N'MS_Description'`,
  ),
  sumOf(
    ['f.object_id', 'f.column_id', 'f.language_id', 'i.is_enabled'],
    `o JOIN sys.fulltext_index_columns f ON f.object_id = o.object_id
      JOIN sys.fulltext_indexes i ON i.object_id = f.object_id`,
  ),
  sumOf(
    'class major_id minor_id grantee_principal_id type state'.split(' ').map((name) => `p.${name}`),
    'sys.database_permissions p WHERE p.major_id >= 0',
  ),
  sumOf(['m.role_principal_id', 'm.member_principal_id'], 'sys.database_role_members m'),
]

/** One row, one column: the fingerprint. Bind the schemas as a JSON array. */
export const fingerprintSql = `${served(`${tables}, ${routines}`)}
SELECT CONVERT(varchar(64), HASHBYTES('SHA2_256', CONCAT(${parts.join(", N'|',\n  ")})), 2)`
