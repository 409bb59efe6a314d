/** All scenarios, in the order in which they are listed. A new one is a file in `scenarios/` and a line here. */
import type { Scenario } from './scenario.ts'
import { dh } from './scenarios/dh.ts'
import { dr } from './scenarios/dr.ts'
import { drArpFlux } from './scenarios/dr-arp-flux.ts'
import { drIpv6 } from './scenarios/dr-ipv6.ts'
import { fullnat } from './scenarios/fullnat.ts'
import { fullnatIpv6 } from './scenarios/fullnat-ipv6.ts'
import { fullnatProxy } from './scenarios/fullnat-proxy.ts'
import { fullnatProxyIpv6 } from './scenarios/fullnat-proxy-ipv6.ts'
import { lblc } from './scenarios/lblc.ts'
import { lblcr } from './scenarios/lblcr.ts'
import { localnode } from './scenarios/localnode.ts'
import { natIpv6 } from './scenarios/nat-ipv6.ts'
import { natLc } from './scenarios/nat-lc.ts'
import { natRr } from './scenarios/nat-rr.ts'
import { natSh } from './scenarios/nat-sh.ts'
import { natWlc } from './scenarios/nat-wlc.ts'
import { natWrr } from './scenarios/nat-wrr.ts'
import { nq } from './scenarios/nq.ts'
import { sed } from './scenarios/sed.ts'
import { tun } from './scenarios/tun.ts'
import { tunGre } from './scenarios/tun-gre.ts'
import { tunGue } from './scenarios/tun-gue.ts'
import { tunIpv6 } from './scenarios/tun-ipv6.ts'

export const SCENARIOS: readonly Scenario[] = [
  ...[natRr, natWrr, natLc, natWlc, dh, natSh, sed, nq, lblc, lblcr],
  ...[dr, drArpFlux, tun, tunGue, tunGre, fullnat, fullnatProxy, localnode],
  ...[natIpv6, drIpv6, tunIpv6, fullnatIpv6, fullnatProxyIpv6],
]
