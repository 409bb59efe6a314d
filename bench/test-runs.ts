/**
 * Nanoseconds that a tc program takes for a packet, by BPF_PROG_TEST_RUN in the namespace of `testing/test-namespace.ts`.
 *
 * The kernel averages over `repeat` runs on one and the same packet, so the packet must go on being work for the program: servers are
 * virtual addresses themselves, and the packet rewritten for one is a client's packet for the next. Each rewrite is a hop; a
 * packet has 255. A sample is the median of many such calls, which leaves out those that an interrupt fell into.
 */
import { buildTcp, buildUdp } from '../src/simulator/packets.ts'
import { PacketRunner } from '../src/testing/packet-runner.ts'
import { enterNamespace, leaveNamespace, type TestDevice } from '../src/testing/test-namespace.ts'
import { onCleanUp } from './cleanup.ts'
import { median } from './samples.ts'

/** Rewrites of one packet in a call: fewer than it has hops. */
export const REPEAT = 250
export const CLIENT = '192.168.0.2'
export const CLIENT_IPV6 = 'fd00::2'

export interface Segment {
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
  /** `TcpFlag`s; null for a datagram of UDP. */
  readonly flags: number | null
}

/** The most that a packet can have. */
const HOPS = 255

function build({ flags, ...ends }: Segment): Uint8Array {
  const fields = { ...ends, ttl: HOPS }
  return flags === null ? buildUdp(fields) : buildTcp({ ...fields, flags })
}

/** TCX_REDIRECT, and TCX_NEXT for a packet that a program leaves alone. */
export const FORWARDED = 7
export const PASSED = -1

/** The device that packets come in by; the process is in its namespace from now on, until the benchmark ends. */
export function testDevice(): TestDevice {
  const device = enterNamespace()
  onCleanUp('the namespace of the test runs', leaveNamespace)
  return device
}

export class TestRuns {
  private readonly runner: PacketRunner

  constructor(
    readonly name: string,
    programFd: number,
    device: TestDevice,
  ) {
    this.runner = new PacketRunner(programFd, device)
  }

  /** Runs the program once and requires a verdict. */
  expect(segment: Segment, verdict: number): void {
    const { retval } = this.runner.run(build(segment))
    if (retval !== verdict)
      throw new Error(`${this.name}: ${JSON.stringify(segment)} got verdict ${retval} instead of ${verdict}`)
  }

  /** The median over `calls` of the average over `repeat` packets, `segment` telling each call's packet. */
  nsPerPacket(calls: number, repeat: number, segment: (call: number) => Segment): number {
    const times: number[] = []
    for (let call = 0; call < calls; call++) times.push(this.runner.run(build(segment(call)), repeat).durationNs)
    return median(times)
  }
}
