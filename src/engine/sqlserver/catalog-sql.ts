/** The statements that read the catalogue, from sys views alone. Each cell is text or a whole number. */
import { procedures, routines, served, tableFunctions, tables } from './fingerprint-sql.ts'

const may = (permission: string) => `HAS_PERMS_BY_NAME(o.quoted, N'OBJECT', N'${permission}')`
const mayColumn = (permission: string) =>
  `HAS_PERMS_BY_NAME(o.quoted, N'OBJECT', N'${permission}', c.name, N'COLUMN')`

const comment = (column: string) => `(SELECT CAST(x.value AS nvarchar(4000)) FROM sys.extended_properties x
    WHERE x.class = 1 AND x.major_id = o.object_id AND x.minor_id = ${column} AND x.name = N'MS_Description')`

/**
 * Name, length, digits and scale of a type: alias types by the type they stand for, user-defined CLR types by their own
 * name. A type that this user may not know of has no name.
 */
const type = (of: string) => `CASE WHEN t.is_table_type = 1 OR ${of}.system_type_id = 243 THEN N'table'
    WHEN t.is_assembly_type = 1 AND t.is_user_defined = 1
      THEN QUOTENAME(SCHEMA_NAME(t.schema_id)) + N'.' + QUOTENAME(t.name)
    WHEN t.is_assembly_type = 1 THEN t.name ELSE b.name END,
  CAST(${of}.max_length AS int), CAST(${of}.precision AS int), CAST(${of}.scale AS int)`

const typeJoins = (of: string) => `
LEFT JOIN sys.types t ON t.user_type_id = ${of}.user_type_id
LEFT JOIN sys.types b ON b.user_type_id = ${of}.system_type_id`

/** Filled by the server, whoever writes: computed and period columns, and rowversion, whose older name is timestamp. */
const generated = `c.is_computed = 1 OR c.generated_always_type <> 0 OR b.name = N'timestamp'`

/** Bind the schemas as a JSON array, but for the first two. */
export const catalogSql = {
  server: `SELECT SCHEMA_NAME(), CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)),
  CAST(SERVERPROPERTY('EngineEdition') AS int),
  (SELECT CAST(d.compatibility_level AS int) FROM sys.databases d WHERE d.name = DB_NAME())`,

  schemas: `SELECT s.name FROM sys.schemas s`,

  // The history of a temporal table can be read only. Bits of the events: 1 insert, 2 update, 4 delete.
  relations: `${served(tables)}
SELECT o.object_id, o.[schema], o.name, o.type,
  ${may('SELECT')}, ${may('INSERT')}, ${may('UPDATE')}, ${may('DELETE')},
  (SELECT COUNT(*) FROM sys.tables h WHERE h.object_id = o.object_id AND h.temporal_type = 1),
  (SELECT COALESCE(SUM(DISTINCT CASE e.type WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 4 ELSE 0 END), 0)
   FROM sys.triggers g JOIN sys.trigger_events e ON e.object_id = g.object_id
   WHERE g.parent_id = o.object_id AND g.is_instead_of_trigger = 1 AND g.is_disabled = 0),
  ${comment('0')}
FROM o`,

  // Only who may alter a table may write its identity (SET IDENTITY_INSERT).
  // Columns are asked about one by one only where some have permissions of their own. Hidden ones are left out, as by SELECT *.
  columns: `${served(`${tables}, ${tableFunctions}`)}
SELECT o.object_id, c.name, ${type('c')}, c.collation_name, CAST(c.is_nullable AS int),
  CASE WHEN c.default_object_id <> 0 OR c.is_identity = 1 OR ${generated} THEN 1 ELSE 0 END,
  CASE WHEN ${generated} THEN N'always' WHEN c.is_identity = 0 THEN N'no'
    WHEN ${may('ALTER')} = 1 THEN N'identity' ELSE N'always' END,
  (SELECT f.language_id FROM sys.fulltext_index_columns f JOIN sys.fulltext_indexes i ON i.object_id = f.object_id
   WHERE f.object_id = c.object_id AND f.column_id = c.column_id AND i.is_enabled = 1),
  CASE WHEN p.major_id IS NOT NULL THEN ${mayColumn('SELECT')} END,
  CASE WHEN p.major_id IS NOT NULL THEN ${mayColumn('UPDATE')} END,
  ${comment('c.column_id')}
FROM o JOIN sys.columns c ON c.object_id = o.object_id AND c.is_hidden = 0${typeJoins('c')}
LEFT JOIN (SELECT DISTINCT q.major_id FROM sys.database_permissions q WHERE q.class = 1 AND q.minor_id <> 0) p
  ON p.major_id = o.object_id
ORDER BY c.object_id, c.column_id`,

  keys: `${served(tables)}
SELECT o.object_id, i.name, CAST(i.is_primary_key AS int), i.filter_definition, c.name
FROM o JOIN sys.indexes i ON i.object_id = o.object_id
JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.is_unique = 1 AND i.is_disabled = 0 AND i.is_hypothetical = 0 AND k.key_ordinal > 0
ORDER BY i.object_id, i.index_id, k.key_ordinal`,

  foreignKeys: `${served(tables)}
SELECT o.object_id, f.name, a.name, f.referenced_object_id, b.name
FROM o JOIN sys.foreign_keys f ON f.parent_object_id = o.object_id
JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id
JOIN sys.columns a ON a.object_id = k.parent_object_id AND a.column_id = k.parent_column_id
JOIN sys.columns b ON b.object_id = k.referenced_object_id AND b.column_id = k.referenced_column_id
ORDER BY f.object_id, k.constraint_column_id`,

  // What may be kept there already is no proof when the rows were not looked at.
  checks: `${served(tables)}
SELECT o.object_id, k.definition
FROM o JOIN sys.check_constraints k ON k.parent_object_id = o.object_id
WHERE k.is_disabled = 0 AND k.is_not_trusted = 0 AND k.definition LIKE N'%isjson%'`,

  // Only the server's own analysis of the query tells which columns of a view can be written, and of which tables they are.
  views: `${served(`'V'`)}
SELECT o.object_id, d.name, CAST(d.is_updateable AS int), d.source_schema, d.source_table, d.source_column
FROM o CROSS APPLY sys.dm_exec_describe_first_result_set(N'SELECT * FROM ' + o.quoted, NULL, 1) d
WHERE d.is_hidden = 0 AND d.name IS NOT NULL`,

  // The defaults of parameters are told by the text of the routine alone.
  routines: `${served(routines)}
SELECT o.object_id, o.[schema], o.name, o.type,
  CASE WHEN o.type IN (${tableFunctions}) THEN ${may('SELECT')} ELSE ${may('EXECUTE')} END,
  OBJECT_DEFINITION(o.object_id), ${comment('0')}
FROM o`,

  parameters: `${served(routines)}
SELECT o.object_id, p.name, p.parameter_id, ${type('p')}, CAST(p.is_output AS int), CAST(p.has_default_value AS int)
FROM o JOIN sys.all_parameters p ON p.object_id = o.object_id${typeJoins('p')}
ORDER BY p.object_id, p.parameter_id`,

  // A row without a name is why the server cannot tell, such as dynamic SQL.
  results: `${served(procedures)}
SELECT o.object_id, d.name, ${type('d')}, d.error_number
FROM o CROSS APPLY sys.dm_exec_describe_first_result_set_for_object(o.object_id, 0) d${typeJoins('d')}
WHERE d.is_hidden = 0 OR d.error_number IS NOT NULL
ORDER BY o.object_id, d.column_ordinal`,
} as const
