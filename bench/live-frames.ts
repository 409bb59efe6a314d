/**
 * Sends packets at the rate of the kernel: `generator.bpf.c` run by BPF_PROG_TEST_RUN with live frames, out of the client's device, and
 * sinks that count at the servers. Everything a packet goes through on its way runs on the processor that sends it.
 */
import { call, BpfError } from '../src/kernel/libbpf-call.ts'
import { koffi, libc } from '../src/kernel/libc.ts'
import { mapLookup, mapUpdate, possibleCpus } from '../src/kernel/libbpf.ts'
import type { BpfObject } from '../src/kernel/libbpf.ts'
import { withSocket } from '../src/kernel/system.ts'
import { buildTcp } from '../src/simulator/packets.ts'
import { compile } from './compile.ts'
import { attachProgram, CLIENT_ADDRESS, deviceOf, inside, SERVERS } from './topology.ts'

/** Rows of the map `counts`. */
const RECEIVED = 1
/** `struct order`. */
const ORDER_BYTES = 120
const FRAME_BYTES = 56
const ETHERNET_HEADER = 14
/** `BPF_F_TEST_XDP_LIVE_FRAMES`. */
const LIVE_FRAMES = 2
const BATCH = 64
const AF_INET = 2
const SIOCETHTOOL = 0x8946
const ETHTOOL_SGRO = 0x2c

export interface Order {
  readonly packets: number
  /** Connections, told apart by the client's port, that the packets go round. */
  readonly flows: number
  /** Where odd and even flows go; one for both where there is one. */
  readonly destinations: readonly string[]
  readonly port: number
  /** `TcpFlag`s. */
  readonly flags: number
}

export class LiveFrames {
  private readonly out = deviceOf('client', 'c0')
  private readonly director = deviceOf('director', 'dc')

  private constructor(private readonly object: BpfObject) {}

  /** A program for tcx that counts what it receives and drops it. */
  get sinkFd(): number {
    return this.object.programFd('sink')
  }

  /** Loads the generator, attaches the sinks to the servers. */
  static prepare(): LiveFrames {
    const object = compile('generator')
    object.load()
    const frames = new LiveFrames(object)
    frames.takePackets()
    for (const server of SERVERS) attachProgram(server, 's0', frames.sinkFd)
    return frames
  }

  /** Frames that XDP sends reach a veth only if it receives by NAPI, which GRO switches on. */
  private takePackets(): void {
    inside('director', () => setGro('dc'))
    for (const server of SERVERS) inside(server, () => setGro('s0'))
  }

  received(): number {
    const row = Uint8Array.of(RECEIVED, 0, 0, 0)
    const copies = new BigUint64Array(possibleCpus())
    mapLookup(this.object.mapFd('counts'), row, new Uint8Array(copies.buffer))
    return copies.reduce((sum, copy) => sum + Number(copy), 0)
  }

  /** Returns the seconds it took. */
  send(order: Order): number {
    mapUpdate(this.object.mapFd('orders'), new Uint8Array(4), this.orderBytes(order))
    const frame = Buffer.alloc(FRAME_BYTES)
    const options = { sz: 80, data_in: frame, data_out: null, data_size_in: frame.length, data_size_out: 0 }
    const context = { ctx_in: null, ctx_out: null, ctx_size_in: 0, ctx_size_out: 0 }
    const how = { retval: 0, repeat: order.packets, duration: 0, flags: LIVE_FRAMES, cpu: 0, batch_size: BATCH }
    const program = this.object.programFd('generate')
    return inside('client', () => {
      const from = performance.now()
      const result = call('bpf_prog_test_run_opts', program, { ...options, ...context, ...how }) as number
      if (result < 0) throw new BpfError('generating packets', -result)
      return (performance.now() - from) / 1000
    })
  }

  private orderBytes({ flows, destinations, port, flags }: Order): Uint8Array {
    const bytes = Buffer.alloc(ORDER_BYTES)
    bytes.writeUInt32LE(this.out.index, 0)
    bytes.writeUInt32LE(flows, 4)
    for (const parity of [0, 1]) {
      const destination = destinations[parity % destinations.length] ?? ''
      const frame = bytes.subarray(8 + parity * FRAME_BYTES)
      frame.set([...macBytes(this.director.mac), ...macBytes(this.out.mac), 0x08, 0x00])
      const segment = { source: CLIENT_ADDRESS, destination, sourcePort: 0, destinationPort: port, flags }
      frame.set(buildTcp({ ...segment, payload: new Uint8Array(FRAME_BYTES - ETHERNET_HEADER - 40) }), ETHERNET_HEADER)
    }
    return bytes
  }
}

function macBytes(mac: string): number[] {
  return mac.split(':').map((byte) => parseInt(byte, 16))
}

/** `ethtool -K <device> gro on`, in the namespace that the main thread is in. */
function setGro(device: string): void {
  const value = koffi().alloc('uint32', 2) as unknown
  new Uint32Array(koffi().view(value, 8)).set([ETHTOOL_SGRO, 1])
  const request = Buffer.alloc(40)
  request.write(device, 'latin1')
  request.writeBigUInt64LE(koffi().address(value), 16)
  const ioctl = libc('ioctl', 'int', ['int', 'ulong', 'void *'])
  const result = withSocket(AF_INET, (socket) => ioctl(socket, SIOCETHTOOL, request) as number)
  koffi().free(value)
  if (result < 0) throw new Error(`GRO can't be switched on at ${device}: errno ${koffi().errno()}`)
}
