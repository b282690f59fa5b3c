/** The commands there are: what each is for, its flags, and where its role lives. */
import type * as z from 'zod'
import { checkOptions, eventsActions, eventsOptions, noOptions, waitOptions } from './options.ts'
import type { Role } from './role.ts'

export interface Command {
  /** One line, for the list of commands. */
  readonly summary: string
  /** What it does and what to expect, for its manual; a paragraph each. */
  readonly manual: readonly string[]
  /** The word that must follow its name, where there is one, and what each does. */
  readonly actions?: Readonly<Record<string, string>>
  /** Its own flags. */
  readonly options: z.ZodObject
  /** Whether it reads the configuration, so that every key of it is a flag. */
  readonly configured: boolean
  /** Loads the role; dynamic, so that no command pays for what another needs. */
  readonly load: () => Promise<Role>
}

export const commands = {
  serve: {
    summary: 'runs the gateway',
    manual: [
      'Reads the configuration, opens the three listeners (API, probes and metrics, administration) and serves until SIGTERM or SIGINT. Wrong configuration ends the process before a port opens.',
      'On SIGTERM it stops being ready, lets requests under way finish, cancels the rest and exits with 0. A second signal skips the waiting.',
    ],
    options: noOptions,
    configured: true,
    load: () => import('./serve.ts'),
  },
  check: {
    summary: 'validates the configuration, then the database against it',
    manual: [
      'Reports every fault at once: of all files, variables and flags, each with its key and its place in the file. Unless --offline is given it then connects to the database, asks for its role and reads its catalogue, as the gateway would, and warns of names in api.hide and api.relations that fit nothing in it.',
      'Opens no port and changes nothing.',
    ],
    options: checkOptions,
    configured: true,
    load: () => import('./check.ts'),
  },
  openapi: {
    summary: 'prints the OpenAPI 3.1 document of the API',
    manual: ['Connects to the database, reads its catalogue and prints what the gateway would serve.'],
    options: noOptions,
    configured: true,
    load: () => import('./openapi.ts'),
  },
  events: {
    summary: 'lets the database announce changes of its schema',
    manual: [
      'A gateway notices a changed schema by polling (schema.poll), or within a second when the database announces it. On PostgreSQL that takes a function and two event triggers, which only a superuser may create, or a role to which the provider gave that right. Name that user for this command, by --database.user or the environment; the gateway keeps its own.',
      'install works in one transaction, says what it made, and does nothing where all is there already. The gateway itself never installs anything in your database.',
    ],
    actions: eventsActions,
    options: eventsOptions,
    configured: true,
    load: () => import('./events.ts'),
  },
  wait: {
    summary: 'blocks until a gateway is ready',
    manual: [
      'Asks the readiness probe again and again until it answers with 200. For hosts without native sidecars: as a postStart hook it holds back the containers that need the gateway.',
    ],
    options: waitOptions,
    configured: false,
    load: () => import('./wait.ts'),
  },
  demo: {
    summary: 'in a checkout (make run): runs the gateway with a private PostgreSQL and a sample shop',
    manual: [
      'Starts a PostgreSQL of its own with a sample shop in it, and the gateway in front of it. Nothing else needs to be installed, and nothing is left behind.',
      'It needs the npm packages of a checkout: the image has no PostgreSQL.',
    ],
    options: noOptions,
    configured: true,
    load: () => import('./demo.ts'),
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof commands

export const isCommand = (word: string): word is CommandName => Object.hasOwn(commands, word)
