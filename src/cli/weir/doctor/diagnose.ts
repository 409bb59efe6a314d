/** All that is wrong, in the order in which to mend it: the warnings of `weir status` first, then what only the doctor looks at. */
import type { Finding } from '../finding.ts'
import type { LoadedSnapshot, Snapshot } from '../snapshot.ts'
import { warningsOf, type WarningCode } from '../warnings.ts'
import type { Check, DoctorCode, DoctorFinding } from './check.ts'
import type { HostFacts } from './facts.ts'
import { fullnatChecks } from './fullnat-checks.ts'
import { holdersOf, hostChecks } from './host-checks.ts'
import { packetsRefused } from './refusals.ts'
import { serverChecks } from './server-checks.ts'

export interface Diagnosis extends Finding<WarningCode | DoctorCode> {
  /** `hint`: it may be as the operator wants it, so it does not change the exit status. */
  readonly severity: 'problem' | 'hint'
}

const HINTS: ReadonlySet<WarningCode | DoctorCode> = new Set([
  'address-elsewhere',
  'mtu-too-small',
  'reverse-path-filter',
  'packets-refused',
])

const CHECKS: readonly Check[] = [...hostChecks, ...serverChecks, ...fullnatChecks, packetsRefused]

const NOT_LOADED: DoctorFinding = {
  code: 'not-loaded',
  message: 'no director is loaded in this network namespace: nothing is forwarded',
  remedy: ['weir load'],
}

/** `facts` are asked for only where a director is loaded. */
export function diagnose(snapshot: Snapshot, facts: HostFacts | null): Diagnosis[] {
  const { director } = snapshot
  if (director === null || facts === null) return [{ ...NOT_LOADED, severity: 'problem' }]
  const findings = [
    ...warningsOf({ ...snapshot, director: withoutOwnAddresses(director, facts) }),
    ...CHECKS.flatMap((check) => check({ snapshot, director, facts })),
  ]
  const told = findings.map((finding) => ({
    ...finding,
    severity: HINTS.has(finding.code) ? ('hint' as const) : ('problem' as const),
  }))
  return told.sort((a, b) => Number(a.severity === 'hint') - Number(b.severity === 'hint'))
}

/** Where an address is this host's, but not in use, the checks say why; one that has just been added takes a second. */
function withoutOwnAddresses(director: LoadedSnapshot, facts: HostFacts): LoadedSnapshot {
  const own = holdersOf({ director, facts })
  const ways = new Map([...director.host.ways].filter(([address]) => !own.has(address)))
  return { ...director, host: { ...director.host, ways } }
}
