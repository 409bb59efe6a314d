/**
 * The engine's tunnels in the kernel, to a server that `weir real-server` has made: uploads of 20 MB, cut into segments late; and of 2 MB by way of a
 * link that is narrower than the director can see, so that a router answers the tunnel's packets with ICMP errors.
 */
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProgram, waitForLine } from './command.ts'
import { NamespaceWorld } from './namespace-world.ts'
import type { Topology } from './scenario.ts'
import { installationForTests } from './testing/installation-for-tests.ts'

const HASHING_SERVER = fileURLToPath(new URL('../real-server/testing/hashing-server.mjs', import.meta.url))
const UPLOAD = 20_000_000
const SMALL_UPLOAD = 2_000_000
/** Of the router's link to the server; all others take 1500. */
const NARROW_MTU = 1400
const [VIP4, VIP6] = ['192.0.2.1', '2001:db8:f::1']
const [DEST4, DEST6] = ['33.33.33.33', '[fd03::33]']

const topology: Topology = {
  segments: [
    { name: 'client-side', network: '11.11.11.0/24' },
    { name: 'backbone', network: '22.22.22.0/24' },
    { name: 'server-side', network: '33.33.33.0/24' },
  ],
  hosts: [
    { name: 'client', role: 'client', interfaces: [{ segment: 'client-side', address: '11.11.11.11' }], gateway: '11.11.11.12' }, // prettier-ignore
    {
      name: 'director',
      role: 'director',
      interfaces: [
        { segment: 'client-side', address: '11.11.11.12' },
        { segment: 'backbone', address: '22.22.22.22' },
      ],
      gateway: '22.22.22.1',
    },
    {
      name: 'router',
      role: 'router',
      interfaces: [
        { segment: 'backbone', address: '22.22.22.1' },
        { segment: 'server-side', address: '33.33.33.1' },
      ],
      gateway: '22.22.22.22',
    },
    { name: 'server', role: 'server', interfaces: [{ segment: 'server-side', address: '33.33.33.33' }], gateway: '33.33.33.1' }, // prettier-ignore
  ],
}

/** Commands that add to the topology: IPv6, and ways to the virtual addresses, which are not the director's own. */
const SETUP = [
  ['client', 'ip address add fd01::11/64 dev eth0 nodad'],
  ['client', 'ip -6 route add default via fd01::12'],
  ['director', 'ip address add fd01::12/64 dev eth0 nodad'],
  ['director', 'ip address add fd02::22/64 dev eth1 nodad'],
  ['director', 'ip -6 route add default via fd02::1'],
  ['director', 'sysctl -qw net.ipv6.conf.all.forwarding=1'],
  ['router', 'ip address add fd02::1/64 dev eth0 nodad'],
  ['router', 'ip address add fd03::1/64 dev eth1 nodad'],
  ['router', 'ip -6 route add default via fd02::22'],
  ['router', 'sysctl -qw net.ipv6.conf.all.forwarding=1'],
  ['server', 'ip address add fd03::33/64 dev eth0 nodad'],
  ['server', 'ip -6 route add default via fd03::1'],
] as const

const { installation, reason } = installationForTests()

describe.skipIf(installation === null)(`a real server at the end of the director's tunnel${reason}`, () => {
  let world: NamespaceWorld
  let folder: string
  const data = randomBytes(UPLOAD)

  const on = async (host: string, ...words: string[]): Promise<string> => {
    const { stdout, stderr, status } = await world.run(host, ...words)
    expect({ words, stderr, status }).toEqual({ words, stderr: '', status: 0 })
    return stdout.trim()
  }
  const realServer = (words: string): Promise<string> =>
    on('server', ...(installation?.weir ?? []), 'real-server', ...words.split(' '))

  beforeAll(async () => {
    if (installation === null) return
    folder = await mkdtemp(join(tmpdir(), 'weir-tunnel-'))
    for (const size of [UPLOAD, SMALL_UPLOAD]) writeFileSync(join(folder, String(size)), data.subarray(0, size))
    world = await NamespaceWorld.create(topology, { prefix: `weir-lab-tunnel-${process.pid}`, installation })
    for (const { name } of topology.hosts) await on(name, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=0')
    for (const [host, command] of SETUP) await on(host, ...command.split(' '))
    await world.enableForwarding('director')
    const server = startProgram(world.inside('server', process.execPath, HASHING_SERVER))
    await waitForLine(server, server.stdout, 'ready')
  })
  afterAll(async () => {
    if (installation === null) return
    await world.close()
    await rm(folder, { recursive: true })
  })

  /** Uploads by a tunnel of the director's to the server at its end, with what curl is told besides, and expects the server to have got it. */
  const upload = async (
    from: string,
    size: number,
    { type, vip, dest }: { type: string; vip: string; dest: string },
    ...more: string[]
  ): Promise<void> => {
    const host = vip === VIP6 ? `[${vip}]` : vip
    const port = type === 'gue' ? ' --tun-port 6080' : ''
    const rules = ['-C', `-A -t ${host}:80 -s rr`, `-a -t ${host}:80 -r ${dest}:80 -i --tun-type ${type}${port}`]
    for (const rule of rules) expect(await world.ipvsadm(rule.split(' '))).toMatchObject({ status: 0 })
    await realServer(`tun --vip ${vip} --type ${type} --apply`)
    const words = [
      '-qgsS',
      '--noproxy',
      '*',
      '--max-time',
      '15',
      '-X',
      'POST',
      '-T',
      join(folder, String(size)),
      ...more,
    ]
    expect(await on(from, 'curl', ...words, `http://${host}/`)).toBe(
      createHash('sha256').update(data.subarray(0, size)).digest('hex'),
    )
    await realServer('check')
    await realServer('tun --undo')
  }

  it.each([
    { type: 'ipip', vip: VIP4, dest: DEST4 },
    { type: 'ipip', vip: VIP6, dest: DEST4 },
    { type: 'gue', vip: VIP6, dest: DEST6 },
    { type: 'gue', vip: VIP4, dest: DEST6 },
    { type: 'gre', vip: VIP4, dest: DEST4 },
  ])('receives 20 MB by $type for $vip, sent to $dest', (tunnel) => upload('client', UPLOAD, tunnel))

  describe('beyond a link of 1400 bytes', () => {
    beforeAll(async () => {
      if (installation !== null) await on('router', 'ip', 'link', 'set', 'eth1', 'mtu', String(NARROW_MTU))
    })

    it.each([
      { type: 'ipip', vip: VIP4, dest: DEST4, headers: 20 },
      { type: 'ipip', vip: VIP6, dest: DEST4, headers: 20 },
      { type: 'ipip', vip: VIP4, dest: DEST6, headers: 40 },
      { type: 'gue', vip: VIP4, dest: DEST4, headers: 32 },
      { type: 'gue', vip: VIP6, dest: DEST6, headers: 52 },
      { type: 'gre', vip: VIP4, dest: DEST4, headers: 24 },
      { type: 'gre', vip: VIP6, dest: DEST6, headers: 44 },
    ])('receives 2 MB by $type for $vip, sent to $dest, of a client that has learnt how much fits', async (tunnel) => {
      for (const family of ['-4', '-6']) await on('client', 'ip', family, 'route', 'flush', 'cache')
      expect(await on('client', 'ip', 'route', 'get', tunnel.vip)).not.toContain('mtu')
      await upload('client', SMALL_UPLOAD, tunnel)
      expect(await on('client', 'ip', 'route', 'get', tunnel.vip)).toContain(`mtu ${NARROW_MTU - tunnel.headers}`)
    })

    it('receives 2 MB of the director’s own host, which sends from another address than the virtual one', async () => {
      await on('director', 'ip', 'address', 'add', `${VIP4}/32`, 'dev', 'lo')
      await on('director', 'sysctl', '-qw', 'net.ipv4.conf.all.accept_local=1')
      const tunnel = { type: 'gre', vip: VIP4, dest: DEST6 }
      await upload('director', SMALL_UPLOAD, tunnel, '--interface', '22.22.22.22')
      expect(await on('director', 'ip', 'route', 'get', VIP4)).toContain(`mtu ${NARROW_MTU - 44}`)
    })
  })
})
