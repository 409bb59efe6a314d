/** `weir mark`: rules that give new connections a firewall mark, as a table and as options. */
import { isIPv6 } from 'node:net'
import { ControlError, type FamilyNumber, type MarkRule, type Protocol } from '../../control/model.ts'
import { formatTable } from './table.ts'

export interface MarkOptions {
  readonly from?: string
  readonly to?: string
  readonly protocol?: string
  readonly port?: string
  readonly ipv6?: boolean
}

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp']

function badRule(what: string): ControlError {
  return new ControlError('bad-rule', what)
}

function isProtocol(text: string): text is Protocol {
  return (PROTOCOLS as readonly string[]).includes(text)
}

function addressOf(prefix: string): string {
  return prefix.split('/')[0] ?? ''
}

/** Reads `80` or `8000-8080`. Throws a `ControlError` that says what is wrong; ranges are not checked. */
function readPorts(text: string): readonly [number, number] {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  if (first === '') throw badRule(`"${text}" is not a port: write one as in 80, or a range as in 8000-8080.`)
  return [Number(first), Number(last)]
}

/** The rule that the words of `weir mark add` say. Throws a `ControlError` that says what is wrong; the director checks addresses. */
export function readMarkRule(mark: string, { from, to, protocol, port, ipv6 = false }: MarkOptions): MarkRule {
  if (!/^\d{1,10}$/.test(mark)) throw badRule(`"${mark}" is not a firewall mark: write a whole number.`)
  if (protocol !== undefined && !isProtocol(protocol)) {
    throw badRule(`"${protocol}" is not a protocol of services: choose ${PROTOCOLS.join(', ')}.`)
  }
  const isVersion6 = ipv6 || [from, to].some((prefix) => prefix !== undefined && isIPv6(addressOf(prefix)))
  const family: FamilyNumber = isVersion6 ? 6 : 4
  return {
    mark: Number(mark),
    family,
    protocol: protocol ?? null,
    source: from ?? null,
    destination: to ?? null,
    ports: port === undefined ? null : readPorts(port),
  }
}

/** Removes rules by the numbers that `weir mark` shows. Throws a `ControlError` where there is no such rule. */
export function withoutRules(rules: readonly MarkRule[], numbers: readonly string[]): MarkRule[] {
  const gone = new Set(numbers.map(Number))
  const wrong = numbers.find((text) => !/^\d+$/.test(text) || rules[Number(text) - 1] === undefined)
  if (wrong !== undefined) throw badRule(`there is no rule ${wrong}: "weir mark" lists all.`)
  return rules.filter((_, index) => !gone.has(index + 1))
}

function describePorts(ports: MarkRule['ports']): string {
  if (ports === null) return 'any'
  const [first, last] = ports
  return first === last ? String(first) : `${first}-${last}`
}

/** One line for each rule, in the order in which they are tried. */
export function renderMarkRules(rules: readonly MarkRule[]): string {
  if (rules.length === 0) return 'No rules: connections have the marks that they come with.\n'
  const rows = rules.map(({ mark, family, protocol, source, destination, ports }, index) => [
    String(index + 1),
    String(mark),
    `IPv${family}`,
    protocol ?? 'any',
    source ?? 'any',
    destination ?? 'any',
    describePorts(ports),
  ])
  return formatTable(
    ['right', 'right', 'left', 'left', 'left', 'left', 'left'],
    [['RULE', 'MARK', 'FAMILY', 'PROTOCOL', 'FROM', 'TO', 'PORT'], ...rows],
  )
}
