import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { httpRequest, serveHttp } from './http.ts'
import { Network } from './network.ts'

/** A page of 60 kB and a ping through a router over links with every fault, captured at the client. */
function run(seed: number): { pcap: Uint8Array; frames: number } {
  const network = new Network(seed)
  const faults = { loss: 0.05, reordering: 0.2, duplication: 0.1, bitsPerSecond: 1e8 }
  const [client, router, server] = [network.host('client'), network.host('router'), network.host('server')]
  router.forwarding = true
  client.addInterface('eth0', { address: '10.1.0.2/24' })
  router.addInterface('eth0', { address: '10.1.0.1/24' })
  router.addInterface('eth1', { address: '10.2.0.1/24' })
  server.addInterface('eth0', { address: '10.2.0.2/24' })
  network.link(client.interface('eth0'), router.interface('eth0'), faults)
  network.link(router.interface('eth1'), server.interface('eth0'), faults)
  client.addRoute('0.0.0.0/0', { gateway: '10.1.0.1' })
  server.addRoute('0.0.0.0/0', { gateway: '10.2.0.1' })
  const capture = network.capture(client.interface('eth0'))
  serveHttp(server, 80, () => 'x'.repeat(60_000))
  const answer = httpRequest(client, '10.2.0.2', 80)
  client.ping('10.2.0.2', { payloadBytes: 3000 })
  client.ping('10.2.0.2', { ttl: 1 })
  httpRequest(client, '10.2.0.2', 81)
  network.run(120_000)
  expect(answer.body.length, `seed ${seed}`).toBe(60_000)
  return { pcap: capture.toPcap(), frames: capture.frames }
}

const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0

describe('a capture', () => {
  it.each([1, 2, 3, 4, 5])('is the same, byte for byte, in every run with the same seed (%i)', (seed) => {
    expect(Buffer.compare(run(seed).pcap, run(seed).pcap)).toBe(0)
  })

  it('differs from seed to seed', () => {
    expect(Buffer.compare(run(1).pcap, run(2).pcap)).not.toBe(0)
  })

  it.skipIf(!hasTcpdump)('is read by tcpdump, which finds no wrong checksum (needs tcpdump)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-capture-'))
    try {
      const { pcap, frames } = run(7)
      const file = join(folder, 'run.pcap')
      writeFileSync(file, pcap)
      const text = execFileSync('tcpdump', ['-nn', '-vv', '-tt', '-r', file], { encoding: 'utf8', stdio: 'pipe' })
      expect(text.match(/^\d+\.\d{6} /gm)).toHaveLength(frames)
      expect(text.match(/cksum 0x[0-9a-f]{4} \(correct\)/g)?.length).toBeGreaterThan(60)
      expect(
        text.split('\n').filter((line) => /incorrect|bad cksum|wrong|truncated|\[\|(ip|tcp|icmp|arp)/.test(line)),
      ).toEqual([])
      expect(text).toContain('ICMP time exceeded in-transit')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
