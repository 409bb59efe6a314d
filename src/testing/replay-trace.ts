/**
 * Replays a scheduler trace of LVS (conformance/traces) on a bench: the same servers added, edited and removed, the same connections
 * opened and closed at the same times. Compares each choice, and before it the list of servers, its order and ActiveConn.
 * InActConn isn't compared: the traces were recorded with a FIN timeout of 2 s.
 */
import { readFileSync } from 'node:fs'
import type { DestConfig, Endpoint, ServiceId } from '../control/model.ts'
import type { DirectorBench } from './bench.ts'
import { segment } from './reach-state.ts'

interface TraceEvent {
  readonly ev: 'config' | 'add' | 'edit' | 'del' | 'open' | 'close' | 'wait' | 'end'
  readonly t: number
  /** Server. */
  readonly s: string
  readonly w: number
  /** Connection. */
  readonly n: number
  readonly src: string
  readonly sport: number
  /** Name, weight, ActiveConn, InActConn. */
  readonly d: readonly (readonly [string, number, number, number])[]
  readonly to: string | null
  readonly how: string
  readonly servers: Readonly<Record<string, readonly [string, number]>>
  readonly vips: readonly string[]
  readonly vport: number
}

/** The packets of each way to end a connection. */
const ENDINGS: Readonly<Record<string, readonly (readonly ['client' | 'server', string])[]>> = {
  fin_c: [['client', 'FA'], ['server', 'FA'], ['client', 'A']], // prettier-ignore
  fin_s: [['server', 'FA'], ['client', 'FA'], ['server', 'A']], // prettier-ignore
  half_c: [['client', 'FA']],
  half_s: [['server', 'FA']],
  rst_c: [['client', 'R']],
  rst_s: [['server', 'R']],
}

const TRACES = new URL('../../conformance/traces/', import.meta.url)

export interface TraceOutcome {
  readonly choices: number
  readonly differences: readonly string[]
}

class TraceReplay {
  choices = 0
  readonly differences: string[] = []
  private readonly service: ServiceId
  private readonly clients = new Map<number, { client: Endpoint; server: Endpoint }>()

  constructor(
    private readonly bench: DirectorBench,
    private readonly config: TraceEvent,
  ) {
    this.service = { protocol: 'tcp', address: config.vips[0] ?? '', port: config.vport }
    bench.control.addService({ ...this.service, scheduler: 'rr' })
  }

  step(event: TraceEvent): void {
    if (event.ev !== 'end') this.bench.setClock(event.t)
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
        this.close(event)
        break
      default:
        break
    }
  }

  private server(name: string): Endpoint {
    const [address = '', port = 0] = this.config.servers[name] ?? []
    return { address, port }
  }

  private dest({ s, w }: TraceEvent): DestConfig {
    return { ...this.server(s), weight: w, method: 'masquerading' }
  }

  private nameOf(endpoint: Endpoint): string | null {
    const at = ([address, port]: readonly [string, number]): boolean =>
      address === endpoint.address && port === endpoint.port
    return Object.entries(this.config.servers).find(([, server]) => at(server))?.[0] ?? null
  }

  private open({ n, src, sport, d, to }: TraceEvent): void {
    this.choices += 1
    const dests = this.bench.control.service(this.service)?.dests ?? []
    const list = dests.map((dest) => `${this.nameOf(dest) ?? '?'} ${dest.weight} ${dest.active}`).join(', ')
    const recorded = d.map(([name, weight, active]) => `${name} ${weight} ${active}`).join(', ')
    if (list !== recorded) this.differences.push(`connection ${n}: the list is ${list}; LVS had ${recorded}`)
    const client = { address: src, port: sport }
    this.bench.handle(segment({ client, virtual: this.service, server: client }, 'client', 'S'))
    const made = this.bench.control.connections().find((one) => one.client.address === src && one.client.port === sport)
    const chosen = made === undefined ? null : this.nameOf(made.dest)
    if (chosen !== to)
      this.differences.push(`connection ${n}: ${chosen ?? 'none'} is chosen; LVS chose ${to ?? 'none'}`)
    if (made === undefined) return
    this.clients.set(n, { client, server: made.dest })
    this.bench.handle(segment({ client, virtual: this.service, server: made.dest }, 'server', 'SA'))
    this.bench.handle(segment({ client, virtual: this.service, server: made.dest }, 'client', 'A'))
  }

  private close({ n, how }: TraceEvent): void {
    const ends = this.clients.get(n)
    const ending = ENDINGS[how]
    if (ends === undefined || ending === undefined) throw new Error(`connection ${n} can't be closed by ${how}`)
    for (const [from, flags] of ending) this.bench.handle(segment({ ...ends, virtual: this.service }, from, flags))
  }
}

/** `file` is a name in conformance/traces; the bench is new. */
export function replayTrace(file: string, bench: DirectorBench): TraceOutcome {
  const [config, ...events] = readFileSync(new URL(file, TRACES), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TraceEvent)
  if (config?.ev !== 'config') throw new Error(`${file} does not begin with its configuration`)
  const replay = new TraceReplay(bench, config)
  for (const event of events) replay.step(event)
  return replay
}
