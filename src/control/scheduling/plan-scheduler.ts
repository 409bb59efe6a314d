/**
 * What a scheduler needs of the control side whenever its service or the service's dests have changed: weights, a table of dests, and what
 * it is to remember. Pure: `director.ts` writes what comes out. Cost: that of the scheduler's table, nothing for those without.
 */
import { CONSISTENT_ROWS, HASH_ROWS, MAGLEV_ROWS } from '../../engine/hashing.ts'
import { type Dest, NONE, Scheduler, type Service, type ServiceState } from '../../engine/records.ts'
import { consistentHashTable } from './consistent-hash-table.ts'
import { destinationHashTable } from './destination-hash-table.ts'
import { maglevTable } from './maglev-table.ts'
import { sourceHashTable } from './source-hash-table.ts'
import { greatestWeight, weightDivisor, wrrTop } from './weights.ts'

/** A dest in its service's list. */
export interface ListedDest {
  /** Index in the table `dests`. */
  readonly index: number
  readonly dest: Pick<Dest, 'family' | 'address' | 'port' | 'weight' | 'lastWeight'>
}

export interface SchedulerPlan {
  readonly weightDivisor: number
  readonly maxWeight: number
  /** The service's part of `buckets`: indexes in `dests`, or `NONE`. Empty where the scheduler has no table, or no dest. */
  readonly buckets: readonly number[]
}

/** The most rows that a service with this scheduler has in `buckets`, once it has a dest. */
export function mostBuckets(scheduler: number): number {
  switch (scheduler) {
    case Scheduler.DestinationHashing:
    case Scheduler.SourceHashing:
      return HASH_ROWS
    case Scheduler.ConsistentHashing:
      return CONSISTENT_ROWS
    case Scheduler.MaglevHashing:
      return MAGLEV_ROWS
    default:
      return 0
  }
}

function table(scheduler: number, dests: readonly ListedDest[]): readonly number[] {
  switch (scheduler) {
    case Scheduler.DestinationHashing:
      return destinationHashTable(dests)
    case Scheduler.SourceHashing:
      return sourceHashTable(dests)
    case Scheduler.MaglevHashing:
      return maglevTable(dests)
    case Scheduler.ConsistentHashing:
      return consistentHashTable(dests)
    default:
      return []
  }
}

/** `dests` in the list's order, first to last. */
export function planScheduler({ scheduler }: Pick<Service, 'scheduler'>, dests: readonly ListedDest[]): SchedulerPlan {
  const weights = dests.map(({ dest }) => dest.weight)
  return {
    weightDivisor: weightDivisor(weights),
    maxWeight: greatestWeight(weights),
    buckets: table(scheduler, dests),
  }
}

/**
 * What the scheduler remembers after a change of its dests: `wrr` begins again at the head of the list, on the level that it was on
 * if that still is one of its levels; all others go on with `state`.
 */
export function restartedState(
  { scheduler }: Pick<Service, 'scheduler'>,
  plan: Pick<SchedulerPlan, 'weightDivisor' | 'maxWeight'>,
  state: ServiceState,
): ServiceState {
  if (scheduler !== Scheduler.WeightedRoundRobin) return state
  const top = wrrTop(plan)
  const { currentWeight } = state
  const { weightDivisor: step } = plan
  const level =
    currentWeight === 0 || currentWeight > top
      ? top
      : step > 1
        ? Math.floor(currentWeight / step) * step + 1
        : currentWeight
  return { ...state, lastDest: NONE, currentWeight: level }
}
