/**
 * One service with dests in the tables of a host in Node, and its scheduler asked directly: no packets, no connections, counters as the
 * test says. Dests are numbered from 1 in the list's order, and so are their addresses, 10.2.0.1 …
 */
import { planScheduler, restartedState } from '../../../control/scheduling/plan-scheduler.ts'
import { MemoryHost, type MemoryHostOptions } from '../../../memory/memory-host.ts'
import { DestStateView, DestView, ServiceKeyView, ServiceStateView, ServiceView } from '../../generated/views.ts'
import { runOn } from '../../platform.ts'
import { Availability, type Choice, Family, type Heading, NONE, Route } from '../../records.ts'
import { choose } from '../../services.ts'

export interface ListedWeights {
  readonly scheduler: number
  readonly weights: readonly number[]
  readonly parameter?: number
  readonly flags?: number
  readonly random?: MemoryHostOptions['random']
}

export class ListedService {
  readonly host: MemoryHost
  readonly record = ServiceView.from(new Uint8Array(ServiceView.SIZE))
  private readonly key = ServiceKeyView.from(new Uint8Array(ServiceKeyView.SIZE))
  private readonly count: number

  constructor({ scheduler, weights, parameter = 0, flags = 0, random }: ListedWeights) {
    const route = { route: Route.Found, mtu: 1500 }
    this.host = new MemoryHost({ connections: 16, route: () => route, ...(random === undefined ? {} : { random }) })
    this.count = weights.length
    Object.assign(this.key, { protocol: 6, family: Family.Ipv4, port: 80 })
    Object.assign(this.record, { index: 1, scheduler, parameter, flags, firstDest: weights.length === 0 ? NONE : 1 })
    weights.forEach((weight, at) => {
      const dest = DestView.from(new Uint8Array(DestView.SIZE))
      dest.service.set(this.key)
      dest.address.word0 = 0x0a020001 + at
      Object.assign(dest, { port: 80, weight, lastWeight: weight, next: at + 1 === weights.length ? NONE : at + 2 })
      this.host.tables.write('dests', at + 1, dest.toBytes())
    })
    this.plan()
  }

  dest(index: number): DestView {
    const dest = this.host.destAt(index)
    if (dest === null) throw new Error(`there is no dest ${index}`)
    return dest
  }

  /** Sets a dest's counters of connections. */
  load(index: number, active: number, inactive = 0): void {
    this.host.tables.write(
      'destStates',
      index,
      DestStateView.of({ active, inactive, persistent: 0, reserved: 0 }).toBytes(),
    )
  }

  setWeight(index: number, weight: number): void {
    this.dest(index).weight = weight
    if (weight > 0) this.dest(index).lastWeight = weight
    this.plan()
  }

  /** Marks a dest as overloaded, or not, without a change of the service. */
  setOverloaded(index: number, overloaded: boolean): void {
    this.dest(index).upperThreshold = 1
    const mark = this.host.overloadAt(index)
    if (mark !== null) mark.overloaded = overloaded ? 1 : 0
  }

  /** Marks a dest as removed; it stays in the list. */
  remove(index: number): void {
    this.dest(index).availability = Availability.Removed
  }

  /** The dest for a packet from one address to another; `NONE` where no dest is usable. */
  choose(client = 0, virtual = 0, clientPort = 1024): number {
    const none = { word1: 0, word2: 0, word3: 0 }
    const heading: Heading = {
      source: { word0: client, ...none },
      destination: { word0: virtual, ...none },
      sourcePort: clientPort,
      destinationPort: 80,
      family: Family.Ipv4,
      protocol: 6,
      own: 0,
      fragment: 0,
      transport: 20,
      payload: 40,
      length: 40,
      hops: 64,
      event: 0,
      identification: 0,
    }
    const choice: Choice = { dest: NONE, template: NONE, callId: 0 }
    runOn(this.host, () => choose(heading, this.key, this.record, this.host.settings(), choice))
    return choice.dest
  }

  choices(count: number): number[] {
    return Array.from({ length: count }, () => this.choose())
  }

  /** What the control side does after a change of the list. */
  private plan(): void {
    const { tables } = this.host
    const dests = Array.from({ length: this.count }, (_, at) => ({ index: at + 1, dest: this.dest(at + 1) }))
    const plan = planScheduler(this.record, dests)
    const { weightDivisor, maxWeight, buckets } = plan
    tables.writeRange('buckets', 0, new Uint8Array(Uint32Array.from(buckets).buffer))
    Object.assign(this.record, { weightDivisor, maxWeight, firstBucket: 0, buckets: buckets.length })
    const state = ServiceStateView.from(tables.readRange('serviceStates', 1, 1))
    tables.write('serviceStates', 1, ServiceStateView.of(restartedState(this.record, plan, state)).toBytes())
  }
}
