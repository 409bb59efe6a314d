/** Never queue: the first usable dest with no active connection, else as shortest expected delay (`ipvsadm(8)`, -s nq). */
import { shortestDelay } from './sed.ts'

/** `first` heads the service's list. */
export function nq(first: number): number {
  return shortestDelay(first, true)
}
