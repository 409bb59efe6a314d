/** All scenarios, in the order in which they are listed. A new one is a file in `scenarios/` and a line here. */
import type { Scenario } from './scenario.ts'
import { natRr } from './scenarios/nat-rr.ts'

export const SCENARIOS: readonly Scenario[] = [natRr]
