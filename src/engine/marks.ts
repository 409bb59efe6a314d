/**
 * Firewall marks: the packet's own, which something in front of the director at ingress has set, or else that of the first rule that
 * fits (`weir mark`). Rules of nftables and iptables come after the director and can't mark packets for it. Asked only for packets of no
 * connection, and only while there are services that are known by a mark. Cost: a table lookup per rule passed over.
 */
import { isWithin } from './address.ts'
import { markRuleAt } from './platform.ts'
import type { Heading, MarkRule, Settings } from './records.ts'

function fits(rule: MarkRule, heading: Heading): boolean {
  if (rule.family !== heading.family || (rule.protocol !== 0 && rule.protocol !== heading.protocol)) return false
  if (heading.destinationPort < rule.firstPort || heading.destinationPort > rule.lastPort) return false
  return (
    isWithin(heading.destination, rule.destination, rule.destinationBits, heading.family) &&
    isWithin(heading.source, rule.source, rule.sourceBits, heading.family)
  )
}

/**
 * The mark of the first rule that fits a packet without one; 0 for none.
 * @noinline
 */
export function markByRule(heading: Heading, set: Settings): number {
  const first = set.firstMarkRule
  const rules = set.markRules
  for (let step = 0; step < rules; step++) {
    const rule = markRuleAt(first + step)
    if (rule === null) return 0
    if (fits(rule, heading)) return rule.mark
  }
  return 0
}
