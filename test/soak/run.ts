/** `make soak`: an hour (SOAK_MINUTES) of random faults (SOAK_SEED) on an engine (SOAK_ENGINE); exit code 1 when anything was lost, doubled, stale or leaked. */
import { soak } from './soak.ts'

const minutes = Number(process.env['SOAK_MINUTES'] ?? 60)
const seed = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000)
const kind = process.env['SOAK_ENGINE'] ?? 'postgres'
if (kind !== 'postgres' && kind !== 'mariadb') throw new Error('SOAK_ENGINE is postgres or mariadb')
if (!(minutes > 0) || !Number.isInteger(seed))
  throw new Error('SOAK_MINUTES is a number above 0, SOAK_SEED a whole number')

console.log(
  `soak: ${kind}, ${minutes} minutes, seed ${seed} (again: SOAK_ENGINE=${kind} SOAK_SEED=${seed} make soak)`,
)
const { violations, ...report } = await soak({ kind, minutes, seed, say: console.log })
console.log(JSON.stringify(report, null, 2))
for (const violation of violations.slice(0, 50)) console.log(`VIOLATION ${violation}`)
console.log(`soak: ${violations.length} violations with seed ${seed}`)
process.exitCode = violations.length === 0 ? 0 : 1
