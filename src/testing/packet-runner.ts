/**
 * Runs a program of tcx or XDP on one packet after the other, as if a device had received each: BPF_PROG_TEST_RUN through libbpf, 3 to 4 µs
 * a packet.
 *
 * All memory that the call reads and writes is allocated once, outside the JavaScript heap: a `bpf_test_run_opts`, a context (`__sk_buff`,
 * `xdp_md`), the frame given and the frame returned.
 */
import { BpfError } from '../kernel/libbpf.ts'
import { koffi } from '../kernel/libc.ts'
import type { TestDevice } from './test-namespace.ts'

const ETHERNET_HEADER = 14
const EINTR = 4
/** A program's frame must fit a page with the kernel's own headroom and tailroom. */
export const LONGEST_PACKET = 3000
const FRAME_BYTES = 4096
const OPTIONS_BYTES = 80

/** Offsets in struct bpf_test_run_opts. */
const OPTS = {
  dataIn: 8,
  dataOut: 16,
  sizeIn: 24,
  sizeOut: 28,
  ctxIn: 32,
  ctxOut: 40,
  ctxSizeIn: 48,
  ctxSizeOut: 52,
  retval: 56,
  repeat: 60,
  duration: 64,
}
/** Where a program is attached, which says what its context is. */
export type Hook = 'tcx' | 'xdp'
/** Offsets in struct __sk_buff, and its size. */
const SK_BUFF = { mark: 8, ingressIfindex: 36, ifindex: 40, size: 192 }
/** Offsets in struct xdp_md, and its size. `data` and `dataEnd` are offsets themselves, from where the metadata begins. */
const XDP_MD = { data: 0, dataEnd: 4, ingressIfindex: 12, size: 24 }
const ETHERTYPE_AT = 12
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd

interface Block {
  readonly address: bigint
  readonly bytes: Uint8Array
  readonly view: DataView
}

function allocate(bytes: number): Block {
  const pointer = koffi().alloc('uint8', bytes) as unknown
  const memory = koffi().view(pointer, bytes)
  new Uint8Array(memory).fill(0)
  return { address: koffi().address(pointer), bytes: new Uint8Array(memory), view: new DataView(memory) }
}

export interface PacketRun {
  /** What the program returned, signed. */
  readonly retval: number
  /** The packet afterwards, from its IP header, in fresh memory. */
  readonly packet: Uint8Array
  /** In the Ethernet header afterwards. */
  readonly etherType: number
  /** What a program at XDP has put in front of the packet. */
  readonly metadata: Uint8Array
  /** Average of one run; whole nanoseconds. */
  readonly durationNs: number
}

/** The Ethernet type of a packet. What claims to be neither family goes in as IPv4, whose parser is to refuse it. */
export function etherTypeOf(packet: Uint8Array): number {
  return (packet[0] ?? 0) >>> 4 === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
}

export class PacketRunner {
  private readonly options = allocate(OPTIONS_BYTES)
  private readonly context: Block
  private readonly given = allocate(FRAME_BYTES)
  private readonly returned = allocate(FRAME_BYTES)
  private readonly call: (programFd: number, options: bigint) => number

  constructor(
    private readonly programFd: number,
    private readonly device: TestDevice,
    private readonly hook: Hook = 'tcx',
  ) {
    this.call = koffi().load('libbpf.so.1').func('bpf_prog_test_run_opts', 'int', ['int', 'void *']) as never
    this.context = allocate(hook === 'xdp' ? XDP_MD.size : SK_BUFF.size)
    const { view } = this.options
    view.setUint32(0, OPTIONS_BYTES, true)
    view.setBigUint64(OPTS.dataIn, this.given.address, true)
    view.setBigUint64(OPTS.dataOut, this.returned.address, true)
    view.setBigUint64(OPTS.ctxIn, this.context.address, true)
    view.setBigUint64(OPTS.ctxOut, this.context.address, true)
    view.setUint32(OPTS.ctxSizeIn, this.context.bytes.length, true)
    this.given.bytes.set(device.mac)
    this.given.bytes.set([0x02, 0, 0, 0, 0x0b, 0x02], 6)
  }

  /** Anew for every run, because a run leaves its own behind. */
  private fillContext(frameBytes: number, mark: number): void {
    const { bytes, view } = this.context
    const { ifindex } = this.device
    bytes.fill(0)
    if (this.hook === 'xdp') {
      view.setUint32(XDP_MD.dataEnd, frameBytes, true)
      view.setUint32(XDP_MD.ingressIfindex, ifindex, true)
    } else {
      view.setUint32(SK_BUFF.mark, mark, true)
      view.setUint32(SK_BUFF.ingressIfindex, ifindex, true)
      view.setUint32(SK_BUFF.ifindex, ifindex, true)
    }
  }

  /**
   * Runs it `repeat` times on one and the same packet, which has the firewall mark `mark`, at tcx.
   * Throws a `RangeError` for a packet longer than `LONGEST_PACKET`, a `BpfError` where the kernel does not take it.
   */
  run(packet: Uint8Array, repeat = 1, mark = 0): PacketRun {
    if (packet.length > LONGEST_PACKET)
      throw new RangeError(`a packet of ${packet.length} bytes: ${LONGEST_PACKET} is the longest that can be test-run`)
    const { view } = this.options
    this.given.bytes.set(packet, ETHERNET_HEADER)
    this.given.view.setUint16(ETHERTYPE_AT, etherTypeOf(packet), false)
    this.fillContext(ETHERNET_HEADER + packet.length, mark)
    view.setUint32(OPTS.ctxSizeOut, this.context.bytes.length, true)
    view.setUint32(OPTS.sizeIn, ETHERNET_HEADER + packet.length, true)
    view.setUint32(OPTS.sizeOut, FRAME_BYTES, true)
    view.setUint32(OPTS.repeat, repeat, true)
    let result = this.call(this.programFd, this.options.address)
    // A signal between two of many runs ends them; a single run is never cut short.
    while (result === -EINTR) result = this.call(this.programFd, this.options.address)
    if (result < 0) throw new BpfError(`test-running a packet of ${packet.length} bytes`, -result)
    const start = this.hook === 'xdp' ? this.context.view.getUint32(XDP_MD.data, true) : 0
    return {
      retval: view.getInt32(OPTS.retval, true),
      packet: this.returned.bytes.slice(start + ETHERNET_HEADER, view.getUint32(OPTS.sizeOut, true)),
      etherType: this.returned.view.getUint16(start + ETHERTYPE_AT, false),
      metadata: this.returned.bytes.slice(0, start),
      durationNs: view.getUint32(OPTS.duration, true),
    }
  }
}
