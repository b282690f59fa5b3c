/** The SQL that reads the catalogue and its fingerprint: information_schema, one statement for each kind of thing in one database. */

/** One row: the default database, the version, how names of tables are compared, the roles in force, and who we are. */
export const serverSql =
  'SELECT DATABASE(), VERSION(), @@lower_case_table_names, CURRENT_ROLE(), CURRENT_USER()'

/** Databases this user may know of. */
export const schemasSql = 'SELECT SCHEMA_NAME FROM information_schema.SCHEMATA'

/** What the user may do, roles included; `roles` is what CURRENT_ROLE() gave, already quoted as MySQL reads it. */
export const grantsSql = ({ mariadb, roles }: { mariadb: boolean; roles: string | null }): string =>
  mariadb || roles === null || roles === 'NONE'
    ? 'SHOW GRANTS'
    : `SHOW GRANTS FOR CURRENT_USER() USING ${roles}`

/**
 * What in the text of a procedure may end the transaction of its CALL (MySQL Reference Manual, "Statements That Cause an Implicit
 * Commit"), hide that it does, or go on after an error that has: a handler for deadlocks. CREATE and DROP of what is TEMPORARY do not.
 * A word too many costs repetitions only. Without backslashes, which not every sql_mode reads alike, and question marks.
 */
const commits =
  '(^|[^a-z0-9_])(' +
  '(create|drop)([^a-z0-9_[:space:]]|[[:space:]]+([^t[:space:]]|t[^e]|te[^m]|tem[^p]))|' +
  '(commit|rollback|start|autocommit|call|execute|alter|truncate|rename|grant|revoke|lock|unlock|' +
  'analyze|optimize|repair|check|load|install|uninstall|flush|reset|xa|others|' +
  '(handler|condition)[[:space:]]+for[^;]*[^a-z0-9_](sqlexception|hy000|40001|1205|1213))([^a-z0-9_]|$))'

/** Rows of one kind; the catalogue reads them, the fingerprint digests them. */
export interface Source {
  readonly from: string
  /** The column that holds the database; undefined for what is the server's. */
  readonly schema: string | undefined
  readonly columns: readonly string[]
  readonly where?: string
  readonly order?: string
}

export const sources = {
  tables: {
    from: 'TABLES',
    schema: 'TABLE_SCHEMA',
    columns: ['TABLE_NAME', 'TABLE_TYPE', 'TABLE_COMMENT'],
  },
  columns: {
    from: 'COLUMNS',
    schema: 'TABLE_SCHEMA',
    columns: [
      'TABLE_NAME',
      'COLUMN_NAME',
      'COLUMN_TYPE',
      'IS_NULLABLE',
      'COLUMN_DEFAULT',
      'EXTRA',
      'PRIVILEGES',
      'COLUMN_COMMENT',
      'COLLATION_NAME',
      'ORDINAL_POSITION',
    ],
    order: 'TABLE_NAME, ORDINAL_POSITION',
  },
  /** Unique and full text indexes; parts of columns and expressions have a NULL or a length that tells. */
  indexes: {
    from: 'STATISTICS',
    schema: 'TABLE_SCHEMA',
    columns: ['TABLE_NAME', 'INDEX_NAME', 'COLUMN_NAME', 'SUB_PART', 'INDEX_TYPE', 'SEQ_IN_INDEX'],
    where: "(NON_UNIQUE = 0 OR INDEX_TYPE = 'FULLTEXT')",
    order: 'TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX',
  },
  foreignKeys: {
    from: 'KEY_COLUMN_USAGE',
    schema: 'TABLE_SCHEMA',
    columns: [
      'TABLE_NAME',
      'CONSTRAINT_NAME',
      'COLUMN_NAME',
      'REFERENCED_TABLE_SCHEMA',
      'REFERENCED_TABLE_NAME',
      'REFERENCED_COLUMN_NAME',
      'ORDINAL_POSITION',
    ],
    where: 'REFERENCED_TABLE_NAME IS NOT NULL',
    order: 'TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION',
  },
  views: {
    from: 'VIEWS',
    schema: 'TABLE_SCHEMA',
    columns: ['TABLE_NAME', 'VIEW_DEFINITION', 'IS_UPDATABLE'],
  },
  routines: {
    from: 'ROUTINES',
    schema: 'ROUTINE_SCHEMA',
    columns: [
      'ROUTINE_NAME',
      'ROUTINE_TYPE',
      'SQL_DATA_ACCESS',
      'ROUTINE_COMMENT',
      'CAST(LAST_ALTERED AS CHAR)',
      `LOWER(ROUTINE_DEFINITION) NOT REGEXP '${commits}'`,
    ],
    where: "ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE')",
  },
  /** Position 0 is what a function returns. */
  parameters: {
    from: 'PARAMETERS',
    schema: 'SPECIFIC_SCHEMA',
    columns: [
      'SPECIFIC_NAME',
      'ROUTINE_TYPE',
      'PARAMETER_NAME',
      'PARAMETER_MODE',
      'DTD_IDENTIFIER',
      'ORDINAL_POSITION',
    ],
    where: "ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE')",
    order: 'SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION',
  },
  /** MariaDB's JSON is a LONGTEXT with a check. MySQL has a type of its own, and no TABLE_NAME here. */
  checks: {
    from: 'CHECK_CONSTRAINTS',
    schema: 'CONSTRAINT_SCHEMA',
    columns: ['TABLE_NAME', 'CHECK_CLAUSE'],
    where: "CHECK_CLAUSE LIKE 'json_valid(%'",
  },
  /** That the user may do this or that, apart from what COLUMNS tells; SHOW GRANTS says it too, but in no expression. */
  tableGrants: {
    from: 'TABLE_PRIVILEGES',
    schema: 'TABLE_SCHEMA',
    columns: ['GRANTEE', 'TABLE_NAME', 'PRIVILEGE_TYPE'],
  },
  schemaGrants: {
    from: 'SCHEMA_PRIVILEGES',
    schema: undefined,
    columns: ['GRANTEE', 'TABLE_SCHEMA', 'PRIVILEGE_TYPE'],
  },
  userGrants: { from: 'USER_PRIVILEGES', schema: undefined, columns: ['GRANTEE', 'PRIVILEGE_TYPE'] },
} as const satisfies Record<string, Source>

export type SourceName = keyof typeof sources

/** Sources that a server has, in the order of the fingerprint. */
export const sourcesOf = ({ mariadb }: { mariadb: boolean }): readonly SourceName[] =>
  (Object.keys(sources) as SourceName[]).filter((name) => mariadb || name !== 'checks')

/** A condition that compares with one value is what MariaDB needs, so that it looks into no other database. */
const conditionOf = ({ schema, where }: Source): string => {
  const all = [...(schema === undefined ? [] : [`${schema} = ?`]), ...(where === undefined ? [] : [where])]
  return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`
}

/** All rows of a source; bind the database, if it has one. */
export function rowsSql(source: Source): string {
  const order = source.order === undefined ? '' : ` ORDER BY ${source.order}`
  return `SELECT ${source.columns.join(', ')} FROM information_schema.${source.from}${conditionOf(source)}${order}`
}

/** Between the texts of a row, and in place of NULL: characters that no name holds. */
export const separator = '\u0001'
export const nothing = '\u0002'

/** An expression: the digest of those rows, as fingerprint.ts makes it too; bind as for `rowsSql`. */
export function digestSql(source: Source): string {
  // The columns of information_schema have character sets and collations that do not go together.
  const texts = source.columns
    .map((column) => `IFNULL(CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_bin, '${nothing}')`)
    .join(', ')
  const row = `CONCAT_WS('${separator}', ${texts})`
  // Sixteen digits of a digest as a number; CONV gives it as text.
  const part = `CAST(CONV(LEFT(SHA2(${row}, 256), 16), 16, 10) AS UNSIGNED)`
  return `(SELECT CONCAT_WS(':', COUNT(*), BIT_XOR(${part})) FROM information_schema.${source.from}${conditionOf(source)})`
}
