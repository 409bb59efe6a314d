import { describe, expect, it } from 'vitest'
import { ConnectionView, CountersView, DestView, FlowKeyView, TcpHeaderView } from '../../engine/generated/views.ts'

const KEY = {
  source: { low: 0x0a000001, high: 0 },
  destination: { low: 0xc0a80102, high: 0x01020304 },
  sourcePort: 0x1234,
  destinationPort: 80,
  protocol: 6,
  kind: 4,
  reserved: 0,
}

describe('a view', () => {
  it('keeps native fields in little-endian order and nested records in place', () => {
    expect(Buffer.from(FlowKeyView.of(KEY).toBytes()).toString('hex')).toBe(
      '0100000a000000000201a8c0040302013412500006040000',
    )
  })

  it('keeps be16 and be32 fields in network order', () => {
    const header = new TcpHeaderView(new DataView(new ArrayBuffer(TcpHeaderView.SIZE)))
    header.sourcePort = 0x1234
    header.sequence = 0x89abcdef
    expect(Buffer.from(header.toBytes()).toString('hex')).toBe('1234000089abcdef000000000000000000000000')
    expect([header.sourcePort, header.sequence]).toEqual([0x1234, 0x89abcdef])
  })

  it('truncates what it is given to the width of the field, as C does', () => {
    const connection = new ConnectionView(new DataView(new ArrayBuffer(ConnectionView.SIZE)))
    connection.protocol = 0x106
    connection.clientPort = -1
    connection.state = 2 ** 40 + 3
    expect([connection.protocol, connection.clientPort, connection.state]).toEqual([6, 0xffff, 3])
  })

  it.each([0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, Number.MIN_SAFE_INTEGER])(
    'keeps %d in a u64',
    (value) => {
      const counters = new CountersView(new DataView(new ArrayBuffer(CountersView.SIZE)))
      counters.inBytes = value
      expect(counters.inBytes).toBe(value)
      expect(Buffer.from(counters.toBytes()).readBigInt64LE(24)).toBe(BigInt(value))
    },
  )

  it('reads and writes through, and may be moved', () => {
    const bytes = new Uint8Array(2 * FlowKeyView.SIZE)
    const view = FlowKeyView.from(bytes)
    view.at = FlowKeyView.SIZE
    view.set(KEY)
    expect(bytes.subarray(0, FlowKeyView.SIZE)).toEqual(new Uint8Array(FlowKeyView.SIZE))
    expect(bytes.subarray(FlowKeyView.SIZE)).toEqual(FlowKeyView.of(KEY).toBytes())
    view.source.low = 1
    expect(bytes[FlowKeyView.SIZE]).toBe(1)
  })

  it('copies from another view, nested records included', () => {
    const view = FlowKeyView.of(KEY)
    expect(FlowKeyView.of(view).toBytes()).toEqual(view.toBytes())
  })

  it('refuses bytes that are too few', () => {
    expect(() => DestView.from(new Uint8Array(DestView.SIZE - 1))).toThrow(/too few for a Dest: pass at least 80/)
  })
})
