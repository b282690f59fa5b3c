/** SHOW GRANTS → what information_schema does not tell of every user: who may delete rows and execute routines. Pure. */

/** What the grants are about; `name` of a table or routine. */
export interface GrantedObject {
  readonly kind: 'table' | 'function' | 'procedure'
  readonly schema: string
  readonly name: string
}

export interface Grants {
  /** A lower bound: what a grant says that is not understood here is not granted. */
  allows(privilege: 'DELETE' | 'EXECUTE', object: GrantedObject): boolean
}

interface Grant {
  readonly revoked: boolean
  readonly privileges: ReadonlySet<string>
  readonly kind: GrantedObject['kind']
  /** Undefined: all of them. */
  readonly schema: string | undefined
  readonly name: string | undefined
}

const quoted = '`((?:[^`]|``)+)`'
const form = new RegExp(
  String.raw`^(GRANT|REVOKE) (.+?) ON (?:(TABLE|FUNCTION|PROCEDURE) )?(?:\*|${quoted})\.(?:\*|${quoted}) (?:TO|FROM) `,
  's',
)

/**
 * Lines of SHOW GRANTS, those of the roles in force among them. A name of a database in a grant on all of it is a LIKE
 * pattern (MySQL Reference Manual, "GRANT Statement"); a REVOKE (partial revokes, MySQL 8) takes a database from a
 * global grant.
 */
export function readGrants(lines: readonly string[]): Grants {
  const grants = lines.map(readGrant).filter((grant) => grant !== undefined)
  const applies = (grant: Grant, privilege: string, object: GrantedObject): boolean => {
    if (!grant.privileges.has(privilege) && !grant.privileges.has('ALL PRIVILEGES')) return false
    if (grant.schema === undefined) return true
    if (grant.name === undefined) return matches(grant.schema, object.schema)
    return grant.kind === object.kind && grant.schema === object.schema && grant.name === object.name
  }
  return {
    allows(privilege, object) {
      const found = grants.filter((grant) => applies(grant, privilege, object))
      const taken = found.some((grant) => grant.revoked)
      return found.some((grant) => !grant.revoked && !(taken && grant.schema === undefined))
    },
  }
}

function readGrant(line: string): Grant | undefined {
  const [, verb, privileges, kind, schema, name] = form.exec(line) ?? []
  if (privileges === undefined) return undefined
  return {
    revoked: verb === 'REVOKE',
    // Lists of columns follow some of them.
    privileges: new Set(privileges.replaceAll(/ ?\([^)]*\)/g, '').split(', ')),
    kind: kind === 'FUNCTION' ? 'function' : kind === 'PROCEDURE' ? 'procedure' : 'table',
    schema: schema?.replaceAll('``', '`'),
    name: name?.replaceAll('``', '`'),
  }
}

/** `%` any characters, `_` one, `\` takes both their meaning. */
function matches(pattern: string, name: string): boolean {
  const source = pattern.replaceAll(/\\([%_\\])|([%_])|[.*+?^${}()|[\]\\]/g, (all, literal, wild) => {
    if (literal !== undefined) return literal === '\\' ? '\\\\' : String(literal)
    if (wild !== undefined) return wild === '%' ? '.*' : '.'
    return `\\${all}`
  })
  return new RegExp(`^${source}$`, 's').test(name)
}
