import { describe, expect, it } from 'vitest'
import { IPIP, PLAIN_SERVICE } from '../control/model.ts'
import { checksumsAreValid, parseIpv4, parseTcp } from '../simulator/packets.ts'
import { buildTcp } from '../simulator/build-packet.ts'
import { MemoryHost } from '../memory/memory-host.ts'
import { freshDirector } from '../testing/bench.ts'
import { Route, Verdict } from './records.ts'

const CLIENT = '10.1.0.1'
const ACK = 0x10
const SYN = 0x02

interface End {
  readonly address: string
  readonly port: number
}

/** A director with an FTP service whose one server has this address, and a control connection through it. */
class FtpDirector {
  readonly host = new MemoryHost({ connections: 100, route: () => ({ route: Route.Found, mtu: 1500 }) })
  readonly control = freshDirector(this.host.tables)
  readonly client: End = { address: CLIENT, port: 4000 }
  readonly virtual: End
  readonly server: End

  constructor(virtual: string, server: string) {
    this.virtual = { address: virtual, port: 21 }
    this.server = { address: server, port: 21 }
    this.host.tick(1000)
    const service = { protocol: 'tcp', ...this.virtual } as const
    this.control.addService({ ...service, ...PLAIN_SERVICE, scheduler: 'rr' })
    const limits = { upperThreshold: 0, lowerThreshold: 0 }
    this.control.addDest(service, { ...this.server, ...limits, weight: 1, method: 'masquerading', tunnel: IPIP })
    this.send(this.client, this.virtual, SYN)
    this.send(this.server, this.client, SYN | ACK)
    this.send(this.client, this.virtual, ACK)
  }

  /** What leaves: who to whom, and the text, with checksums looked at. Null where nothing is forwarded. */
  send(from: End, to: End, flags: number, text = ''): { from: string; to: string; text: string } | null {
    const packet = buildTcp({
      source: from.address,
      destination: to.address,
      sourcePort: from.port,
      destinationPort: to.port,
      flags,
      payload: new TextEncoder().encode(text),
    })
    const { verdict, packet: sent } = this.host.handle(packet)
    if (verdict !== Verdict.Forward) return null
    expect(checksumsAreValid(sent)).toBe(true)
    const ip = parseIpv4(sent)
    const tcp = ip === null ? null : parseTcp(ip)
    if (ip === null || tcp === null) throw new Error('what was forwarded is no TCP packet')
    const payload = new TextDecoder().decode(tcp.payload)
    return {
      from: `${name(ip.source)}:${tcp.sourcePort}`,
      to: `${name(ip.destination)}:${tcp.destinationPort}`,
      text: payload,
    }
  }

  states(): string[] {
    return this.control.connections().map(({ client, virtual, dest, state }) => {
      return `${client.port} ${virtual.address}:${virtual.port} ${dest.address}:${dest.port} ${state}`
    })
  }
}

function name(address: number | string): string {
  if (typeof address === 'string') return address
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.')
}

describe('reply 227', () => {
  it.each([
    [
      '10.9.0.1',
      '10.2.0.1',
      '227 Entering Passive Mode (10,2,0,1,200,13).\r\n',
      '227 Entering Passive Mode (10,9,0,1,200,13).\r\n',
    ],
    [
      '203.0.113.100',
      '10.2.0.1',
      '227 Entering Passive Mode (10,2,0,1,4,0).\r\n',
      '227 Entering Passive (203,0,113,100,4,0).\r\n',
    ],
    [
      '10.9.0.1',
      '192.168.100.200',
      '227 Entering Passive Mode (192,168,100,200,4,9)\r\n',
      '227 Entering Passive Mode        (10,9,0,1,4,9)\r\n',
    ],
    ['203.0.113.100', '10.2.0.1', '227 =10=Passive=Ok (10,2,0,1,4,1)\r\n', '227 =10=Passiv(203,0,113,100,4,1)\r\n'],
  ])('%s for %s: %j becomes %j', (virtual, server, said, heard) => {
    const director = new FtpDirector(virtual, server)
    expect(director.send(director.server, director.client, ACK, said)).toMatchObject({
      from: `${virtual}:21`,
      text: heard,
    })
  })

  it('lets the client connect to that port, once, from any port', () => {
    const director = new FtpDirector('10.9.0.1', '10.2.0.1')
    const data = { address: '10.9.0.1', port: 200 * 256 + 13 }
    const first = { address: CLIENT, port: 5000 }
    expect(director.send(first, data, SYN)).toBeNull()
    director.send(director.server, director.client, ACK, '227 Entering Passive Mode (10,2,0,1,200,13).\r\n')
    expect(director.states()).toContain(`0 10.9.0.1:${data.port} 10.2.0.1:${data.port} LISTEN`)
    expect(director.send({ address: '10.1.0.2', port: 5000 }, data, SYN)).toBeNull()
    expect(director.send(first, data, SYN)).toMatchObject({ from: `${CLIENT}:5000`, to: `10.2.0.1:${data.port}` })
    expect(director.send({ address: '10.2.0.1', port: data.port }, first, SYN | ACK)).toMatchObject({
      from: `10.9.0.1:${data.port}`,
    })
    expect(director.send({ address: CLIENT, port: 5001 }, data, SYN)).toBeNull()
    const [service] = director.control.services()
    expect(service?.dests).toMatchObject([{ active: 2, inactive: 0, counters: { connections: 1 } }])
  })

  it('is left alone where it names another server, or has no room', () => {
    const director = new FtpDirector('203.0.113.100', '10.2.0.1')
    for (const text of [
      '227 Entering Passive Mode (10,2,0,9,4,1)\r\n',
      '227 (10,2,0,1,4,1)\r\n',
      '227 (10,2,0,1,4',
      '227 x\r\n',
    ]) {
      expect(director.send(director.server, director.client, ACK, text)).toMatchObject({ text })
    }
    expect(director.control.reasons().find(({ name: reason }) => reason === 'ftp-no-room')?.packets).toBe(1)
  })

  it('is forgotten after two minutes', () => {
    const director = new FtpDirector('10.9.0.1', '10.2.0.1')
    director.send(director.server, director.client, ACK, '227 Entering Passive Mode (10,2,0,1,200,13).\r\n')
    director.host.tick(121_001)
    expect(director.send({ address: CLIENT, port: 5000 }, { address: '10.9.0.1', port: 51213 }, SYN)).toBeNull()
    expect(director.states().filter((state) => state.endsWith('LISTEN'))).toEqual([])
  })
})

it('reply 229 lets the client connect to its port', () => {
  const director = new FtpDirector('10.9.0.1', '10.2.0.1')
  const text = '229 Entering Extended Passive Mode (|||6446|)\r\n'
  expect(director.send(director.server, director.client, ACK, text)).toMatchObject({ text })
  const data = { address: '10.9.0.1', port: 6446 }
  expect(director.send({ address: CLIENT, port: 5000 }, data, SYN)).toMatchObject({ to: '10.2.0.1:6446' })
})

it.each(['PORT 10,1,0,1,19,137\r\n', 'port 10,1,0,1,19,137\r\n', 'EPRT |1|10.1.0.1|5001|\r\n'])(
  '%j lets the server connect from its data port in the name of the virtual address',
  (text) => {
    const director = new FtpDirector('10.9.0.1', '10.2.0.1')
    expect(director.send(director.client, director.virtual, ACK, text)).toMatchObject({ text })
    const data = { address: CLIENT, port: 5001 }
    expect(director.send({ address: '10.2.0.1', port: 20 }, data, SYN)).toMatchObject({
      from: '10.9.0.1:20',
      to: `${CLIENT}:5001`,
    })
    expect(director.send(data, { address: '10.9.0.1', port: 20 }, SYN | ACK)).toMatchObject({ to: '10.2.0.1:20' })
    expect(director.states()).toContain('5001 10.9.0.1:20 10.2.0.1:20 ESTABLISHED')
  },
)

it.each([
  'PORT 10,1,0,9,19,137\r\n',
  'PORT 10,1,0,1,19\r\n',
  'PORT\r\n',
  'PORT 10,1,0,1,256,1\r\n',
  'EPRT |1|10.1.0.1|\r\n',
])('%j announces nothing', (text) => {
  const director = new FtpDirector('10.9.0.1', '10.2.0.1')
  director.send(director.client, director.virtual, ACK, text)
  expect(director.states()).toHaveLength(1)
})
