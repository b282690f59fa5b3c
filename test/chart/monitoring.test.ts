/** Alerts and dashboard: they ask for what the gateway shows, in words that Prometheus takes. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'
import type { IPrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { afterAll, describe, expect, test, type TestContext } from 'vitest'
import { parse, stringify } from 'yaml'
import { anchorsOf } from '../support/anchors.ts'
import { metricNames, metricsIn } from '../support/metric-names.ts'
import { chart, chartTool } from './charts.ts'

const { render, close } = chartTool()
const folder = mkdtempSync(join(tmpdir(), 'postern-alerts-'))
afterAll(() => {
  close()
  rmSync(folder, { recursive: true })
})

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
const alertsFile = join(chart, 'files/alerts.yaml')
const alerts = (parse(readFileSync(alertsFile, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  ({ rules }) => rules,
)

/** What promtool prints; skips the test, with the reason, where there is none. */
function promtool({ skip }: TestContext, name: string, content: unknown, ...args: string[]): string {
  if (!existsSync('/usr/bin/promtool')) skip('promtool is not installed (apt-get install prometheus)')
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : stringify(content))
  return execFileSync('/usr/bin/promtool', [...args, path], { encoding: 'utf8', stdio: 'pipe' })
}

describe('alerts', () => {
  test('are rules that Prometheus takes, each with its own name', (context) => {
    expect(promtool(context, 'alerts.yaml', readFileSync(alertsFile, 'utf8'), 'check', 'rules')).toContain(
      `SUCCESS: ${alerts.length} rules found`,
    )
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
  })

  test('ask for metrics that the gateway has', () => {
    expect(alerts.length).toBeGreaterThan(10)
    for (const { alert, expr } of alerts) {
      const asked = metricsIn(expr)
      expect(asked.length, alert).toBeGreaterThan(0)
      for (const name of asked) expect(metricNames, alert).toContain(name)
    }
  })

  test('say how bad it is, what is the matter, and where to read on', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(['critical', 'warning'], alert).toContain(labels['severity'])
      expect(annotations['summary'], alert).toMatch(/\$labels\.pod/)
      expect(annotations['description'], alert).toMatch(/\.$/)
      const [page = '', anchor] = (annotations['runbook'] as string).split('#')
      expect(anchorsOf(readFileSync(join(chart, '../..', page), 'utf8')), alert).toContain(anchor)
    }
  })

  const pod = 'namespace="shop",pod="a"'
  const series = (name: string, values: string, labels = '') => ({
    series: `${name}{${pod}${labels === '' ? '' : `,${labels}`}}`,
    values,
  })
  /** Alert → what must be seen for it to fire after `at`, and not before. */
  test.for<
    [alert: string, input: { series: string; values: string }[], quiet: string, at: string, labels?: object]
  >([
    ['PosternDatabaseUnreachable', [series('postern_database_up', '1 0x40')], '1m', '3m'],
    [
      'PosternBreakerOpen',
      [series('postern_breaker_state', '0 1x40', 'target="primary/read",state="open"')],
      '1m',
      '3m',
      { target: 'primary/read' },
    ],
    [
      'PosternErrors',
      [
        series('http_server_request_duration_seconds_count', '0+90x40', 'http_response_status_code="200"'),
        series('http_server_request_duration_seconds_count', '0+10x40', 'http_response_status_code="503"'),
      ],
      '2m',
      '15m',
    ],
    [
      'PosternShedding',
      [series('postern_shed_total', '0+5x40', 'reason="queue_full"')],
      '2m',
      '15m',
      { reason: 'queue_full' },
    ],
    ['PosternConfigRejected', [series('postern_config_last_reload_successful', '1 0x40')], '4m', '8m'],
    [
      'PosternNoPrimary',
      [
        series('postern_endpoint_role', '1x40', 'endpoint="host-1",role="primary"'),
        series('postern_endpoint_role', '0 1x40', 'endpoint="host-2",role="primary"'),
      ],
      '1m',
      '5m',
    ],
    [
      'PosternPoolSaturated',
      [
        series('db_client_connection_wait_time_seconds_bucket', '0+1x40', 'le="0.25"'),
        series('db_client_connection_wait_time_seconds_bucket', '0+50x40', 'le="0.5"'),
        series('db_client_connection_wait_time_seconds_bucket', '0+50x40', 'le="+Inf"'),
      ],
      '2m',
      '15m',
    ],
  ])('%s fires when it should, and not before', ([alert, input, quiet, at, labels = {}], context) => {
    const rule = alerts.find((one) => one.alert === alert) as Rule
    const fired = { exp_labels: { namespace: 'shop', pod: 'a', ...rule.labels, ...labels } }
    // The texts are tested by being equal to themselves: promtool wants them, filled in.
    const filled = (text: string, value: string) =>
      text
        .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => fired.exp_labels[name as 'pod'])
        .replaceAll(/\{\{ \$value(?: \| \w+)? \}\}/g, value)
    const values: Record<string, string> = {
      PosternErrors: '10%',
      PosternNoPrimary: '2',
      PosternPoolSaturated: '497.4ms',
    }
    const exp_annotations = Object.fromEntries(
      Object.entries(rule.annotations).map(([key, text]) => [key, filled(text, values[alert] ?? '')]),
    )
    const answer = promtool(
      context,
      `${alert}.test.yaml`,
      {
        rule_files: [alertsFile],
        evaluation_interval: '30s',
        tests: [
          {
            interval: '1m',
            input_series: input,
            alert_rule_test: [
              { eval_time: quiet, alertname: alert, exp_alerts: [] },
              { eval_time: at, alertname: alert, exp_alerts: [{ ...fired, exp_annotations }] },
            ],
          },
        ],
      },
      'test',
      'rules',
    )
    expect(answer).toContain('SUCCESS')
  })

  test('reach the rule of the chart but for those that are not wanted, with the labels that are', (context) => {
    const rulesOf = (more: object) => {
      const [rule] = render(context, { prometheusRule: { enabled: true, ...more } })
      return (rule as unknown as IPrometheusRule).spec?.groups?.flatMap(({ rules }) => rules ?? []) ?? []
    }
    expect(rulesOf({})).toEqual(alerts)
    const fewer = rulesOf({ disabled: ['PosternErrors', 'PosternRedisDown'], alertLabels: { team: 'shop' } })
    expect(fewer.map(({ alert }) => alert)).toEqual(
      alerts.map(({ alert }) => alert).filter((name) => !/Errors|RedisDown/.test(name)),
    )
    for (const { labels } of fewer)
      expect(labels).toMatchObject({ team: 'shop', severity: expect.any(String) })
  })
})

describe('the dashboard', () => {
  const text = readFileSync(join(chart, 'files/dashboard.json'), 'utf8')
  interface Panel {
    readonly id: number
    readonly type: string
    readonly title: string
    readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
    readonly targets?: readonly { readonly expr: string }[]
  }
  const { panels } = JSON.parse(text) as { panels: readonly Panel[] }
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

  test('asks for metrics that the gateway has', () => {
    expect(queries.length).toBeGreaterThan(20)
    for (const name of queries.flatMap(metricsIn)) expect(metricNames).toContain(name)
  })

  test('asks in words that Prometheus takes', (context) => {
    const rules = queries.map((expr, i) => ({
      record: `panel:${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(namespace|pod)/g, '.*'),
    }))
    expect(
      promtool(context, 'panels.yaml', { groups: [{ name: 'panels', rules }] }, 'check', 'rules'),
    ).toContain(`SUCCESS: ${queries.length} rules found`)
  })

  test('has panels that lie beside one another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const taken = new Set<string>()
    for (const { title, gridPos: p } of panels)
      for (let x = p.x; x < p.x + p.w; x++)
        for (let y = p.y; y < p.y + p.h; y++) {
          expect(taken, title).not.toContain(`${x},${y}`)
          expect(x, title).toBeLessThan(24)
          taken.add(`${x},${y}`)
        }
  })

  test('reaches its ConfigMap byte for byte', (context) => {
    const [map] = render(context, { dashboard: { enabled: true } })
    expect(map).toMatchObject({
      metadata: { labels: { grafana_dashboard: '1' } },
      data: { 'postern.json': text },
    })
  })
})

test('the PodMonitor finds gateways and sidecars, and takes each pod once', (context) => {
  const [monitor] = render(context, { podMonitor: { enabled: true, namespaces: ['orders', 'shop'] } })
  const { spec } = monitor as unknown as IPodMonitor
  expect(spec).toMatchObject({
    selector: { matchExpressions: [{ key: 'postern.dev/database', operator: 'Exists' }] },
    namespaceSelector: { matchNames: ['shop', 'orders'] },
    podMetricsEndpoints: [
      { portNumber: 6421, path: '/metrics', relabelings: [{ action: 'keep', regex: 'postern' }] },
    ],
  })
  const [all] = render(context, { podMonitor: { enabled: true, namespaces: ['any'] } })
  expect((all as unknown as IPodMonitor).spec?.namespaceSelector).toEqual({ any: true })
})
