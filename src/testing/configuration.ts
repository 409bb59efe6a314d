/** Changes of a director's configuration as plain values, to be made on several directors alike, and a source of random ones. */
import type { Director } from '../control/director.ts'
import { ControlError, type DestConfig, type Endpoint, type ServiceId } from '../control/model.ts'
import type { Random } from '../simulator/random.ts'

export type Change =
  | { readonly what: 'add-service' | 'edit-service' | 'remove-service'; readonly service: ServiceId }
  | { readonly what: 'add-dest' | 'edit-dest' | 'remove-dest'; readonly service: ServiceId; readonly dest: DestConfig }
  | { readonly what: 'zero'; readonly service: ServiceId | null }
  | { readonly what: 'clear' | 'repair' }

function make(director: Director, change: Change): void {
  switch (change.what) {
    case 'add-service': {
      director.addService({ ...change.service, scheduler: 'rr' })
      return
    }
    case 'edit-service': {
      director.editService({ ...change.service, scheduler: 'rr' })
      return
    }
    case 'remove-service': {
      director.removeService(change.service)
      return
    }
    case 'add-dest': {
      director.addDest(change.service, change.dest)
      return
    }
    case 'edit-dest': {
      director.editDest(change.service, change.dest)
      return
    }
    case 'remove-dest': {
      director.removeDest(change.service, change.dest)
      return
    }
    case 'zero': {
      director.zero(...(change.service === null ? [] : [change.service]))
      return
    }
    case 'clear': {
      director.clear()
      return
    }
    case 'repair': {
      director.repair()
      return
    }
  }
}

/** Makes the change; returns the code of the director's refusal, or null. */
export function applyChange(director: Director, change: Change): string | null {
  try {
    make(director, change)
    return null
  } catch (error) {
    if (error instanceof ControlError) return error.code
    throw error
  }
}

export const SERVICES: readonly ServiceId[] = [
  { protocol: 'tcp', address: '10.9.0.1', port: 80 },
  { protocol: 'tcp', address: '10.9.0.1', port: 443 },
  { protocol: 'tcp', address: '10.9.0.2', port: 80 },
  { protocol: 'tcp', address: '10.9.0.3', port: 65535 },
]

/** Never has a server: its clients are all refused. */
export const EMPTY_SERVICE: ServiceId = { protocol: 'tcp', address: '10.9.0.4', port: 80 }

/** Some on a narrow way, some on none (`routes.ts`); one is the client's neighbour, one shares its address with another. */
const SERVERS: readonly Endpoint[] = [
  { address: '10.2.0.1', port: 80 },
  { address: '10.2.0.1', port: 8080 },
  { address: '10.2.0.2', port: 80 },
  { address: '10.2.0.3', port: 1 },
  { address: '10.1.0.200', port: 65535 },
  { address: '10.3.0.1', port: 80 },
  { address: '10.66.0.1', port: 80 },
  { address: '10.69.0.1', port: 80 },
]

const WEIGHTS = [0, 1, 1, 1, 2, 100, 2 ** 31 - 1]

const OFTEN: readonly Change['what'][] = ['add-dest', 'add-dest', 'add-dest', 'edit-dest', 'edit-dest', 'remove-dest']
const KINDS: readonly Change['what'][] = [
  ...OFTEN,
  ...OFTEN,
  ...['add-service', 'add-service', 'edit-service', 'remove-service', 'zero', 'repair', 'repair'].map(
    (what) => what as Change['what'],
  ),
]

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

/** A change that often makes sense: many add what isn't there or edit what is. */
export function randomChange(random: Random): Change {
  const service = pick(random, SERVICES)
  const what = random.chance(0.01) ? 'clear' : pick(random, KINDS)
  switch (what) {
    case 'add-service':
    case 'edit-service':
    case 'remove-service':
      return { what, service }
    case 'add-dest':
    case 'edit-dest':
    case 'remove-dest':
      return {
        what,
        service,
        dest: { ...pick(random, SERVERS), weight: pick(random, WEIGHTS), method: 'masquerading' },
      }
    case 'zero':
      return { what, service: random.chance(0.5) ? service : null }
    default:
      return { what }
  }
}

/** A director at work: every service with three servers, and the empty one. */
export function startingChanges(): Change[] {
  const served = SERVICES.flatMap((service): Change[] => [
    { what: 'add-service', service },
    ...[0, 2, 3].map((server): Change => ({
      what: 'add-dest',
      service,
      dest: { ...(SERVERS[server] as Endpoint), weight: 1, method: 'masquerading' },
    })),
  ])
  return [...served, { what: 'add-service', service: EMPTY_SERVICE }]
}
