/** The decapsulator's program alone, packet in and packet out, in the kernel's test runs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BpfObject, testRun } from '../kernel/libbpf.ts'
import { whyNoKernel } from '../kernel/testing/namespaces.ts'
import { compileC } from '../kernel/testing/small-object.ts'
import { prepareMaps } from './decapsulator.ts'
import type { TunnelType } from './model.ts'
import { bytes, frame, gre, gue, ipv4, type Ipv4Fields, ipv6, udp } from './testing/tunnelled-packet.ts'

const SOURCE = fileURLToPath(new URL('../kernel/platform/decapsulate.bpf.c', import.meta.url))
const PORT = 6080
/** TCX_NEXT, TC_ACT_SHOT and TC_ACT_REDIRECT. */
const [PASSED, DROPPED, REDIRECTED] = [0xffffffff, 2, 7]
/** Of `struct __sk_buff`: its length, and where `gso_segs` and `gso_size` are. */
const [SKB_BYTES, GSO_SEGS, GSO_SIZE] = [192, 164, 176]

const [CLIENT4, DIRECTOR4, SERVER4, VIP4] = ['c6336401', '0a000001', '0a000005', 'c0000201']
const [CLIENT6, DIRECTOR6, SERVER6, VIP6] = ['00c1', '0001', '0005', 'f001'].map(
  (last) => `20010db8 00000000 00000000 0000${last}`,
) as [string, string, string, string]

const SEGMENT = bytes('c000 0050 00000001 00000000 5002ffff 0000 0000 68656c6c6f')
const INNER4 = ipv4(6, CLIENT4, VIP4, SEGMENT)
const INNER6 = ipv6(6, CLIENT6, VIP6, SEGMENT)
const around4 = (protocol: number, payload: number[], fields: Ipv4Fields = {}): number[] =>
  ipv4(protocol, DIRECTOR4, SERVER4, payload, fields)
const around6 = (protocol: number, payload: number[], trafficClass = 0): number[] =>
  ipv6(protocol, DIRECTOR6, SERVER6, payload, trafficClass)

const reason = whyNoKernel()

describe.skipIf(reason !== null)(`the decapsulator${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-decapsulate-'))
  let object: BpfObject

  beforeAll(() => {
    const file = join(folder, 'decapsulate.bpf.o')
    compileC(readFileSync(SOURCE, 'utf8'), file)
    object = BpfObject.open(readFileSync(file))
    object.load()
  })
  afterAll(() => {
    object.close()
    rmSync(folder, { recursive: true })
  })

  function run(
    type: TunnelType,
    packet: number[],
    { program = 'weir_decapsulate', data = frame(packet), segment = 0 } = {},
  ) {
    const work = {
      tunnel: { type, port: PORT },
      vips: ['192.0.2.1', '2001:db8::f001'],
      own: ['10.0.0.5', '2001:db8::5'],
    }
    prepareMaps(object, work, 7)
    const context = Buffer.alloc(SKB_BYTES)
    if (segment > 0) context.writeUInt32LE(2, GSO_SEGS)
    context.writeUInt32LE(segment, GSO_SIZE)
    const { retval, data: left } = testRun(object.programFd(program), { data, context })
    return { retval, data: Buffer.from(left) }
  }
  const stripped = (packet: number[]) => ({ retval: PASSED, data: Buffer.from(frame(packet)) })

  it.each<[string, TunnelType, number[], number[]]>([
    ['IPv4 in IPv4', 'ipip', around4(4, INNER4), INNER4],
    ['IPv6 in IPv4', 'ipip', around4(41, INNER6), INNER6],
    ['IPv4 in IPv6', 'ipip', around6(4, INNER4), INNER4],
    ['IPv6 in IPv6', 'ipip', around6(41, INNER6), INNER6],
    ['IPv4 in GUE over IPv4', 'gue', around4(17, udp(PORT, gue(4, INNER4))), INNER4],
    ['IPv6 in GUE over IPv4 with a UDP checksum', 'gue', around4(17, udp(PORT, gue(41, INNER6), 0x1234)), INNER6],
    ['IPv4 in GUE over IPv6', 'gue', around6(17, udp(PORT, gue(4, INNER4))), INNER4],
    ['IPv6 in GUE over IPv6', 'gue', around6(17, udp(PORT, gue(41, INNER6))), INNER6],
    ['GUE with room behind its header', 'gue', around4(17, udp(PORT, gue(4, INNER4, { first: 31 }))), INNER4],
    ['IPv4 in GRE over IPv4', 'gre', around4(47, gre(0x0800, INNER4)), INNER4],
    ['IPv6 in GRE over IPv4', 'gre', around4(47, gre(0x86dd, INNER6)), INNER6],
    ['IPv4 in GRE over IPv6', 'gre', around6(47, gre(0x0800, INNER4)), INNER4],
    ['IPv6 in GRE with a checksum over IPv6', 'gre', around6(47, gre(0x86dd, INNER6, 0x8000)), INNER6],
  ])('leaves the inner packet of %s, and nothing else', (_, type, packet, inner) => {
    expect(run(type, packet)).toEqual(stripped(inner))
  })

  it.each<[string, TunnelType, number[]]>([
    ['that is not tunnelled', 'ipip', ipv4(6, CLIENT4, VIP4, SEGMENT)],
    ['for another host', 'ipip', ipv4(4, DIRECTOR4, '0a000006', INNER4)],
    ['for a virtual address on the outside', 'ipip', ipv4(4, DIRECTOR4, VIP4, INNER4)],
    ['with another address than a virtual one inside', 'ipip', around4(4, ipv4(6, CLIENT4, SERVER4, SEGMENT))],
    [
      'with the virtual address of the other family inside',
      'ipip',
      around4(41, ipv6(6, CLIENT6, `${VIP4}${'00'.repeat(12)}`, SEGMENT)),
    ],
    ['whose protocol says IPv4 and whose inside is IPv6', 'ipip', around4(4, INNER6)],
    ['that ends before the inner header does', 'ipip', around4(4, INNER4.slice(0, 19))],
    ['that is the first fragment', 'ipip', around4(4, INNER4, { fragment: 0x2000 })],
    ['that is a later fragment', 'ipip', around4(4, INNER4, { fragment: 0x0010 })],
    ['with options outside', 'ipip', around4(4, INNER4, { options: [1, 1, 1, 0] })],
    ['with an extension header outside', 'ipip', around6(60, [41, 0, 1, 4, 0, 0, 0, 0, ...INNER6])],
    ['in GUE where IP in IP is expected', 'ipip', around4(17, udp(PORT, gue(4, INNER4)))],
    ['in IP where GUE is expected', 'gue', around4(4, INNER4)],
    ['in GUE to another port', 'gue', around4(17, udp(PORT + 1, gue(4, INNER4)))],
    ['in GUE with the control bit', 'gue', around4(17, udp(PORT, gue(4, INNER4, { first: 0x20 })))],
    ['in GUE of variant 1', 'gue', around4(17, udp(PORT, INNER4))],
    ['in GUE with a flag', 'gue', around4(17, udp(PORT, gue(4, INNER4, { first: 1, flags: 1 })))],
    ['in GUE with something else than IP inside', 'gue', around4(17, udp(PORT, gue(6, SEGMENT)))],
    ['in GRE with a key', 'gre', around4(47, gre(0x0800, [...bytes('00000001'), ...INNER4], 0x2000))],
    ['in GRE with a sequence number', 'gre', around4(47, gre(0x0800, [...bytes('00000001'), ...INNER4], 0x1000))],
    ['in GRE of version 1', 'gre', around4(47, gre(0x0800, INNER4, 1))],
    ['in GRE with Ethernet inside', 'gre', around4(47, gre(0x6558, INNER4))],
  ])('passes a packet untouched %s', (_, type, packet) => {
    expect(run(type, packet)).toEqual(stripped(packet))
  })

  it.each([
    [
      'IPv4',
      around4(4, ipv4(6, CLIENT4, VIP4, SEGMENT, { tos: 2 }), { tos: 3 }),
      ipv4(6, CLIENT4, VIP4, SEGMENT, { tos: 3 }),
    ],
    ['IPv6', around6(41, ipv6(6, CLIENT6, VIP6, SEGMENT, 0xb9), 3), ipv6(6, CLIENT6, VIP6, SEGMENT, 0xbb)],
    ['IPv6 in IPv4', around4(41, ipv6(6, CLIENT6, VIP6, SEGMENT, 2), { tos: 3 }), ipv6(6, CLIENT6, VIP6, SEGMENT, 3)],
    [
      'IPv4 in IPv6',
      around6(4, ipv4(6, CLIENT4, VIP4, SEGMENT, { tos: 1 }), 0xbb),
      ipv4(6, CLIENT4, VIP4, SEGMENT, { tos: 3 }),
    ],
  ])('hands on the congestion that was marked outside, in %s', (_, packet, inner) => {
    expect(run('ipip', packet)).toEqual(stripped(inner))
  })

  it('leads a super-packet of datagrams in GUE to lo as it is, where the program strips it and hands it back', () => {
    const packet = around4(17, udp(PORT, gue(4, ipv4(17, CLIENT4, VIP4, udp(53, bytes('68656c6c6f'))))))
    expect(run('gue', packet, { segment: 4 })).toEqual({ ...stripped(packet), retval: REDIRECTED })
    const program = 'weir_decapsulate_segment'
    expect(run('gue', packet, { program })).toEqual(stripped(packet))
    const data = frame(packet, '020000000005')
    expect(run('gue', packet, { program, data })).toEqual({
      retval: REDIRECTED,
      data: Buffer.from(frame(packet.slice(32), '020000000005')),
    })
  })

  it('drops what is marked as congested and can not say so inside', () => {
    expect(run('ipip', around4(4, INNER4, { tos: 3 })).retval).toBe(DROPPED)
  })
})
