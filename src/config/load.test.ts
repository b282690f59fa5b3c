import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { faultLine } from './fault.ts'
import { loadCommand, loadConfig, loadOptions } from './load.ts'

interface World {
  argv?: string[]
  env?: Record<string, string>
  files?: Record<string, string>
}
function sources({ argv = [], env = {}, files = {} }: World) {
  const missing = () => Object.assign(new Error('missing'), { code: 'ENOENT' })
  return {
    argv,
    env,
    files: {
      read: (path: string) => {
        const text = files[path]
        if (text === undefined) throw missing()
        return text
      },
      list: (directory: string) => {
        const names = Object.keys(files).filter((path) => path.startsWith(`${directory}/`))
        if (names.length === 0) throw missing()
        return names.map((path) => path.slice(directory.length + 1))
      },
    },
  }
}
/** The configuration; fails the test when there is none. */
function config(world: World) {
  const loaded = loadConfig(sources({ ...world, argv: ['--database.host=db', ...(world.argv ?? [])] }))
  if ('faults' in loaded) throw new Error(loaded.faults.map(faultLine).join('\n'))
  return loaded.config
}
function faults(world: World): string[] {
  const loaded = loadConfig(sources({ ...world, argv: ['--database.host=db', ...(world.argv ?? [])] }))
  return 'faults' in loaded ? loaded.faults.map(faultLine) : []
}
const file = (text: string): World => ({ argv: ['--config=c.yaml'], files: { 'c.yaml': text } })

describe('sources', () => {
  test('a flag wins over the environment, the environment over a file, a file over the default', () => {
    expect(config({}).pools.maxConnecting).toBe(2)
    const world = file('pools: {maxConnecting: 20}')
    expect(config(world).pools.maxConnecting).toBe(20)
    expect(config({ ...world, env: { POSTERN_POOLS_MAX_CONNECTING: '30' } }).pools.maxConnecting).toBe(30)
    const flagged = {
      ...world,
      argv: ['--config=c.yaml', '--pools.maxConnecting=40'],
      env: { POSTERN_POOLS_MAX_CONNECTING: '30' },
    }
    expect(config(flagged).pools.maxConnecting).toBe(40)
  })

  test('files of a folder are merged in the order of their names, groups deeply and lists as a whole', () => {
    const files = {
      '/etc/p/20-b.yml': 'pools: {max: 7}\napi: {schemas: [b]}',
      '/etc/p/10-a.yaml': 'pools: {max: 5, min: 2}\napi: {schemas: [a, c], hide: [x]}',
      '/etc/p/..data': 'never: read',
      '/etc/p/..2026_11_25': 'never: read',
      '/etc/p/.hidden.yaml': 'never: read',
      '/etc/p/notes.txt': 'never: read',
      'one.yaml': 'pools: {max: 9}',
    }
    const merged = config({ argv: ['--config-dir=/etc/p'], files })
    expect(merged.pools).toMatchObject({ max: 7, min: 2 })
    expect(merged.api).toMatchObject({ schemas: ['b'], hide: ['x'] })
    expect(
      config({ env: { POSTERN_CONFIG_DIR: '/etc/p', POSTERN_CONFIG: 'one.yaml' }, files }).pools,
    ).toMatchObject({
      max: 9,
      min: 2,
    })
  })

  test('texts become what their key wants', () => {
    const env = {
      POSTERN_POOLS_MAX: '12',
      POSTERN_POOLS_ACQUIRE_TIMEOUT: '2s',
      POSTERN_API_DEVELOPMENT: 'true',
      POSTERN_API_SCHEMAS: 'shop, "x',
      POSTERN_DEADLINES_RULES: '[{"path": "/reports/**", "deadline": "30s"}]',
      POSTERN_LIMITS_BODY: '1MiB',
      POSTERN_API_RELATIONS: '{"orders": {"customer": "payer"}}',
      POSTERN_DATABASE_PASSWORD: '12345',
    }
    expect(config({ env })).toMatchObject({
      database: { password: '12345' },
      pools: { max: 12, acquireTimeout: 2000 },
      api: { development: true, schemas: ['shop', '"x'], relations: { orders: { customer: 'payer' } } },
      deadlines: { rules: [{ path: '/reports/**', deadline: 30_000, methods: [] }] },
      limits: { body: 1024 ** 2 },
    })
  })

  test('references work in every source, and for numbers and lists too', () => {
    const world = {
      argv: ['--config=c.yaml', '--database.user=${USER_NAME}'],
      env: { PORT: '5433', SCHEMAS: 'a,b', USER_NAME: 'u', POSTERN_DATABASE_PASSWORD: 'file:/run/pw' },
      files: {
        'c.yaml': "database: {port: '${PORT}'}\napi: {schemas: '${SCHEMAS}', hide: ['${USER_NAME}.*']}",
        '/run/pw': 'p$${w\n',
      },
    }
    expect(config(world)).toMatchObject({
      database: { port: 5433, user: 'u', password: 'p$${w' },
      api: { schemas: ['a', 'b'], hide: ['u.*'] },
    })
  })

  test('a group with every key commented out is an empty group', () => {
    expect(config(file('pools:\n  # maxConnecting: 5\n')).pools.maxConnecting).toBe(2)
  })

  test('names that mean something to JavaScript mean nothing', () => {
    expect(faults(file('__proto__: {x: 1}\nconstructor: 1'))).toHaveLength(2)
    expect(config(file('api: {relations: {constructor: {toString: x}}}')).api.relations).toEqual({
      constructor: { toString: 'x' },
    })
  })
})

describe('faults', () => {
  test('of all sources are reported at once, a line each, with key, expectation and place', () => {
    const text = [
      'pools:',
      '  mx: 5',
      '  min: 1.5',
      '  acquireTimeout: 500',
      'poolz: {}',
      'max: 3',
      'log: {level: loud}',
      'deadlines: {rules: [{path: ""}]}',
      'database: {name: 5, user: "${NOBODY}"}',
      'listeners: {data: {port: "6420"}}',
    ].join('\n')
    const world = { ...file(text), env: { POSTERN_POOLS_MX: '1', POSTERN_LIMITS_BODY: '2GiB' } }
    expect(
      faults({ ...world, argv: ['--config=c.yaml', '--ap.maxLimit=5', '--api.development=yes'] }),
    ).toEqual([
      'POSTERN_POOLS_MX: unknown variable, did you mean POSTERN_POOLS_MAX? (environment)',
      '--ap.maxLimit: unknown flag, did you mean --api.maxLimit? (command line)',
      'pools.mx: unknown key, did you mean pools.max? (c.yaml:2)',
      'poolz: unknown key, did you mean pools? (c.yaml:5)',
      'max: unknown key, did you mean pools.max? (c.yaml:6)',
      'database.user: environment variable NOBODY is not set (c.yaml:9)',
      'database.name: expected text, got 5; put it in quotes (c.yaml:9)',
      'pools.min: expected a whole number, 0 to 1000, got 1.5 (c.yaml:3)',
      'pools.acquireTimeout: expected a duration such as 500ms, 2s or 30m, 10ms to 1m, got 500 (c.yaml:4)',
      'api.development: expected true or false, got "yes" (flag --api.development)',
      'deadlines.rules[0].path: must not be empty (c.yaml:8)',
      'deadlines.rules[0].deadline: is required: a duration such as 500ms, 2s or 30m, 10ms to 1h (c.yaml:8)',
      'limits.body: expected a size such as 64KiB or 16MiB, 1KiB to 1GiB, got "2GiB" (environment POSTERN_LIMITS_BODY)',
      'listeners.data.port: expected a whole number, 0 to 65535, got "6420" (c.yaml:10)',
      'log.level: expected one of error, warn, info or debug, got "loud" (c.yaml:7)',
    ])
  })

  test('list the keys there are when none is near', () => {
    expect(faults(file('log: {colour: red}'))).toEqual([
      'log.colour: unknown key; log has level, requests (c.yaml:1)',
    ])
  })

  test('over several keys stand beside those of single keys', () => {
    expect(
      faults(
        file(
          'pools: {min: 5, max: 4, idleTimeout: x}\nlisteners: {data: {host: 0.0.0.0}}\napi: {defaultLimit: 50, maxLimit: 20}',
        ),
      ),
    ).toEqual([
      expect.stringMatching(/^pools\.idleTimeout: expected a duration/),
      'pools.min: is 5, above pools.max (4) (c.yaml:1)',
      'api.defaultLimit: is 50, above api.maxLimit (20) (c.yaml:3)',
      expect.stringMatching(/^auth\.mode: listeners\.data\.host is 0\.0\.0\.0, not a loopback address/),
    ])
  })

  test('are found in a source although a stronger one covers them', () => {
    expect(faults({ ...file('pools: 5'), env: { POSTERN_POOLS_MAX: '7' } })).toEqual([
      'pools: expected a group of keys, got a number (c.yaml:1)',
    ])
    expect(faults({ ...file("pools: {max: '${NOBODY}'}"), env: { POSTERN_POOLS_MAX: '7' } })).toEqual([
      'pools.max: environment variable NOBODY is not set (c.yaml:1)',
    ])
  })

  test('of a missing database say what to give', () => {
    const loaded = loadConfig(sources({}))
    expect('faults' in loaded && loaded.faults.map(faultLine)).toEqual([
      'database.url: give database.url, or database.host and the other parts',
    ])
  })

  test('of an alias that leads nowhere are told once, whatever its key takes', () => {
    for (const text of [
      'pools: {max: *typo}',
      'api: {hide: [*typo]}',
      'api: {schemas: *typo}',
      'pools: *typo',
    ])
      expect(faults(file(text))).toEqual([
        expect.stringMatching(/: an alias \(\*name\) without its anchor \(&name\) \(c\.yaml:1\)$/),
      ])
  })

  test('of a file that cannot be read do not hide those of other sources, nor complain about what it may hold', () => {
    const world = {
      argv: ['--config=c.yaml'],
      env: { POSTERN_POOLS_MAX: 'x' },
      files: { 'c.yaml': 'database: [' },
    }
    const loaded = loadConfig(sources(world))
    expect('faults' in loaded && loaded.faults.map(faultLine)).toEqual([
      expect.stringMatching(/^not valid YAML: .* \(c\.yaml:\d+:\d+\)$/),
      'pools.max: expected a whole number, 1 to 1000, got "x" (environment POSTERN_POOLS_MAX)',
    ])
    expect(faults({ argv: ['--config=none.yaml'] })).toEqual(['file none.yaml does not exist'])
    expect(faults({ argv: ['--config-dir=/none'] })).toEqual(['folder /none does not exist'])
  })

  test('never show a secret, wherever it was written and whatever is wrong with it', () => {
    const secret = fc.stringMatching(/^geheim[a-z]{6}$/)
    const place = fc.constantFrom<(secret: string) => World>(
      (s) => file(`database: {pasword: ${s}}`),
      (s) => file(`database: {password: [${s}]}`),
      (s) => file(`database: {url: '${s}'}`),
      (s) => file(`database: 'postgres://u:${s}@h/d'`),
      (s) => file(`database: {port: 'postgres://u:${s}@h/d'}`),
      (s) => file(`database: {password: {${s}: 1}}`),
      (s) => file(`database: {password: "${s}`),
      (s) => file(`database: {password: ${s}: x}`),
      (s) => file(`database: {tls: {key: {a: ${s}}}}`),
      (s) => ({ ...file("pools: {max: '${S}'}"), env: { S: s } }),
      (s) => ({ ...file("api: {schemas: ['a', '${S}'], relations: '${S}'}"), env: { S: s } }),
      (s) => ({ argv: ['--api.cursorSecret', s.slice(0, 15), '--x'] }),
      (s) => ({ argv: ['--database.pasword', s] }),
      (s) => ({ argv: ['--database.password=', s] }),
      (s) => ({ env: { POSTERN_DATABASE_PASWORD: s } }),
      (s) => ({ env: { POSTERN_DATABASE: s } }),
      (s) => ({ env: { POSTERN_DATABASE: `{"password": "${s}"` } }),
      (s) => ({ env: { POSTERN_POOLS_MAX: '${S}', S: s } }),
      (s) => ({ env: { POSTERN_POOLS_MAX: 'file:/s' }, files: { '/s': s } }),
    )
    fc.assert(
      fc.property(secret, place, (text, written) => {
        const found = faults(written(text))
        expect(found).not.toEqual([])
        expect(found.join('\n')).not.toContain(text.slice(0, 12))
      }),
      { numRuns: 200 },
    )
  })
})

describe('flags of a command', () => {
  const options = z.strictObject({
    offline: z.boolean().default(false),
    format: z.enum(['text', 'json']).default('text'),
  })

  test('stand beside those of the configuration', () => {
    const loaded = loadCommand(
      sources({ argv: ['--offline', '--database.host=db', '--pools.max', '3'] }),
      options,
    )
    expect(loaded).toMatchObject({
      options: { offline: true, format: 'text' },
      config: { pools: { max: 3 } },
    })
  })

  test('come along with the faults of the configuration, to say how to report them', () => {
    expect(loadCommand(sources({ argv: ['--format=json', '--pools.max=x'] }), options)).toMatchObject({
      options: { format: 'json' },
      faults: [{ key: 'database.url' }, { key: 'pools.max' }],
    })
  })

  test('can be all there is', () => {
    expect(loadOptions(sources({ argv: ['--format', 'json'] }), options)).toEqual({
      options: { offline: false, format: 'json' },
    })
    expect(loadOptions(sources({ argv: ['--format', 'xml', '--pools.max=3'] }), options)).toMatchObject({
      faults: [{ key: '--pools.max' }, { key: 'format', message: 'expected one of text or json, got "xml"' }],
    })
  })
})
