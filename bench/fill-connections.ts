/**
 * Fills the tables of a director, or of the floor in C, with established connections of one client, written in batches: about 1 s a
 * million. They form a ring: the server of each is the virtual address of the next, so that a packet which a test run sends round visits a
 * different connection at every turn. Neighbours on the ring lie anywhere in memory, as the packets of real clients find them.
 */
import { ConnectionView, AllocatorView, DestStateView, FlowKeyView, FlowView } from '../src/engine/generated/views.ts'
import { type Address, Direction, Family, ForwardingMethod, NONE } from '../src/engine/records.ts'
import { TcpState } from '../src/engine/protocols/tcp.ts'
import type { TableName } from '../src/engine/tables.ts'
import { mapLookup, mapUpdate, mapUpdateBatch } from '../src/kernel/libbpf.ts'
import type { PinnedMap } from '../src/kernel/pins.ts'
import { parseAddress } from '../src/control/address.ts'
import { Random } from '../src/simulator/random.ts'
import { CLIENT } from './test-runs.ts'

export const CLIENT_PORT = 4000
export const PORT = 80
/** 10.64.0.0/12 has room for a ring of 2^20. */
const FIRST_ADDRESS = 0x0a400000
const TCP = 6
const BATCH = 65536
const EXPIRES_MS = 3_600_000

/** The virtual address of a place on the ring, in host order. */
export function ringAddress(place: number): number {
  return FIRST_ADDRESS + place
}

/** Fixed-size keys and values on their way into a map. */
class Batch {
  private readonly keys: DataView
  private readonly values: DataView
  private count = 0

  constructor(
    private readonly fd: number,
    private readonly keySize: number,
    private readonly valueSize: number,
  ) {
    this.keys = new DataView(new ArrayBuffer(BATCH * keySize))
    this.values = new DataView(new ArrayBuffer(BATCH * valueSize))
  }

  add(write: (keys: DataView, keyAt: number, values: DataView, valueAt: number) => void): void {
    write(this.keys, this.count * this.keySize, this.values, this.count * this.valueSize)
    this.count += 1
    if (this.count === BATCH) this.flush()
  }

  flush(): void {
    if (this.count === 0) return
    const [keys, values] = [this.keys, this.values].map(({ buffer }) => new Uint8Array(buffer))
    if (keys !== undefined && values !== undefined) mapUpdateBatch(this.fd, keys, values, this.count)
    this.count = 0
  }
}

/** 0 … count − 1 in random order: which place of the ring is stored next. */
function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  for (let at = count - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const value = order[at] ?? 0
    order[at] = order[other] ?? 0
    order[other] = value
  }
  return order
}

const client = parseAddress(CLIENT).address.word0

function ipv4(word0: number): Address {
  return { word0, word1: 0, word2: 0, word3: 0 }
}

/** A director without connections gets `count` of them, all of the dest with index 1. */
export function fillDirector(map: (table: TableName) => PinnedMap, count: number, random: Random): void {
  const flows = new Batch(map('flows').fd, FlowKeyView.SIZE, FlowView.SIZE)
  const connections = new Batch(map('connections').fd, 4, ConnectionView.SIZE)
  const addFlow = (source: number, sourcePort: number, destination: number, destinationPort: number, flow: object) => {
    const key = { sourcePort, destinationPort, protocol: TCP, kind: Family.Ipv4, reserved: 0 }
    const ends = { source: { low: source, high: 0 }, destination: { low: destination, high: 0 } }
    flows.add((keys, keyAt, values, valueAt) => {
      new FlowKeyView(keys, keyAt).set({ ...key, ...ends })
      new FlowView(values, valueAt).set(flow as FlowView)
    })
  }
  shuffled(count, random).forEach((place, stored) => {
    const [virtual, server] = [ringAddress(place), ringAddress((place + 1) % count)]
    const slot = stored + 1
    connections.add((keys, keyAt, values, valueAt) => {
      keys.setUint32(keyAt, slot, true)
      new ConnectionView(values, valueAt).set({
        expiresMs: EXPIRES_MS,
        client: ipv4(client),
        virtual: ipv4(virtual),
        server: ipv4(server),
        clientPort: CLIENT_PORT,
        virtualPort: PORT,
        serverPort: PORT,
        localPort: 0,
        protocol: TCP,
        family: Family.Ipv4,
        method: ForwardingMethod.Masquerading,
        serverFamily: Family.Ipv4,
        local: NONE,
        dest: 1,
        state: TcpState.Established,
        template: NONE,
        members: 0,
        flags: 0,
        callId: 0,
        firstByte: 0,
      })
    })
    addFlow(client, CLIENT_PORT, virtual, PORT, { connection: slot, direction: Direction.In })
    addFlow(server, PORT, client, CLIENT_PORT, { connection: slot, direction: Direction.Out })
  })
  connections.flush()
  flows.flush()
  const load = DestStateView.of({ active: count, inactive: 0, persistent: 0, reserved: 0 })
  mapUpdate(map('destStates').fd, Uint8Array.of(1, 0, 0, 0), load.toBytes())
  const row = new Uint8Array(AllocatorView.SIZE)
  mapLookup(map('allocators').fd, new Uint8Array(4), row)
  new AllocatorView(new DataView(row.buffer), 0).used = count
  mapUpdate(map('allocators').fd, new Uint8Array(4), row)
}

/** Bytes of `struct addresses` and `struct flow` of `baseline.bpf.c`. */
const ADDRESSES = 16
const BASELINE_FLOW = 32

function writeAddresses(data: DataView, at: number, source: number, destination: number, ports: number): void {
  data.setUint32(at, source)
  data.setUint32(at + 4, destination)
  data.setUint32(at + 8, ports)
  data.setUint32(at + 12, TCP, true)
}

/** The same ring for the floor in C. */
export function fillBaseline(flowsFd: number, count: number, random: Random): void {
  const flows = new Batch(flowsFd, ADDRESSES, BASELINE_FLOW)
  const [request, reply] = [CLIENT_PORT * 65536 + PORT, PORT * 65536 + CLIENT_PORT]
  for (const place of shuffled(count, random)) {
    const [virtual, server] = [ringAddress(place), ringAddress((place + 1) % count)]
    flows.add((keys, keyAt, values, valueAt) => {
      writeAddresses(keys, keyAt, client, virtual, request)
      writeAddresses(values, valueAt, client, server, request)
    })
    flows.add((keys, keyAt, values, valueAt) => {
      writeAddresses(keys, keyAt, server, client, reply)
      writeAddresses(values, valueAt, virtual, client, reply)
    })
  }
  flows.flush()
}
