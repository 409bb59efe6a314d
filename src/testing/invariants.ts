/**
 * What always holds of a director's tables between two packets: each live connection has exactly its flows, each flow leads to a live
 * connection, each template counts its connections, and each dest's counts are those of its connections by state. And what holds
 * once a command is done: each service's scheduler has what it needs of its dests.
 */
import { Plan } from '../control/plan.ts'
import { planScheduler } from '../control/scheduling/plan-scheduler.ts'
import { digest } from '../engine/address.ts'
import {
  AllocatorView,
  BucketView,
  ConnectionView,
  DestStateView,
  FlowKeyView,
  FlowView,
  LayoutView,
  LocalAddressView,
  LocalUseView,
  SettingsView,
} from '../engine/generated/views.ts'
import { type Platform, runOn } from '../engine/platform.ts'
import { isActive } from '../engine/protocols/protocols.ts'
import {
  type Address,
  ConnectionFlag,
  ForwardingMethod,
  type Digest,
  Direction,
  EXPECTED,
  type FlowKey,
  NONE,
  TEMPLATE,
} from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'

interface Held {
  readonly connection: ConnectionView
  flows: number
  /** Live connections that name it as their template. */
  members: number
}

function isTemplate({ flags }: ConnectionView): boolean {
  return (flags & ConnectionFlag.Template) !== 0
}

/** An FTP data connection that was announced and not yet begun. */
function isExpected({ flags }: ConnectionView): boolean {
  return (flags & ConnectionFlag.Expected) !== 0
}

/** How many flows lead to a connection: a template that is set aside is found no more. */
function wantedFlows(connection: ConnectionView): number {
  if (isExpected(connection)) return 1
  // Of a server that has the virtual address itself no packets come.
  const isAnswered = [ForwardingMethod.Masquerading, ForwardingMethod.FullNat].some((m) => m === connection.method)
  if (!isTemplate(connection)) return isAnswered ? 2 : 1
  return (connection.flags & ConnectionFlag.SetAside) !== 0 ? 0 : 1
}

class Checker {
  private readonly broken: string[] = []
  private readonly live = new Map<number, Held>()
  private readonly settings: SettingsView

  constructor(private readonly tables: TableStore) {
    this.settings = SettingsView.from(tables.readRange('settingsRows', 0, 1))
    const { used } = AllocatorView.from(tables.readRange('allocators', 0, 1))
    const bytes = tables.readRange('connections', 0, used + 1)
    for (let index = 1; index <= used; index++) {
      const row = bytes.slice(index * ConnectionView.SIZE, (index + 1) * ConnectionView.SIZE)
      const connection = ConnectionView.from(row)
      if (connection.expiresMs !== 0) this.live.set(index, { connection, flows: 0, members: 0 })
    }
  }

  run(): string[] {
    this.flows()
    this.templates()
    this.counts()
    return this.broken
  }

  /** The digest that the engine makes of an address. */
  private digest(address: Address, family: number): Digest {
    const made: Digest = { low: 0, high: 0 }
    runOn({ settings: () => this.settings } as unknown as Platform, () => digest(address, family, made))
    return made
  }

  private expectedFlow(connection: ConnectionView, direction: number): FlowKey {
    const { client, virtual, server, clientPort, virtualPort, serverPort, protocol, family, callId } = connection
    const rest = { protocol, kind: family, reserved: 0 }
    if (direction === Direction.Out) {
      const { local, localPort } = connection
      const { address } = LocalAddressView.from(this.tables.readRange('localAddresses', local, 1))
      return {
        source: this.digest(server, family),
        destination: this.digest(local === NONE ? client : address, family),
        sourcePort: serverPort,
        destinationPort: local === NONE ? clientPort : localPort,
        ...rest,
      }
    }
    const ofMark = isTemplate(connection) && protocol === 0
    return {
      source: callId === 0 ? this.digest(client, family) : { low: callId, high: 0 },
      destination: ofMark ? { low: virtual.word0, high: 0 } : this.digest(virtual, family),
      sourcePort: clientPort,
      destinationPort: virtualPort,
      ...rest,
      kind: isTemplate(connection) ? family + TEMPLATE : isExpected(connection) ? family + EXPECTED : family,
    }
  }

  private flows(): void {
    for (const { key, value } of this.tables.entries('flows')) {
      const { connection: index, direction } = FlowView.from(value)
      const held = this.live.get(index)
      if (held === undefined) {
        this.broken.push(`a flow leads to the connection ${index}, which is not in use`)
        continue
      }
      held.flows += 1
      const isPackets = !isTemplate(held.connection) && !isExpected(held.connection)
      if ((direction !== Direction.Template) !== isPackets)
        this.broken.push(`a flow of direction ${direction} leads to the connection ${index}`)
      const wanted = FlowKeyView.of(this.expectedFlow(held.connection, direction)).toBytes()
      if (Buffer.compare(wanted, key) !== 0) this.broken.push(`a flow leads to the connection ${index} of another`)
    }
    for (const [index, { connection, flows }] of this.live)
      if (flows !== wantedFlows(connection)) this.broken.push(`the connection ${index} has ${flows} flows`)
  }

  private templates(): void {
    for (const [index, { connection }] of this.live) {
      if (connection.template === NONE) continue
      const template = this.live.get(connection.template)
      if (template === undefined || !isTemplate(template.connection))
        this.broken.push(`the connection ${index} has ${connection.template} for its template, which is none`)
      else template.members += 1
    }
    for (const [index, { connection, members }] of this.live)
      if (connection.members !== members)
        this.broken.push(`the template ${index} counts ${connection.members} connections, but has ${members}`)
  }

  private counts(): void {
    const { lastDest } = LayoutView.from(this.tables.readRange('layouts', 0, 1))
    const counts = Array.from({ length: lastDest + 1 }, () => ({ active: 0, inactive: 0, persistent: 0 }))
    const used = new Map<number, number>()
    for (const { connection } of this.live.values()) {
      if (connection.local !== NONE) used.set(connection.local, (used.get(connection.local) ?? 0) + 1)
      const count = counts[connection.dest]
      if (count === undefined || isExpected(connection)) continue
      if (isTemplate(connection)) count.persistent += 1
      else count[isActive(connection.protocol, connection.state) ? 'active' : 'inactive'] += 1
    }
    const uses = this.tables.readRange('localUses', 0, this.tables.capacity('localUses'))
    const use = new LocalUseView(new DataView(uses.buffer, uses.byteOffset), 0)
    for (let local = 0; use.at < uses.length; local++, use.at += LocalUseView.SIZE) {
      const { connections } = use
      const are = used.get(local) ?? 0
      if (connections !== are) this.broken.push(`the local address ${local} counts ${connections}, but has ${are}`)
    }
    counts.forEach((count, dest) => {
      const { active, inactive, persistent } = DestStateView.from(this.tables.readRange('destStates', dest, 1))
      const [counted, are] = [{ active, inactive, persistent }, count].map((each) => JSON.stringify(each))
      if (counted !== are) this.broken.push(`the dest ${dest} counts ${counted}, but has ${are}`)
    })
  }
}

/** The violations found, each a sentence; empty where there are none. */
export function brokenInvariants(tables: TableStore): string[] {
  return new Checker(tables).run()
}

/** As `brokenInvariants`, of what the control side works out for schedulers and for the engine's shortcuts. */
export function brokenPlans(tables: TableStore): string[] {
  const plan = new Plan(tables)
  const broken: string[] = []
  const owners = new Map<number, string>()
  for (const [name, service] of plan.services) {
    const { record } = service
    const dests = plan.list(service).map((index) => ({ index, dest: plan.dest(index) }))
    const { weightDivisor, maxWeight, buckets } = planScheduler(record, dests)
    const table = readBuckets(tables, record.firstBucket, record.buckets)
    if (record.planned !== 1) broken.push(`${name} is not planned`)
    if (record.weightDivisor !== weightDivisor || record.maxWeight !== maxWeight)
      broken.push(`${name} has ${record.weightDivisor} and ${record.maxWeight}, not ${weightDivisor} and ${maxWeight}`)
    if (table.join() !== buckets.join()) broken.push(`${name} has another table than its dests make`)
    for (let row = record.firstBucket; row < record.firstBucket + record.buckets; row++) {
      const owner = owners.get(row)
      if (owner !== undefined) broken.push(`the row ${row} is of ${owner} and of ${name}`)
      owners.set(row, name)
    }
  }
  return broken
}

function readBuckets(tables: TableStore, first: number, count: number): number[] {
  const bytes = tables.readRange('buckets', first, count)
  return Array.from({ length: count }, (_, row) => BucketView.from(bytes.slice(row * 4, row * 4 + 4)).dest)
}
