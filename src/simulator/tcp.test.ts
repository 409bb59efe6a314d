import { describe, expect, it } from 'vitest'
import type { Host } from './host.ts'
import type { LinkConditions } from './link.ts'
import { Network } from './network.ts'
import { buildTcp, parseIpv4, parseTcp, TcpFlag } from './packets.ts'
import { Random } from './random.ts'
import type { TcpConnection, TcpFailure } from './tcp-connection.ts'
import { TCP_DEFAULTS } from './tcp-options.ts'

const SERVER = '10.0.0.2'

/** Two hosts on one cable. */
function pair(seed: number, conditions: Partial<LinkConditions> = {}) {
  const network = new Network(seed)
  const client = network.host('client')
  const server = network.host('server')
  const clientSide = client.addInterface('eth0', { address: '10.0.0.1/24' })
  const serverSide = server.addInterface('eth0', { address: `${SERVER}/24` })
  const link = network.link(clientSide, serverSide, conditions)
  return { network, client, server, clientSide, serverSide, link }
}

/** Accepts one connection, sends a greeting and keeps what it receives. */
function sink(host: Host, greeting: Uint8Array = new Uint8Array(0), port = 80) {
  const got = { bytes: Buffer.alloc(0), pieces: [] as Uint8Array[], closed: undefined as TcpFailure | null | undefined }
  let accepted: TcpConnection | null = null
  host.tcp.listen(port, (connection) => {
    accepted = connection
    connection.send(greeting)
    connection.onData = (data) => got.pieces.push(data)
    connection.onEnd = () => {
      got.bytes = Buffer.concat(got.pieces)
      connection.close()
    }
    connection.onClose = (failure) => (got.closed = failure)
  })
  return {
    got,
    get connection(): TcpConnection {
      if (accepted === null) throw new Error('nobody has connected yet')
      return accepted
    },
  }
}

const BAD: Partial<LinkConditions> = {
  delayUs: 2000,
  loss: 0.05,
  reordering: 0.1,
  duplication: 0.05,
  reorderingDelayUs: 6000,
}

describe('TCP', () => {
  it.each(Array.from({ length: 20 }, (_, i) => i + 1))(
    'carries 1 MB each way intact through loss, reordering and duplication (seed %i)',
    (seed) => {
      const { network, client, server } = pair(seed, BAD)
      const upload = new Random(seed, 100).bytes(1 << 20)
      const download = new Random(seed, 101).bytes(1 << 20)
      const up = sink(server, download)
      const down: Uint8Array[] = []
      let closed: TcpFailure | null | undefined
      const connection = client.tcp.connect(SERVER, 80)
      connection.onOpen = () => {
        connection.send(upload)
        connection.close()
      }
      connection.onData = (data) => down.push(data)
      connection.onClose = (failure) => (closed = failure)
      expect(network.runUntil(() => closed !== undefined && up.got.closed !== undefined, 600_000)).toBe(true)
      expect([closed, up.got.closed]).toEqual([null, null])
      expect(Buffer.compare(up.got.bytes, upload)).toBe(0)
      expect(Buffer.compare(Buffer.concat(down), download)).toBe(0)
      network.run(300_000)
      expect([client.tcp.size, server.tcp.size]).toEqual([0, 0])
    },
  )

  it('recovers from single losses without waiting for a timeout', () => {
    const { network, client, server } = pair(3, { delayUs: 5000, loss: 0.005 })
    const got = sink(server).got
    const connection = client.tcp.connect(SERVER, 80)
    connection.send(new Uint8Array(500_000))
    connection.close()
    expect(network.runUntil(() => got.bytes.length === 500_000, 60_000)).toBe(true)
    expect(network.clock.nowMs).toBeLessThan(1000)
  })

  it('ends each side in the states of RFC 9293 figure 12', () => {
    const { network, client, server } = pair(1)
    const peer = sink(server)
    const connection = client.tcp.connect(SERVER, 80)
    expect(connection.state).toBe('SYN_SENT')
    expect(network.runUntil(() => connection.state === 'ESTABLISHED', 100)).toBe(true)
    network.run(1)
    peer.connection.onEnd = null
    connection.close()
    expect(connection.state).toBe('FIN_WAIT_1')
    network.run(1)
    expect([connection.state, peer.connection.state]).toEqual(['FIN_WAIT_2', 'CLOSE_WAIT'])
    peer.connection.close()
    expect(peer.connection.state).toBe('LAST_ACK')
    network.run(1)
    expect([connection.state, peer.connection.state]).toEqual(['TIME_WAIT', 'CLOSED'])
    network.run(TCP_DEFAULTS.timeWaitMs)
    expect(connection.state).toBe('CLOSED')
  })

  it('goes through CLOSING when both sides close at once', () => {
    const { network, client, server } = pair(1)
    const peer = sink(server)
    const connection = client.tcp.connect(SERVER, 80)
    network.run(10)
    connection.close()
    peer.connection.close()
    network.run(0.15)
    expect([connection.state, peer.connection.state]).toEqual(['CLOSING', 'CLOSING'])
    network.run(1)
    expect([connection.state, peer.connection.state]).toEqual(['TIME_WAIT', 'TIME_WAIT'])
  })

  it('keeps the other direction open after one side has closed', () => {
    const { network, client, server } = pair(1)
    const peer = sink(server)
    const connection = client.tcp.connect(SERVER, 80)
    let received = 0
    connection.onData = (data) => (received += data.length)
    network.run(10)
    peer.connection.onEnd = null
    connection.close()
    network.run(10)
    peer.connection.send(new Uint8Array(100_000))
    network.run(100)
    expect([received, connection.state]).toEqual([100_000, 'FIN_WAIT_2'])
  })

  it('opens from both sides at once', () => {
    const { network, client, server } = pair(1)
    const a = client.tcp.connect(SERVER, 2000, { sourcePort: 1000 })
    const b = server.tcp.connect('10.0.0.1', 1000, { sourcePort: 2000 })
    network.run(10)
    expect([a.state, b.state]).toEqual(['ESTABLISHED', 'ESTABLISHED'])
  })

  it('is refused by a port without listener', () => {
    const { network, client } = pair(1)
    let failure: TcpFailure | null | undefined
    client.tcp.connect(SERVER, 81).onClose = (reason) => (failure = reason)
    network.run(10)
    expect([failure, client.tcp.size]).toEqual(['refused', 0])
  })

  it('tells the peer of an abort', () => {
    const { network, client, server } = pair(1)
    const peer = sink(server)
    const connection = client.tcp.connect(SERVER, 80)
    network.run(10)
    connection.abort()
    network.run(10)
    expect([peer.got.closed, client.tcp.size, server.tcp.size]).toEqual(['reset', 0, 0])
  })

  it('doubles the time between SYNs and gives up after the last', () => {
    const { network, client, link } = pair(1)
    client.tcp.options = { ...TCP_DEFAULTS, synRetries: 3 }
    client.ping(SERVER)
    network.run(10)
    link.out.conditions = { ...link.out.conditions, loss: 1 }
    const startMs = network.clock.nowMs
    const ended: [TcpFailure | null, number][] = []
    client.tcp.connect(SERVER, 80).onClose = (failure) => ended.push([failure, network.clock.nowMs - startMs])
    network.run(60_000)
    expect(ended).toEqual([['timed-out', 1000 + 2000 + 4000 + 8000]])
  })

  it('gives up on a peer that has vanished', () => {
    const { network, client, server, link } = pair(1)
    sink(server)
    const connection = client.tcp.connect(SERVER, 80)
    let failure: TcpFailure | null | undefined
    connection.onClose = (reason) => (failure = reason)
    network.run(10)
    link.out.conditions = { ...link.out.conditions, loss: 1 }
    connection.send(new Uint8Array(10))
    network.run(3_600_000)
    expect([failure, client.tcp.size]).toEqual(['timed-out', 0])
  })

  it('stops at the window of a paused reader and goes on when it resumes, though the update was lost', () => {
    const { network, client, server, link } = pair(1)
    const peer = sink(server)
    const connection = client.tcp.connect(SERVER, 80)
    network.run(10)
    peer.connection.pause()
    connection.send(new Uint8Array(300_000))
    network.run(5000)
    expect(peer.got.pieces).toEqual([])
    link.back.conditions = { ...link.back.conditions, loss: 1 }
    peer.connection.resume()
    network.run(1)
    link.back.conditions = { ...link.back.conditions, loss: 0 }
    expect(Buffer.concat(peer.got.pieces).length).toBe(65535)
    network.run(20_000)
    expect(Buffer.concat(peer.got.pieces).length).toBe(300_000)
  })

  it.each([1, 2, 3, 4, 5, 6])('lets a new connection take the place of one in TIME_WAIT (seed %i)', (seed) => {
    const { network, client, server } = pair(seed)
    server.tcp.options = { ...TCP_DEFAULTS, timeWaitMs: 60_000 }
    let accepted = 0
    // The side that closes first waits: here the server.
    server.tcp.listen(80, (connection) => {
      accepted += 1
      connection.close()
    })
    for (const connections of [1, 2]) {
      const connection = client.tcp.connect(SERVER, 80, { sourcePort: 5000 })
      connection.onEnd = () => connection.close()
      // Half of the SYNs have a sequence number below the old one's: those get in with their second try, after a RST.
      network.run(1500)
      expect([client.tcp.size, server.tcp.size, accepted]).toEqual([0, 1, connections])
    }
  })

  it('answers a RST or SYN inside the window with an acknowledgment, not with an end', () => {
    const { network, client, server } = pair(1)
    const peer = sink(server)
    const connection = client.tcp.connect(SERVER, 80, { sourcePort: 5000 })
    connection.send(Buffer.from('x'))
    let expected = 0
    client.ingressHook = (packet) => {
      const ip = parseIpv4(packet)
      expected = (ip && parseTcp(ip)?.acknowledgment) ?? expected
      return { verdict: 'pass', packet }
    }
    const forge = (sequence: number, flags: number): void => {
      const ends = { source: '10.0.0.1', destination: SERVER, sourcePort: 5000, destinationPort: 80 }
      client.sendPacket(buildTcp({ ...ends, sequence: sequence >>> 0, flags }))
    }
    network.run(10)
    for (const flags of [TcpFlag.Rst, TcpFlag.Syn]) {
      forge(expected + 100, flags)
      network.run(200)
      expect([connection.state, peer.connection.state]).toEqual(['ESTABLISHED', 'ESTABLISHED'])
    }
    forge(expected, TcpFlag.Rst)
    network.run(10)
    expect(peer.got.closed).toBe('reset')
  })
})
