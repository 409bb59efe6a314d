import { describe, expect, it } from 'vitest'
import { IPIP, PLAIN_SERVICE } from '../control/model.ts'
import { buildUdp, parseIpv4 } from '../simulator/packets.ts'
import { memoryBench, type DirectorBench } from '../testing/bench.ts'
import { kernelBench, whyNoKernelBench } from '../testing/kernel-bench.ts'

const VIP = '10.9.0.1'
const PHONES = { protocol: 'udp', address: VIP, port: 5060 } as const
const INVITE = 'INVITE sip:bob@example.net SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.1\r\n'

function message(headers: string): Uint8Array {
  return new TextEncoder().encode(`${INVITE}${headers}\r\nContent-Length: 0\r\n\r\n`)
}

/** A director with a SIP service of two servers. */
class Calls {
  constructor(
    readonly bench: DirectorBench,
    onePacket: boolean,
  ) {
    bench.setClock(1000)
    const persistence = { timeoutS: 60, mask: 0xffffffff }
    const service = { ...PHONES, ...PLAIN_SERVICE, scheduler: 'rr', persistence, engine: 'sip', onePacket } as const
    bench.control.addService(service)
    const limits = { upperThreshold: 0, lowerThreshold: 0, weight: 1, method: 'masquerading', tunnel: IPIP } as const
    for (const address of ['10.2.0.1', '10.2.0.2']) bench.control.addDest(PHONES, { address, port: 5060, ...limits })
  }

  /** The server that a message from this phone goes to, or what else becomes of it. */
  send(phone: string, payload: Uint8Array, port = 5060): string {
    const packet = buildUdp({ source: phone, destination: VIP, sourcePort: port, destinationPort: 5060, payload })
    const { verdict, packet: sent } = this.bench.handle(packet)
    const ip = verdict === 'forward' ? parseIpv4(sent) : null
    return ip === null ? verdict : [24, 16, 8, 0].map((bits) => (ip.destination >>> bits) & 255).join('.')
  }
}

const why = whyNoKernelBench()
const BENCHES = [
  { name: 'in Node', open: () => memoryBench({ connections: 100 }), skip: false },
  {
    name: `in the kernel${why === null ? '' : ` (skipped: ${why})`}`,
    open: () => kernelBench({ connections: 100 }),
    skip: why !== null,
  },
]

describe.each(BENCHES)('messages of a call, $name', ({ open, skip }) => {
  const calls = (onePacket: boolean, work: (director: Calls) => void): void => {
    const bench = open()
    try {
      work(new Calls(bench, onePacket))
    } finally {
      bench.close()
    }
  }

  it.skipIf(skip)('go to one server, whoever sends them and however the header is written', () => {
    calls(true, (director) => {
      const first = director.send('10.1.0.1', message('Call-ID: a84b4c76e66710@pc33'))
      const other = director.send('10.1.0.2', message('Call-ID: b1@pc33'))
      expect([first, other].sort()).toEqual(['10.2.0.1', '10.2.0.2'])
      for (const header of ['call-id: ', 'CALL-ID:', 'Call-ID : \t', 'i: ', 'I:']) {
        expect(director.send('10.1.0.9', message(`${header}a84b4c76e66710@pc33`)), header).toBe(first)
        expect(director.send('10.1.0.9', message(`${header}b1@pc33`)), header).toBe(other)
      }
      const [service] = director.bench.control.services()
      expect(service?.dests.map(({ persistent }) => persistent)).toEqual([1, 1])
    })
  })

  it.skipIf(skip)('are dropped without a Call-ID, and counted', () => {
    calls(true, (director) => {
      const long = `X: ${'x'.repeat(1100)}\r\nCall-ID: a`
      for (const headers of [
        'From: a',
        'X-Call-ID: a',
        'Call-IDs: a',
        'Call-ID a',
        'Call-ID:',
        'Call-ID: \t',
        'ii: a',
        long,
      ]) {
        expect(director.send('10.1.0.1', message(headers)), headers).toBe('drop')
      }
      expect(director.send('10.1.0.1', new TextEncoder().encode('Call-ID: a'))).toBe('drop')
      expect(director.bench.control.reasons().find(({ name }) => name === 'no-call-id')?.packets).toBe(9)
      expect(director.bench.control.connections()).toEqual([])
    })
  })

  it.skipIf(skip)('make connections of their own, and the call is forgotten after them', () => {
    calls(false, (director) => {
      const server = director.send('10.1.0.1', message('Call-ID: a'))
      expect(director.send('10.1.0.2', message('Call-ID: a'))).toBe(server)
      expect(
        director.bench.control
          .connections()
          .map(({ state }) => state)
          .sort(),
      ).toEqual(['NONE', 'UDP', 'UDP'])
      director.bench.setClock(302_000)
      director.bench.setClock(400_000)
      expect(director.bench.control.connections()).toEqual([])
    })
  })
})
