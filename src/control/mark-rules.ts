/**
 * The rules of `weir mark` in the director's tables. They are written to the half of `markRules` that is not in force; then one
 * write of the settings switches over, so packets see the old rules or the new.
 */
import { MarkRuleView, SettingsView } from '../engine/generated/views.ts'
import { Family, type MarkRule as MarkRuleRecord } from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'
import { formatAddress, parseAddress } from './address.ts'
import { protocolName, protocolNumber } from './codes.ts'
import { ControlError, type FamilyNumber, type MarkRule } from './model.ts'
import { isWhole, MAX_MARK } from './validation.ts'

const MAX_PORT = 65535

function bad(what: string): ControlError {
  return new ControlError('bad-rule', what)
}

function addressBits(family: FamilyNumber): number {
  return family === Family.Ipv6 ? 128 : 32
}

/** An address whose bits behind the prefix are zero, and the prefix's length. */
function parsePrefix(text: string | null, family: FamilyNumber): { address: MarkRuleRecord['source']; bits: number } {
  if (text === null) return { address: { word0: 0, word1: 0, word2: 0, word3: 0 }, bits: 0 }
  const [host = '', length] = text.split('/')
  const { address, family: found } = parseAddress(host)
  const most = addressBits(family)
  const bits = length === undefined ? most : Number(length)
  if (found !== family) throw bad(`"${text}" is not of IPv${family}: a rule is for one family, write one for each`)
  if (length === '' || !isWhole(bits, 0, most)) throw bad(`"${text}" is not a prefix: its length is 0 to ${most}`)
  const keep = (word: number, before: number): number => {
    const kept = Math.min(Math.max(bits - before, 0), 32)
    return kept === 0 ? 0 : (word & (0xffffffff << (32 - kept))) >>> 0
  }
  const masked = {
    word0: keep(address.word0, 0),
    word1: keep(address.word1, 32),
    word2: keep(address.word2, 64),
    word3: keep(address.word3, 96),
  }
  return { address: masked, bits }
}

function formatPrefix(address: MarkRuleRecord['source'], bits: number, family: FamilyNumber): string | null {
  if (bits === 0) return null
  const text = formatAddress(address, family)
  return bits === addressBits(family) ? text : `${text}/${bits}`
}

function recordOf({ mark, family, protocol, source, destination, ports }: MarkRule): MarkRuleRecord {
  if (!isWhole(mark, 1, MAX_MARK)) throw bad(`${mark} is not a firewall mark: choose one from 1 to ${MAX_MARK}`)
  const [firstPort, lastPort] = ports ?? [0, MAX_PORT]
  if (!isWhole(firstPort, 0, MAX_PORT) || !isWhole(lastPort, firstPort, MAX_PORT)) {
    throw bad(`${firstPort}-${lastPort} are not ports: choose from 0 to ${MAX_PORT}, the lower first`)
  }
  const from = parsePrefix(source, family)
  const to = parsePrefix(destination, family)
  return {
    source: from.address,
    destination: to.address,
    sourceBits: from.bits,
    destinationBits: to.bits,
    family,
    protocol: protocol === null ? 0 : protocolNumber(protocol),
    firstPort,
    lastPort,
    mark,
  }
}

function ruleOf(record: MarkRuleRecord): MarkRule {
  const family = record.family === Family.Ipv6 ? 6 : 4
  const isAnyPort = record.firstPort === 0 && record.lastPort === MAX_PORT
  return {
    mark: record.mark,
    family,
    protocol: record.protocol === 0 ? null : protocolName(record.protocol),
    source: formatPrefix(record.source, record.sourceBits, family),
    destination: formatPrefix(record.destination, record.destinationBits, family),
    ports: isAnyPort ? null : [record.firstPort, record.lastPort],
  }
}

export function readMarkRules(store: TableStore): MarkRule[] {
  const { firstMarkRule, markRules } = SettingsView.from(store.readRange('settingsRows', 0, 1))
  const bytes = store.readRange('markRules', firstMarkRule, markRules)
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: markRules }, (_, index) => ruleOf(new MarkRuleView(data, index * MarkRuleView.SIZE)))
}

/** Throws a `ControlError` where a rule is wrong or there are too many; then nothing has changed. */
export function writeMarkRules(store: TableStore, rules: readonly MarkRule[]): void {
  const half = store.capacity('markRules') / 2
  if (rules.length > half) throw new ControlError('table-full', `${rules.length} rules: there is room for ${half}`)
  const bytes = new Uint8Array(rules.length * MarkRuleView.SIZE)
  const data = new DataView(bytes.buffer)
  rules.map(recordOf).forEach((record, index) => new MarkRuleView(data, index * MarkRuleView.SIZE).set(record))
  const settings = SettingsView.from(store.readRange('settingsRows', 0, 1))
  const first = settings.firstMarkRule === 0 ? half : 0
  store.writeRange('markRules', first, bytes)
  settings.firstMarkRule = first
  settings.markRules = rules.length
  store.write('settingsRows', 0, settings.toBytes())
}
