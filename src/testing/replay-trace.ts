/**
 * Replays a scheduler trace of LVS (conformance/traces) on a director: the same services, servers added, edited and removed, the same
 * connections opened and closed at the same times. Compares the list of servers, ActiveConn and the choice at every connection.
 *
 * The director counts for itself. When an entry expired between two events depended on the recording machine's speed: where InActConn
 * differs, the recorded one is written before the choice, and counted in `corrected`.
 */
import { readFileSync } from 'node:fs'
import { parseAddress } from '../control/address.ts'
import {
  IPIP,
  type DestConfig,
  type DestStatus,
  type Endpoint,
  PLAIN_SERVICE,
  type SchedulerName,
  type ServiceId,
} from '../control/model.ts'
import { DestStateView, DestView, OverloadView, ServiceView, SettingsView } from '../engine/generated/views.ts'
import { NONE } from '../engine/records.ts'
import type { DirectorBench } from './bench.ts'
import { destinationName, destinationOf, packetBetween, TCP, UDP } from './replay-trace-packets.ts'

/** What a replay needs of a bench; packets carry firewall marks. */
export type TraceBench = Pick<DirectorBench, 'control' | 'tables' | 'setClock'> & {
  handle(packet: Uint8Array, mark: number): { readonly packet: Uint8Array }
}

/** Name, weight, ActiveConn, InActConn. */
type Listed = readonly [name: string, weight: number, active: number, inactive: number]

interface Config {
  readonly ev: 'config'
  readonly scheduler: SchedulerName
  readonly proto: 'tcp' | 'udp'
  readonly family: 4 | 6
  readonly fwmark: number
  readonly vips: readonly string[]
  readonly vport: number
  readonly flags: readonly string[]
  readonly persistent: number
  readonly netmask: string | number | null
  readonly servers: Readonly<Record<string, readonly [address: string, port: number]>>
  readonly sysctl: Readonly<Record<string, number>>
}
interface Server {
  readonly ev: 'add' | 'edit'
  readonly s: string
  readonly w: number
  readonly u: number
  readonly l: number
}
interface Open {
  readonly ev: 'open'
  readonly n: number
  readonly src: string
  readonly sport: number
  readonly dst?: string
  readonly d: readonly Listed[]
  readonly to: string | null
}
type Event = { readonly t: number } & (
  | Server
  | Open
  | { readonly ev: 'del'; readonly s: string }
  | { readonly ev: 'close'; readonly n: number; readonly how: string }
  | { readonly ev: 'wait' | 'end' }
)

/** The packets of each way to end a connection. */
const ENDINGS: Readonly<Record<string, readonly (readonly ['client' | 'server', string])[]>> = {
  fin_c: [['client', 'FA'], ['server', 'FA'], ['client', 'A']], // prettier-ignore
  fin_s: [['server', 'FA'], ['client', 'FA'], ['server', 'A']], // prettier-ignore
  half_c: [['client', 'FA']],
  half_s: [['server', 'FA']],
  rst_c: [['client', 'R']],
  rst_s: [['server', 'R']],
  idle: [],
}
/** The timeouts of the recordings, `ipvsadm --set 900 2 2`. */
const TIMEOUTS = { tcpTimeoutS: 900, tcpFinTimeoutS: 2, udpTimeoutS: 2 }
/** When a client that was refused without noticing asks again. */
const RETRANSMISSION_MS = 1000
export const TRACES = new URL('../../conformance/traces/', import.meta.url)

interface Connection {
  readonly client: Endpoint
  readonly virtual: Endpoint
  readonly server: Endpoint
}

export interface TraceOutcome {
  readonly choices: number
  /** Connections before which InActConn of a server had to be corrected. */
  readonly corrected: number
  readonly differences: readonly string[]
}

class TraceReplay {
  choices = 0
  corrected = 0
  readonly differences: string[] = []
  private readonly service: ServiceId
  private readonly protocol: number
  private readonly names: ReadonlyMap<string, string>
  private readonly connections = new Map<number, Connection>()
  private now = 0

  constructor(
    private readonly bench: TraceBench,
    private readonly config: Config,
  ) {
    const { proto, family, fwmark, vips, vport } = config
    this.protocol = proto === 'tcp' ? TCP : UDP
    this.names = new Map(Object.entries(config.servers).map(([name, [address, port]]) => [`${address} ${port}`, name]))
    this.service =
      fwmark === 0
        ? { protocol: proto, address: vips[0] ?? '', port: vport }
        : { protocol: 'fwm', mark: fwmark, family }
    this.configure()
  }

  step(event: Event): void {
    if (event.ev !== 'end') this.advance(event.t)
    const { control } = this.bench
    switch (event.ev) {
      case 'add':
        control.addDest(this.service, this.dest(event))
        break
      case 'edit':
        control.editDest(this.service, this.dest(event))
        break
      case 'del':
        control.removeDest(this.service, this.server(event.s))
        break
      case 'open':
        this.open(event)
        break
      case 'close':
        this.close(event.n, event.how)
        break
      default:
        break
    }
  }

  private configure(): void {
    const { control, tables } = this.bench
    const { family, flags, persistent, netmask, scheduler, sysctl } = this.config
    control.set(TIMEOUTS)
    const settings = SettingsView.from(tables.readRange('settingsRows', 0, 1))
    settings.lblcrExpirationMs = (sysctl['net.ipv4.vs.lblcr_expiration'] ?? 86_400) * 1000
    tables.write('settingsRows', 0, settings.toBytes())
    const all = family === 4 ? 0xffffffff : 128
    const mask = typeof netmask === 'string' ? parseAddress(netmask).address.word0 : (netmask ?? all)
    control.addService({
      ...PLAIN_SERVICE,
      ...this.service,
      scheduler,
      persistence: persistent === 0 ? null : { timeoutS: persistent, mask },
      fallback: flags.some((flag) => flag.endsWith('-fallback')),
      hashPort: flags.some((flag) => flag.endsWith('-port')),
    })
  }

  private advance(ms: number): void {
    this.now = ms
    this.bench.setClock(ms)
  }

  private differ(n: number, what: string): void {
    this.differences.push(`connection ${n}: ${what}`)
  }

  private server(name: string): Endpoint {
    const [address, port] = this.config.servers[name] ?? ['', 0]
    return { address, port }
  }

  private dest({ s, w, u, l }: Server): DestConfig {
    return { ...this.server(s), weight: w, method: 'masquerading', tunnel: IPIP, upperThreshold: u, lowerThreshold: l }
  }

  private listed(): readonly DestStatus[] {
    return this.bench.control.service(this.service)?.dests ?? []
  }

  private nameOf({ address, port }: Endpoint): string {
    return this.names.get(`${address} ${port}`) ?? '?'
  }

  private send({ client, virtual, server }: Connection, from: 'client' | 'server', flags: string): Uint8Array {
    const [source, destination] = from === 'client' ? [client, virtual] : [server, client]
    const mark = from === 'client' ? this.config.fwmark : 0
    return this.bench.handle(packetBetween(source, destination, this.protocol, flags), mark).packet
  }

  private open(event: Open): void {
    this.choices += 1
    this.compareList(event)
    const { config } = this
    const client = { address: event.src, port: event.sport }
    const virtual = { address: event.dst ?? config.vips[0] ?? '', port: config.vport }
    const dests = this.listed()
    const sent = this.send({ client, virtual, server: client }, 'client', 'S')
    const chosen = this.serverOf(sent, virtual)
    const name = chosen?.name ?? null
    if (config.scheduler === 'twos') this.judgeDraw(event, name, dests)
    else if (name !== event.to) this.differ(event.n, `${name ?? 'none'} is chosen; LVS chose ${event.to ?? 'none'}`)
    if (chosen !== null) {
      const connection = { client, virtual, server: chosen.endpoint }
      this.connections.set(event.n, connection)
      if (this.protocol === TCP) this.send(connection, 'server', 'SA')
      if (this.protocol === TCP) this.send(connection, 'client', 'A')
    } else if (config.family === 6 && this.protocol === TCP) {
      // Refused by ICMPv6, a TCP client does not notice and asks again.
      this.advance(this.now + RETRANSMISSION_MS)
      this.send({ client, virtual, server: client }, 'client', 'S')
    }
  }

  private close(n: number, how: string): void {
    const connection = this.connections.get(n)
    const ending = ENDINGS[how]
    if (connection === undefined || ending === undefined) throw new Error(`connection ${n} can't be closed by ${how}`)
    for (const [from, flags] of ending) this.send(connection, from, flags)
  }

  /** The server that a packet was sent to, its port the packet's own where the server's is 0; null where it was not forwarded. */
  private serverOf(packet: Uint8Array, virtual: Endpoint): { name: string; endpoint: Endpoint } | null {
    const found = destinationOf(packet, this.protocol)
    for (const [name, [address, port]] of Object.entries(this.config.servers)) {
      const endpoint = { address, port: port === 0 ? virtual.port : port }
      if (destinationName(endpoint) === found) return { name, endpoint }
    }
    return null
  }

  /** Brings the list's InActConn, and after a draw that LVS drew otherwise ActiveConn too, to what was recorded. */
  private compareList({ n, d }: Open): void {
    const dests = this.listed()
    const line = (name: string, weight: number, active: number): string => `${name} ${weight} ${active}`
    const drawn = this.config.scheduler === 'twos'
    const list = dests.map((dest) => line(this.nameOf(dest), dest.weight, drawn ? 0 : dest.active)).join(', ')
    const recorded = d.map(([name, weight, active]) => line(name, weight, drawn ? 0 : active)).join(', ')
    if (list !== recorded) {
      this.differ(n, `the list is ${list}; LVS had ${recorded}`)
      return
    }
    const indexes = this.indexes()
    let corrected = 0
    d.forEach(([, , active, inactive], at) => {
      const dest = dests[at]
      const index = indexes[at]
      if (dest === undefined || index === undefined) return
      if (dest.active === active && dest.inactive === inactive) return
      corrected = 1
      this.correct(index, dest, active, inactive)
    })
    this.corrected += corrected
  }

  private correct(index: number, dest: DestStatus, active: number, inactive: number): void {
    const { tables } = this.bench
    const state = DestStateView.from(tables.readRange('destStates', index, 1))
    Object.assign(state, { active, inactive })
    tables.write('destStates', index, state.toBytes())
    const overloaded = active + inactive >= dest.upperThreshold ? 1 : active + inactive < lowerBound(dest) ? 0 : null
    if (overloaded !== null) tables.write('overloads', index, OverloadView.of({ overloaded }).toBytes())
  }

  /** The list of dests as indexes. */
  private indexes(): number[] {
    const { tables } = this.bench
    const indexes: number[] = []
    for (const { value } of tables.entries('services')) {
      for (let at = ServiceView.from(value).firstDest; at !== NONE;) {
        indexes.push(at)
        at = DestView.from(tables.readRange('dests', at, 1)).next
      }
    }
    return indexes
  }

  /** Of a draw it can only be said whether the server might be drawn, of LVS's and of ours. */
  private judgeDraw({ n, to, d }: Open, chosen: string | null, dests: readonly DestStatus[]): void {
    if (this.config.persistent !== 0) return
    for (const name of [to, chosen]) {
      const mayBeDrawn = dests.filter((dest, at) => {
        const [, weight, active, inactive] = d[at] ?? ['', 0, 0, 0]
        const bound = name === null ? lowerBound(dest) : dest.upperThreshold
        return weight > 0 && (dest.upperThreshold === 0 || active + inactive < bound)
      })
      const names = mayBeDrawn.map((dest) => this.nameOf(dest))
      if (name === null ? names.length > 0 : !names.includes(name)) {
        this.differ(n, `${name ?? 'none'} is drawn from ${names.join(', ')}`)
      }
    }
  }
}

/** Connections below which a server is no longer overloaded. */
function lowerBound({ upperThreshold, lowerThreshold }: DestConfig): number {
  return lowerThreshold !== 0 ? lowerThreshold : upperThreshold - Math.floor(upperThreshold / 4)
}

/** `file` is a name in conformance/traces; the bench is new. */
export function replayTrace(file: string, bench: TraceBench): TraceOutcome {
  const [config, ...events] = readFileSync(new URL(file, TRACES), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Config | Event)
  if (config?.ev !== 'config') throw new Error(`${file} does not begin with its configuration`)
  const replay = new TraceReplay(bench, config)
  for (const event of events) if (event.ev !== 'config') replay.step(event)
  return replay
}
