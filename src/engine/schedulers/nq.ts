/** Never queue: the first usable dest with no active connection, else as shortest expected delay (`ipvsadm(8)`, -s nq). */
import type { Service } from '../records.ts'
import { shortestDelay } from './sed.ts'

export function nq(service: Service): number {
  return shortestDelay(service, true)
}
