/** From a service to the dest that its scheduler chooses. */
import { serviceStateAt } from './platform.ts'
import { NONE, Scheduler, type Service, type ServiceKey } from './records.ts'
import { rr } from './schedulers/rr.ts'

/** The scheduler's choice: an index in `dests`, or `NONE` where no dest is usable. */
export function schedule(key: ServiceKey, service: Service): number {
  const state = serviceStateAt(service.index)
  if (state === null) return NONE
  switch (service.scheduler) {
    case Scheduler.RoundRobin:
      return rr(key, service, state)
    default:
      return NONE
  }
}
