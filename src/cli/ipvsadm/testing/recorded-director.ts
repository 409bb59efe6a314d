/**
 * The machine that the recordings were made on, as far as ipvsadm saw it: its names, its table of 4096, its clock, and
 * packets that come in from both sides. The director is the real one, over the memory host.
 */
import { isIP } from 'node:net'
import { Director } from '../../../control/director.ts'
import { Route } from '../../../engine/records.ts'
import { MemoryHost } from '../../../memory/memory-host.ts'
import { parseServices, type Names } from '../names.ts'
import type { OpenDirector } from '../run.ts'
import { buildRecorded } from './recorded-packet.ts'
import type { RecordedPacket } from './recordings.ts'

const HOSTS: Readonly<Record<string, string>> = {
  'vip1.test': '10.9.0.1',
  'vip6.test': 'fd09::1',
  'rs1.test': '10.2.0.1',
  'rs2.test': '10.2.0.2',
}

/** Those of netbase's /etc/services that the recordings mention. */
const SERVICES = parseServices(`
tcpmux 1/tcp
echo 7/tcp
discard 9/tcp sink null
systat 11/tcp users
daytime 13/tcp
domain 53/tcp
domain 53/udp
http 80/tcp www # WorldWideWeb HTTP
kerberos 88/tcp kerberos5 krb5 kerberos-sec
https 443/tcp
https 443/udp
sip 5060/tcp
sip 5060/udp
mdns 5353/udp
http-alt 8080/tcp webcache
http-alt 8080/udp
`)

export const RECORDED_NAMES: Names = {
  hostAddress: (host, family) => {
    const address = HOSTS[host] ?? null
    return Promise.resolve(address !== null && isIP(address) === family ? address : null)
  },
  hostName: (address) => Promise.resolve(Object.keys(HOSTS).find((name) => HOSTS[name] === address) ?? null),
  servicePort: (name, protocol) => SERVICES.ports.get(`${name}/${protocol}`) ?? null,
  serviceName: (port, protocol) => SERVICES.names.get(`${port}/${protocol}`) ?? null,
}

/** An endpoint as listings may show it: in numbers, and with its names. */
export function recordedLabels(address: string, port: number, protocol: string): string[] {
  const host = Object.keys(HOSTS).find((name) => HOSTS[name] === address) ?? address
  const inBrackets = (text: string): string => (isIP(address) === 6 ? `[${text}]` : text)
  const service = SERVICES.names.get(`${port}/${protocol}`) ?? port
  return [`${inBrackets(address)}:${port}`, `${inBrackets(host)}:${service}`]
}

export class RecordedDirector {
  private readonly host = new MemoryHost({ connections: 4096, route: () => ({ route: Route.Found, mtu: 1500 }) })
  private nowMs = 1000

  constructor() {
    this.host.tick(this.nowMs)
  }

  open({ write }: { write: boolean }): OpenDirector {
    const director = new Director(this.host.tables)
    if (write) director.repair()
    return Object.assign(director, { close: () => {} })
  }

  /** Lets time pass, with the director's housekeeping. */
  wait(seconds: number): void {
    for (const end = this.nowMs + seconds * 1000; this.nowMs < end;) {
      this.nowMs += 100
      this.host.tick(this.nowMs)
    }
  }

  send(packet: RecordedPacket): void {
    const bytes = buildRecorded(packet)
    for (let i = 0; i < packet.count; i++) this.host.handle(bytes)
  }
}
