/** What makes a PostgreSQL database announce changes of its schema: two event triggers and their function; looked at, installed, taken away. */
import type { Announcer, AnnouncerChange, AnnouncerStatus, Connection } from '#engine/engine.ts'
import { schemaChannel } from './changes.ts'

interface Limits {
  readonly deadline: number
  readonly signal: AbortSignal
}

/** Tells the schema `postern` that install made from one that was there before. */
const schemaComment = 'Made by postern events install'

/**
 * An announcement that fails must not fail the DDL, temporary tables come and go too often to be told (before version
 * 15 the defaults that go with them are not said to be temporary), and refreshing a materialised view is no change.
 * Event triggers do not fire for roles, which polling notices.
 */
const functionBody = `
DECLARE
  relevant boolean;
BEGIN
  IF TG_EVENT = 'sql_drop' THEN
    relevant := EXISTS (SELECT FROM pg_event_trigger_dropped_objects() o
                        WHERE NOT o.is_temporary AND (o.original OR o.object_type <> 'default value'));
  ELSE
    relevant := EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c
                        WHERE c.schema_name IS DISTINCT FROM 'pg_temp');
  END IF;
  IF relevant AND TG_TAG <> 'REFRESH MATERIALIZED VIEW' THEN
    PERFORM pg_notify('${schemaChannel}', '');
  END IF;
EXCEPTION WHEN OTHERS THEN
  NULL;
END
`

/**
 * Takes away what announces. Installing begins with it rather than with CREATE OR REPLACE, which leaves a function to the
 * owner it has: somebody who made one before could change it later, and it runs with the rights of whoever runs DDL.
 */
const removal: readonly string[] = [
  'DROP EVENT TRIGGER IF EXISTS postern_ddl_command_end',
  'DROP EVENT TRIGGER IF EXISTS postern_sql_drop',
  'DROP FUNCTION IF EXISTS postern.announce_schema_change()',
]

/**
 * Statements that make the database announce changes of its schema; one by one or in one transaction, any number of
 * times. They need a superuser (or what the provider gives instead, such as rds_superuser), write into the user's
 * database and therefore are never run unasked; without them the watch polls.
 */
export const announcerInstall: readonly string[] = [
  `DO $$
BEGIN
  IF pg_catalog.to_regnamespace('postern') IS NULL THEN
    CREATE SCHEMA postern;
    COMMENT ON SCHEMA postern IS '${schemaComment}';
  END IF;
END
$$`,
  ...removal,
  `CREATE FUNCTION postern.announce_schema_change() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = '' AS $$${functionBody}$$`,
  `CREATE EVENT TRIGGER postern_ddl_command_end ON ddl_command_end
EXECUTE FUNCTION postern.announce_schema_change()`,
  `CREATE EVENT TRIGGER postern_sql_drop ON sql_drop
EXECUTE FUNCTION postern.announce_schema_change()`,
]

/** Undoes announcerInstall. Leaves a schema `postern` that was there before, or that holds more by now. */
export const announcerUninstall: readonly string[] = [
  ...removal,
  `DO $$
BEGIN
  IF pg_catalog.obj_description(pg_catalog.to_regnamespace('postern'), 'pg_namespace') = '${schemaComment}' THEN
    DROP SCHEMA postern;
  END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
  NULL;
END
$$`,
]

/** `$1`: the body the function should have. A row for each part, the schema first: its name, is it there, is it right. Every user may read these catalogues. */
const partsSql = `
with announce as (
  select p.oid, p.proowner, p.prosrc = $1 and p.prorettype = 'pg_catalog.event_trigger'::pg_catalog.regtype and not p.prosecdef
    and p.proconfig = array['search_path=""'] and l.lanname = 'plpgsql' as fits
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where n.nspname = 'postern' and p.proname = 'announce_schema_change' and p.pronargs = 0
)
select 'schema postern', exists (select from pg_catalog.pg_namespace where nspname = 'postern'), true, 1 as place
union all
select 'function postern.announce_schema_change()', exists (select from announce),
  coalesce((select a.fits from announce a), false), 2
union all
select 'event trigger ' || e.name, t.oid is not null,
  coalesce(t.evtevent = e.event and (t.evtfoid, t.evtowner) in (select a.oid, a.proowner from announce a)
    and t.evttags is null
    and t.evtenabled in ('O', 'A'), false), e.place
from (values ('postern_ddl_command_end', 'ddl_command_end', 3), ('postern_sql_drop', 'sql_drop', 4)) e (name, event, place)
left join pg_catalog.pg_event_trigger t on t.evtname = e.name
order by place`

const installerSql = `
select r.rolname, r.rolsuper, pg_catalog.pg_is_in_recovery() from pg_catalog.pg_roles r where r.rolname = current_user`

async function status(c: Connection, o: Limits): Promise<AnnouncerStatus> {
  const parts = (await c.query(partsSql, [functionBody], o)).map(([name, there, right]) => ({
    name: String(name),
    state: there !== 't' ? ('missing' as const) : right === 't' ? ('right' as const) : ('different' as const),
  }))
  const [[user, superuser, standby] = []] = await c.query(installerSql, [], o)
  // The schema alone announces nothing.
  const working = parts.slice(1)
  const state = working.every((part) => part.state === 'missing')
    ? 'absent'
    : working.every((part) => part.state === 'right')
      ? 'installed'
      : 'outdated'
  return { state, parts, installer: installerOf(String(user), superuser === 't', standby === 't') }
}

function installerOf(user: string, superuser: boolean, standby: boolean): AnnouncerStatus['installer'] {
  if (standby)
    return { user, may: false, why: 'the server is a standby; the primary is the place to install' }
  if (superuser) return { user, may: true, why: 'it is a superuser' }
  const why =
    'it is no superuser (some providers let other roles create event triggers: install tries, and changes nothing when it is refused)'
  return { user, may: false, why }
}

/** Runs the statements in one transaction unless `done` says that there is nothing to do; one at a time in a database. */
async function change(
  c: Connection,
  o: Limits,
  statements: readonly string[],
  done: (before: AnnouncerStatus) => boolean,
): Promise<AnnouncerChange> {
  // Whoever waited for the lock must see what the one before did.
  await c.query('BEGIN ISOLATION LEVEL READ COMMITTED', [], o)
  try {
    await c.query(`SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('postern events'))`, [], o)
    const before = await status(c, o)
    if (!done(before)) for (const statement of statements) await c.query(statement, [], o)
    const after = await status(c, o)
    await c.query('COMMIT', [], o)
    return { before, after }
  } catch (error) {
    // The reason is worth more than what a lost session says to this; the server takes back what is not committed.
    await c.query('ROLLBACK', [], o).catch(() => {})
    throw error
  }
}

const scriptOf = (statements: readonly string[]): string =>
  `${['BEGIN', ...statements, 'COMMIT'].map((statement) => `${statement};`).join('\n')}\n`

export const announcer: Announcer = {
  scripts: { install: scriptOf(announcerInstall), uninstall: scriptOf(announcerUninstall) },
  status,
  install: (c, o) => change(c, o, announcerInstall, (before) => before.state === 'installed'),
  uninstall: (c, o) => change(c, o, announcerUninstall, (before) => before.state === 'absent'),
}
