/** The status page of the admin listener: one self-contained document that shows `GET /status` and refreshes itself. */
import { createHash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d5dd, #3a4150); --dim: light-dark(#5a6372, #a3acba);
  --good: light-dark(#17663a, #6fd598); --bad: light-dark(#a4161a, #ff9a94); --panel: light-dark(#f6f7f9, #1d222b); }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; font: 16px/1.5 system-ui, sans-serif;
  background: light-dark(#fff, #14181f); color: light-dark(#1a1f28, #e6e9ee); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .dim { color: var(--dim); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--panel); }
caption, th, td { text-align: left; }
th, td { padding: .4rem .75rem; border: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
`

// Everything shown goes through textContent: whatever a name in the database holds, it stays text.
const script = `
'use strict'
const $ = (id) => document.getElementById(id)
const cell = (tag, value, className) => {
  const made = document.createElement(tag)
  made.textContent = value
  if (className) made.className = className
  if (tag === 'th') made.scope = 'row'
  return made
}
const fill = (id, rows) => {
  $(id).replaceChildren(...rows.map((cells) => {
    const row = document.createElement('tr')
    row.append(...cells)
    return row
  }))
}
const say = (text, good) => {
  // Written only when it changes, so that screen readers speak only then.
  if ($('state').textContent !== text) $('state').textContent = text
  $('state').className = good ? 'good' : 'bad'
}
const ago = (seconds) => seconds < 120 ? seconds + ' s' : seconds < 7200 ? Math.floor(seconds / 60) + ' min'
  : seconds < 172800 ? Math.floor(seconds / 3600) + ' h' : Math.floor(seconds / 86400) + ' days'
const show = (s) => {
  say(s.ready.ok ? 'Ready' : s.started ? 'Not ready' : 'Starting', s.ready.ok)
  $('what').textContent = 'Version ' + s.version + ', ' + s.phase + ', up for ' + ago(s.uptimeSeconds)
  $('where').textContent = s.database.engine + ' at ' + s.database.address +
    (s.catalog ? ', ' + s.catalog.server : '') + '; its sessions are called ' + s.database.session
  fill('checks', s.ready.checks.map((c) => [
    cell('th', c.name),
    cell('td', c.ok ? 'ok' : c.required ? 'failed' : 'failed, not required', c.ok ? 'good' : c.required ? 'bad' : 'dim'),
    cell('td', c.detail),
    cell('td', c.since.replace('T', ' ').slice(0, 19) + ' UTC'),
  ]))
  fill('pools', s.pools.map((p) => [
    cell('th', p.name),
    ...[p.inUse, p.idle, p.connecting, p.max, p.waiting, p.queueLimit].map((n) => cell('td', n, 'number')),
  ]))
  const { budget, redis, idempotency: kept, config } = s
  const refused = Object.entries(s.shed).map(([reason, times]) => reason + ' ' + times).join(', ')
  fill('shares', [
    budget && ['Budget', budget.share + ' of ' + budget.connections + ' connections (' + budget.reserved + ' reserved), ' +
      budget.instances + (budget.instances === 1 ? ' gateway' : ' gateways') +
      (budget.blind ? '; the server could not be asked lately' : ''), budget.blind ? 'bad' : ''],
    config && ['Configuration', (config.result === 'start' ? 'as at the start'
      : config.result + ' ' + config.at.replace('T', ' ').slice(0, 19) + ' UTC') +
      [...config.faults, ...config.restart.map((key) => key + ' takes effect at the next start')]
        .map((text) => '; ' + text).join(''),
      config.result === 'rejected' || config.result === 'postponed' ? 'bad' : ''],
    ['Refused', refused || 'none', refused ? 'bad' : 'good'],
    redis && ['Redis', redis.state + ' for ' + ago(Math.floor(redis.forMs / 1000)) + ', ' + redis.address,
      redis.state === 'up' ? 'good' : 'bad'],
    ['Idempotency keys', kept.entries + ' answers in memory' + (kept.store === 'redis' ? ', shared through Redis' : '') +
      (kept.pending ? '; ' + kept.pending + ' outcomes wait for Redis' : ''), kept.pending ? 'bad' : ''],
  ].filter(Boolean).map(([name, text, className]) => [cell('th', name), cell('td', text, className)]))
  $('several').hidden = s.servers.length === 0
  fill('servers', s.servers.map((e) => [
    cell('th', e.name),
    cell('td', e.address),
    cell('td', e.role),
    cell('td', e.kind === 'host' ? (e.serves ? 'written to' : 'stands by')
      : e.serves ? 'serves reads' : 'serves no reads: ' + e.why, e.serves || e.kind === 'host' ? 'good' : 'bad'),
    // Infinity is null in JSON.
    cell('td', e.lagMs === undefined ? '' : e.lagMs === null ? 'unknown' : (e.lagMs / 1000).toFixed(1) + ' s', 'number'),
  ]))
  fill('breakers', s.breakers.map((b) => [
    cell('th', b.target),
    cell('td', b.state === 'ramp' ? 'coming back' : b.state, b.state === 'closed' ? 'good' : 'bad'),
    cell('td', ago(Math.floor(b.forMs / 1000))),
    ...[b.calls, b.failures, b.slow].map((n) => cell('td', n, 'number')),
  ]))
  $('catalog').textContent = s.catalog
    ? s.catalog.tables + ' tables and views, ' + s.catalog.routines + ' routines, read ' +
      s.catalog.loadedAt.replace('T', ' ').slice(0, 19) + ' UTC'
    : 'The schema has not been read yet.'
  const odd = s.catalog ? s.catalog.unmappable : []
  $('odd').hidden = odd.length === 0
  fill('unmappable', odd.map((u) => [cell('th', u.column), cell('td', u.type), cell('td', u.action)]))
}
const refresh = async () => {
  try {
    if (document.visibilityState === 'visible') {
      const response = await fetch('status', { cache: 'no-store' })
      if (!response.ok) throw new Error('HTTP ' + response.status)
      show(await response.json())
    }
  } catch (error) {
    say('No answer from the gateway (' + error.message + ')', false)
  }
  setTimeout(refresh, 2000)
}
document.addEventListener('DOMContentLoaded', refresh)
`

const table = (id: string, caption: string, columns: readonly string[]) => `<div class="scroll"><table>
<caption class="dim">${caption}</caption>
<thead><tr>${columns.map((c) => `<th scope="col">${c}</th>`).join('')}</tr></thead>
<tbody id="${id}"></tbody></table></div>`

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Postern status</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<script>${script}</script>
</head>
<body>
<header>
<h1>Postern</h1>
<p id="state" role="status">Loading</p>
<p id="what"></p>
<p id="where" class="dim"></p>
<noscript><p>This page needs JavaScript; the same is at <a href="status">/status</a> as JSON.</p></noscript>
</header>
<main>
<h2>Checks</h2>
${table('checks', 'What readiness is made of', ['Check', 'State', 'Detail', 'Since'])}
<h2>Pools</h2>
${table('pools', 'Connections to the database', ['Pool', 'In use', 'Idle', 'Connecting', 'Max', 'Waiting', 'Queue limit'])}
${table('shares', 'Budget, files of the configuration, requests refused since the start, and what is kept for repetitions', ['What', 'Now'])}
<section id="several" hidden>
<h2>Servers</h2>
${table('servers', 'The servers of the database', ['Server', 'Address', 'Role', 'Use', 'Behind'])}
</section>
<h2>Circuits</h2>
${table('breakers', 'Closed: requests pass. The counts are those of the window, or those that opened the circuit', ['Target', 'State', 'For', 'Calls', 'Failed', 'Slow'])}
<h2>Schema</h2>
<p id="catalog"></p>
<section id="odd" hidden>
${table('unmappable', 'Columns whose type has no canonical form', ['Column', 'Type', 'Served as'])}
</section>
</main>
</body>
</html>
`

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The document and the headers it must be sent with: only its own style, its own script, and requests to its own origin. */
export const statusPage: { readonly html: string; readonly headers: Readonly<Record<string, string>> } = {
  html: page,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `style-src ${hash(style)}`,
      `script-src ${hash(script)}`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  },
}
