/**
 * The tables that `ipvsadm -L` prints and the rules that `-S` prints, column by column as ipvsadm 1.31 does it.
 * Everything is formatted from plain status records; names of hosts and ports come from `labels.ts`.
 */
import { formatAddress, formatEndpoint } from '../../control/address.ts'
import type {
  ConnectionStatus,
  DestConfig,
  DestStatus,
  Endpoint,
  FamilyNumber,
  MethodName,
  ServiceConfig,
  ServiceId,
  ServiceStatus,
  Traffic,
  Tunnel,
} from '../../control/model.ts'
import { formatSchedFlags, listSchedFlags } from './sched-flags.ts'

/** What a listing shows of services and dests. */
export type View = 'rules' | 'stats' | 'rate' | 'thresholds' | 'persistent-conn' | 'tun-info' | 'weights'

/** What decides on the names of an endpoint's port. */
export type LabelProtocol = ServiceId['protocol'] | ConnectionStatus['protocol']

/** An endpoint as the listing shows it. */
export type Label = (endpoint: Endpoint, protocol: LabelProtocol) => string

export interface Listing {
  readonly view: View
  /** Numbers in full. */
  readonly exact: boolean
  readonly label: Label
}

/** Characters of a real server's column; longer names are cut. */
const DEST_WIDTH = 28

const TITLES: Readonly<Record<View, string>> = {
  rules: '',
  stats: `Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
`,
  rate: `Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
  -> RemoteAddress:Port
`,
  thresholds: `Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n  -> RemoteAddress:Port
`,
  'persistent-conn': `Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n  -> RemoteAddress:Port
`,
  'tun-info': `Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn
`,
  weights: `Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`,
}

/** The line above a listing of all services. `capacity` stands where IPVS has the size of its hash table. */
export function formatBanner(capacity: number): string {
  return `IP Virtual Server version 1.2.1 (size=${capacity})\n`
}

/** A count in nine columns, from 100 million on in K, M, G or T unless `exact`. */
export function formatCount(count: number, exact: boolean): string {
  if (exact || count < 1e8) return ` ${String(count).padStart(8)}`
  const [unit, letter] = count < 1e9 ? [1e3, 'K'] : count < 1e11 ? [1e6, 'M'] : count < 1e14 ? [1e9, 'G'] : [1e12, 'T']
  return String(Math.floor(count / unit)).padStart(8) + letter
}

function formatTraffic(traffic: Traffic, exact: boolean): string {
  const { connections, inPackets, outPackets, inBytes, outBytes } = traffic
  return [connections, inPackets, outPackets, inBytes, outBytes].map((count) => formatCount(count, exact)).join('')
}

function columns(values: readonly number[], widths: readonly number[]): string {
  return values.map((value, i) => String(value).padEnd(widths[i] ?? 0)).join(' ')
}

/** The options that name the service. */
export function ruleService(service: ServiceId, label: Label): string {
  // A listing shows a mark as a signed number, as the original does; a rule must be one that can be read again.
  if (service.protocol === 'fwm') return `-f ${service.mark}${service.family === 6 ? ' -6' : ''}`
  const option = service.protocol === 'sctp' ? '--sctp-service' : `-${service.protocol.charAt(0)}`
  return `${option} ${label(service, service.protocol)}`
}

function nameOf(service: ServiceId, label: Label): string {
  if (service.protocol !== 'fwm') return label(service, service.protocol)
  return `${service.mark | 0}${service.family === 6 ? ' IPv6' : ''}`
}

/** What makes clients one, or null where that is the whole address. */
function maskOf(service: ServiceConfig): string | null {
  const mask = service.persistence?.mask
  const family: FamilyNumber = service.protocol === 'fwm' ? service.family : service.address.includes(':') ? 6 : 4
  if (mask === undefined || mask === (family === 6 ? 128 : 0xffffffff)) return null
  return family === 6 ? String(mask) : formatAddress({ word0: mask, word1: 0, word2: 0, word3: 0 }, family)
}

function ruleOptions(service: ServiceConfig): string {
  const flags = formatSchedFlags(service, service.scheduler)
  const mask = maskOf(service)
  return [
    `-s ${service.scheduler}`,
    ...(flags === '' ? [] : [`-b ${flags}`]),
    ...(service.persistence === null ? [] : [`-p ${service.persistence.timeoutS}`]),
    ...(mask === null ? [] : [`-M ${mask}`]),
    ...(service.engine === null ? [] : [`--pe ${service.engine}`]),
    ...(service.onePacket ? ['-o'] : []),
    ...(service.proxyProtocol ? ['--proxy-protocol v2'] : []),
  ].join(' ')
}

/** Scheduler and flags, as a listing shows them behind the service. */
export function listedOptions(service: ServiceConfig): string {
  const flags = listSchedFlags(service, service.scheduler)
  const mask = maskOf(service)
  return [
    service.scheduler,
    ...(flags === '' ? [] : [flags]),
    ...(service.persistence === null ? [] : [`persistent ${service.persistence.timeoutS}`]),
    ...(mask === null ? [] : [`mask ${mask}`]),
    ...(service.engine === null || service.persistence === null ? [] : [`pe ${service.engine}`]),
    ...(service.onePacket ? ['ops'] : []),
    ...(service.proxyProtocol ? ['ppv2'] : []),
  ].join(' ')
}

function formatService(service: ServiceStatus, { view, exact, label }: Listing): string {
  if (view === 'rules') {
    const named = ruleService(service, label)
    const pool = service.localAddresses.map(({ address }) => `-P ${named} -z ${address}\n`)
    return `-A ${named} ${ruleOptions(service)}\n${pool.reverse().join('')}`
  }
  const prefix = `${service.protocol.toUpperCase().padEnd(4)} ${nameOf(service, label)}`
  if (view === 'stats') return `${prefix.padEnd(33)}${formatTraffic(service.counters, exact)}\n`
  if (view === 'rate') return `${prefix.padEnd(33)}${formatTraffic(service.rates, exact)}\n`
  return `${prefix} ${listedOptions(service)}\n`
}

/** A forwarding method as a listing shows it, and as a rule says it. */
const METHODS: Readonly<Record<MethodName, { readonly listed: string; readonly option: string }>> = {
  masquerading: { listed: 'Masq', option: '-m' },
  'direct-routing': { listed: 'Route', option: '-g' },
  tunneling: { listed: 'Tunnel', option: '-i' },
  fullnat: { listed: 'FullNAT', option: '--fullnat' },
}

/** A tunnel's checksum as a listing shows it, and as a rule says it. */
const CHECKSUMS: Readonly<Record<Tunnel['checksum'], { readonly listed: string; readonly option: string }>> = {
  none: { listed: '-c', option: '--tun-nocsum' },
  full: { listed: '+c', option: '--tun-csum' },
  remote: { listed: 'r+c', option: '--tun-remcsum' },
}

function tunnelInfo({ method, tunnel: { type, port, checksum } }: DestStatus): string {
  if (method !== 'tunneling') return ''
  const { listed } = CHECKSUMS[checksum]
  return type === 'ipip' ? type : type === 'gue' ? `gue:${port}:${listed}` : `${type}:${listed}`
}

function ruleTunnel({ method, tunnel: { type, port, checksum } }: DestConfig): string {
  if (method !== 'tunneling') return ''
  const { option } = CHECKSUMS[checksum]
  return ` --tun-type ${type}${type === 'gue' ? ` --tun-port ${port}` : ''}${type === 'ipip' ? '' : ` ${option}`}`
}

/** What follows `-a` or `-e`: the service, and all of the dest, so that nothing falls back to a default. Unlike the original's, it has the thresholds. */
export function ruleDest(service: ServiceId, dest: DestConfig, label: Label): string {
  const { weight, upperThreshold, lowerThreshold } = dest
  const thresholds = upperThreshold === 0 ? '' : ` -x ${upperThreshold} -y ${lowerThreshold}`
  return `${ruleService(service, label)} -r ${label(dest, service.protocol)} ${METHODS[dest.method].option} -w ${weight}${ruleTunnel(dest)}${thresholds}`
}

function formatDest(service: ServiceStatus, dest: DestStatus, { view, exact, label }: Listing): string {
  if (view === 'rules') return `-a ${ruleDest(service, dest, label)}\n`
  const prefix = `  -> ${label(dest, service.protocol).slice(0, DEST_WIDTH).padEnd(DEST_WIDTH)}`
  const { weight, active, inactive } = dest
  switch (view) {
    case 'stats':
      return `${prefix}${formatTraffic(dest.counters, exact)}\n`
    case 'rate':
      return `${prefix}${formatTraffic(dest.rates, exact)}\n`
    case 'thresholds':
      return `${prefix} ${columns([dest.upperThreshold, dest.lowerThreshold, active, inactive], [10, 10, 10, 10])}\n`
    case 'persistent-conn':
      return `${prefix} ${columns([weight, dest.persistent, active, inactive], [9, 11, 10, 10])}\n`
    case 'tun-info': {
      const columnsOfTunnel = `${METHODS[dest.method].listed.padEnd(7)} ${tunnelInfo(dest).padEnd(13)}`
      return `${prefix} ${columnsOfTunnel} ${columns([weight, active, inactive], [6, 10, 10])}\n`
    }
    case 'weights':
      return `${prefix} ${METHODS[dest.method].listed.padEnd(7)} ${columns([weight, active, inactive], [6, 10, 10])}\n`
  }
}

/** Services, each followed by its dests, below their titles. */
export function formatServices(services: readonly ServiceStatus[], listing: Listing): string {
  const blocks = services.map(
    (service) =>
      formatService(service, listing) + service.dests.map((dest) => formatDest(service, dest, listing)).join(''),
  )
  return TITLES[listing.view] + blocks.join('')
}

/** The pools of local addresses, in DPVS's words. Services without one are left out. */
export function formatLocalAddresses(services: readonly ServiceStatus[]): string {
  const blocks = services
    .filter(({ localAddresses }) => localAddresses.length > 0)
    .map((service) => {
      const head = `${nameOf(service, formatEndpoint).padEnd(20)} ${service.localAddresses.length}\n`
      const rows = service.localAddresses.map(
        ({ address, conflicts, connections }) =>
          `${' '.repeat(29)} ${address.padEnd(20)} ${String(conflicts).padEnd(10)} ${connections}\n`,
      )
      return head + rows.join('')
    })
  return `VIP:VPORT            TOTAL    SNAT_IP              CONFLICTS  CONNS\n${blocks.join('')}`
}

function formatExpiry(remainingMs: number): string {
  const seconds = Math.max(0, Math.floor(remainingMs / 1000))
  const twoDigits = (value: number): string => String(value).padStart(2, '0')
  return `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`
}

/** The connections; `persistence` adds the titles of the columns that only a persistence engine fills. */
export function formatConnections(
  connections: readonly ConnectionStatus[],
  persistence: boolean,
  label: Label,
): string {
  const more = persistence ? '        pe name          pe_data' : ''
  const lines = connections.map(({ protocol, client, virtual, dest, state, remainingMs }) => {
    const [from, to, server] = [client, virtual, dest].map((endpoint) => label(endpoint, protocol))
    const route = `${from?.padEnd(18)} ${to?.padEnd(18)} ${server}`
    return `${protocol.toUpperCase().padEnd(3)} ${formatExpiry(remainingMs)}  ${state.padEnd(11)} ${route}\n`
  })
  return `IPVS connection entries
pro expire state       source             virtual            destination${more}
${lines.join('')}`
}
