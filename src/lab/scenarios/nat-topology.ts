/** What the scenarios by NAT have in common: clients on one side of the director, servers that answer by way of it on the other. */
import type { LabHost, Step, TableExpectation, Topology } from '../scenario.ts'

const SERVERS = ['22.22.22.23', '22.22.22.24', '22.22.22.25']
const DIRECTOR = '22.22.22.22'

export const VIP = '11.11.11.12'
export const SERVICE = `${VIP}:80`

interface Size {
  /** Addresses of `client`, or of `client1` and up; default two. */
  readonly clients?: readonly string[]
  /** How many of `nginx1` and up; default 2. */
  readonly servers?: 2 | 3
  /** Default one, `VIP`. */
  readonly vips?: readonly [string, ...string[]]
}

export function natTopology({ clients = ['11.11.11.11', '11.11.11.2'], servers = 2, vips = [VIP] }: Size): Topology {
  const clientHosts = clients.map((address, index): LabHost => {
    const name = clients.length === 1 ? 'client' : `client${index + 1}`
    return { name, role: 'client', interfaces: [{ segment: 'client-side', address }] }
  })
  const serverHosts = SERVERS.slice(0, servers).map((address, index): LabHost => {
    const interfaces = [{ segment: 'server-side', address }]
    return { name: `nginx${index + 1}`, role: 'server', interfaces, gateway: DIRECTOR, httpPort: 80 }
  })
  const [address, ...more] = vips
  const director: LabHost = {
    name: 'director',
    role: 'director',
    interfaces: [
      { segment: 'client-side', address, more, labels: Object.fromEntries(vips.map((vip) => [vip, 'VIP'])) },
      { segment: 'server-side', address: DIRECTOR },
    ],
  }
  return {
    segments: [
      { name: 'client-side', network: '11.11.11.0/24' },
      { name: 'server-side', network: '22.22.22.0/24' },
    ],
    hosts: [...clientHosts, director, ...serverHosts],
  }
}

/** Forwarding switched on, all services cleared, and then ipvsadm with the words of each line. */
export function setUp(lines: string): Step[] {
  const words = ['-C', ...lines.split('\n').map((line) => line.trim())].filter((line) => line !== '')
  return [{ do: 'forward', on: 'director' }, ...words.map((line): Step => ({ do: 'ipvsadm', words: line }))]
}

/** `ipvsadm -L -n`, and what it shows of a service: weight, active and inactive connections of each of its servers in order. */
export function listed(
  scheduler: string,
  loads: readonly (readonly [weight: number, active: number, inactive: number])[],
  service = SERVICE,
): Step & { do: 'ipvsadm' } {
  const rows = loads.map(([weight, active, inactive], index) => [`${SERVERS[index]}:80`, { weight, active, inactive }])
  const servers = Object.fromEntries(rows) as Extract<TableExpectation, { expect: 'rows' }>['servers']
  return { do: 'ipvsadm', words: '-L -n', expect: [{ expect: 'rows', service, scheduler, servers }] }
}

/** What `ipvsadm -L -n --stats` shows of a service: connections of each of its servers in order, and their sum. */
export function connections(counts: readonly number[], service = SERVICE): TableExpectation {
  const servers = Object.fromEntries(counts.map((count, index) => [`${SERVERS[index]}:80`, count]))
  return { expect: 'connections', service, total: counts.reduce((sum, count) => sum + count), servers }
}
