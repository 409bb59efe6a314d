/**
 * Runs a tc program on one packet after the other, as if a device had received each: BPF_PROG_TEST_RUN through libbpf, 3 to 4 µs a packet.
 *
 * All memory that the call reads and writes is allocated once, outside the JavaScript heap: a `bpf_test_run_opts`, a `__sk_buff`,
 * the frame given and the frame returned.
 */
import { BpfError } from '../kernel/libbpf.ts'
import { koffi } from '../kernel/libc.ts'
import type { TestDevice } from './test-namespace.ts'

const ETHERNET_HEADER = 14
/** A program's frame must fit a page with the kernel's own headroom and tailroom. */
export const LONGEST_PACKET = 3000
const FRAME_BYTES = 4096
const SK_BUFF_BYTES = 192
const OPTIONS_BYTES = 80

/** Offsets in struct bpf_test_run_opts. */
const OPTS = {
  dataIn: 8,
  dataOut: 16,
  sizeIn: 24,
  sizeOut: 28,
  ctxIn: 32,
  ctxSizeIn: 48,
  retval: 56,
  repeat: 60,
  duration: 64,
}
/** Offsets in struct __sk_buff. */
const SK_BUFF = { mark: 8, ingressIfindex: 36, ifindex: 40 }
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
  /** Average of one run; whole nanoseconds. */
  readonly durationNs: number
}

export class PacketRunner {
  private readonly options = allocate(OPTIONS_BYTES)
  private readonly context = allocate(SK_BUFF_BYTES)
  private readonly given = allocate(FRAME_BYTES)
  private readonly returned = allocate(FRAME_BYTES)
  private readonly call: (programFd: number, options: bigint) => number

  constructor(
    private readonly programFd: number,
    device: TestDevice,
  ) {
    this.call = koffi().load('libbpf.so.1').func('bpf_prog_test_run_opts', 'int', ['int', 'void *']) as never
    const { view } = this.options
    view.setUint32(0, OPTIONS_BYTES, true)
    view.setBigUint64(OPTS.dataIn, this.given.address, true)
    view.setBigUint64(OPTS.dataOut, this.returned.address, true)
    view.setBigUint64(OPTS.ctxIn, this.context.address, true)
    view.setUint32(OPTS.ctxSizeIn, SK_BUFF_BYTES, true)
    this.context.view.setUint32(SK_BUFF.ingressIfindex, device.ifindex, true)
    this.context.view.setUint32(SK_BUFF.ifindex, device.ifindex, true)
    this.given.bytes.set(device.mac)
    this.given.bytes.set([0x02, 0, 0, 0, 0x0b, 0x02], 6)
  }

  /**
   * Runs it `repeat` times on one and the same packet, which has the firewall mark `mark`.
   * Throws a `RangeError` for a packet longer than `LONGEST_PACKET`, a `BpfError` where the kernel does not take it.
   */
  run(packet: Uint8Array, repeat = 1, mark = 0): PacketRun {
    if (packet.length > LONGEST_PACKET)
      throw new RangeError(`a packet of ${packet.length} bytes: ${LONGEST_PACKET} is the longest that can be test-run`)
    const { view } = this.options
    this.given.bytes.set(packet, ETHERNET_HEADER)
    // What claims to be neither family goes in as IPv4, whose parser is to refuse it.
    const isIpv6 = (packet[0] ?? 0) >>> 4 === 6
    this.given.view.setUint16(ETHERTYPE_AT, isIpv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, false)
    this.context.view.setUint32(SK_BUFF.mark, mark, true)
    view.setUint32(OPTS.sizeIn, ETHERNET_HEADER + packet.length, true)
    view.setUint32(OPTS.sizeOut, FRAME_BYTES, true)
    view.setUint32(OPTS.repeat, repeat, true)
    const result = this.call(this.programFd, this.options.address)
    if (result < 0) throw new BpfError(`test-running a packet of ${packet.length} bytes`, -result)
    return {
      retval: view.getInt32(OPTS.retval, true),
      packet: this.returned.bytes.slice(ETHERNET_HEADER, view.getUint32(OPTS.sizeOut, true)),
      durationNs: view.getUint32(OPTS.duration, true),
    }
  }
}
