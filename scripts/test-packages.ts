/** Installs what some tests need from Debian, where that is possible, without starting any of its services. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'

/** Package → a program of it. Of PostgreSQL 15, MariaDB, Prometheus and Redis only programs are used, never their services. */
const packages: Readonly<Record<string, string>> = {
  curl: '/usr/bin/curl',
  libfaketime: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  'mariadb-server': '/usr/sbin/mariadbd',
  'postgresql-15': '/usr/lib/postgresql/15/bin/postgres',
  prometheus: '/usr/bin/promtool',
  'redis-server': '/usr/bin/redis-server',
}

/** Gives one line for each package that is still missing: what, and why. */
export function installTestPackages(): string[] {
  const missing = Object.keys(packages).filter((name) => !existsSync(packages[name] ?? ''))
  if (missing.length === 0) return []
  const trouble = install(missing)
  return missing
    .filter((name) => !existsSync(packages[name] ?? ''))
    .map((name) => `Debian package ${name} is missing: ${trouble ?? 'it brought no such program'}`)
}

function install(names: readonly string[]): string | undefined {
  if (!existsSync('/usr/bin/apt-get')) return 'this system has no apt-get'
  if (process.getuid?.() !== 0) return `not root; install it with: apt-get install ${names.join(' ')}`
  console.log(`installing ${names.join(', ')} for the tests`)
  return withoutServices(() => aptGet('update') ?? aptGet('install', '--no-install-recommends', ...names))
}

function aptGet(...args: readonly string[]): string | undefined {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const done = spawnSync('apt-get', ['-qq', '-y', ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (done.status === 0) return undefined
  return `apt-get ${args[0]} ended with ${done.status ?? done.signal}: ${done.stderr.trim().split('\n').at(-1)}`
}

/** Debian starts what it installs, unless policy-rc.d says no, and makes a PostgreSQL cluster unless told otherwise. */
function withoutServices<T>(body: () => T): T {
  const made: string[] = []
  const write = (path: string, text: string, mode: number) => {
    if (existsSync(path)) return
    writeFileSync(path, text, { mode })
    made.push(path)
  }
  mkdirSync('/etc/postgresql-common', { recursive: true })
  write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755)
  write('/etc/postgresql-common/createcluster.conf', 'create_main_cluster = false\n', 0o644)
  try {
    return body()
  } finally {
    for (const path of made) rmSync(path)
  }
}
