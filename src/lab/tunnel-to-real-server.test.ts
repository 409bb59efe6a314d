/** The engine's tunnels in the kernel, to a server that `weir real-server` has made: uploads of 20 MB, cut into segments late. */
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, startProgram, waitForLine } from './command.ts'
import { NamespaceWorld } from './namespace-world.ts'
import { natTopology } from './scenarios/nat-topology.ts'
import { installationForTests } from './testing/installation-for-tests.ts'

const HASHING_SERVER = fileURLToPath(new URL('../real-server/testing/hashing-server.mjs', import.meta.url))
const UPLOAD = 20_000_000
const [VIP4, VIP6] = ['192.0.2.1', '2001:db8:f::1']

/** Commands that add to the topology: IPv6, and ways to the virtual addresses, which are not the director's own. */
const SETUP = [
  ['client', 'ip route add default via 11.11.11.12'],
  ['client', 'ip address add fd01::11/64 dev eth0 nodad'],
  ['client', 'ip -6 route add default via fd01::12'],
  ['director', 'ip address add fd01::12/64 dev eth0 nodad'],
  ['director', 'ip address add fd02::22/64 dev eth1 nodad'],
  ['director', 'sysctl -qw net.ipv6.conf.all.forwarding=1'],
  ['nginx1', 'ip address add fd02::23/64 dev eth0 nodad'],
  ['nginx1', 'ip -6 route add default via fd02::22'],
] as const

const { installation, reason } = installationForTests()
const { segments, hosts } = natTopology({ clients: ['11.11.11.11'] })
/** One server, without the lab's web server on it. */
const topology = {
  segments,
  hosts: hosts
    .filter(({ name }) => name !== 'nginx2')
    .map(({ name, role, interfaces, gateway }) => ({
      name,
      role,
      interfaces,
      ...(gateway === undefined ? {} : { gateway }),
    })),
}

describe.skipIf(installation === null)(`a real server at the end of the director's tunnel${reason}`, () => {
  let world: NamespaceWorld
  let folder: string
  const data = randomBytes(UPLOAD)

  const on = async (host: string, ...words: string[]): Promise<string> => {
    const { stdout, stderr, status } = await runProgram(world.inside(host, ...words))
    expect({ words, stderr, status }).toEqual({ words, stderr: '', status: 0 })
    return stdout.trim()
  }
  const realServer = (words: string): Promise<string> =>
    on('nginx1', ...(installation?.weir ?? []), 'real-server', ...words.split(' '))

  beforeAll(async () => {
    if (installation === null) return
    folder = await mkdtemp(join(tmpdir(), 'weir-tunnel-'))
    writeFileSync(join(folder, 'upload'), data)
    world = await NamespaceWorld.create(topology, { prefix: `weir-lab-tunnel-${process.pid}`, installation })
    for (const { name } of hosts.filter((host) => host.name !== 'nginx2'))
      await on(name, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=0')
    for (const [host, command] of SETUP) await on(host, ...command.split(' '))
    await world.enableForwarding('director')
    const server = startProgram(world.inside('nginx1', process.execPath, HASHING_SERVER))
    await waitForLine(server, server.stdout, 'ready')
  })
  afterAll(async () => {
    if (installation === null) return
    await world.close()
    await rm(folder, { recursive: true })
  })

  it.each([
    ['ipip', VIP4, '22.22.22.23'],
    ['ipip', VIP6, '22.22.22.23'],
    ['gue', VIP6, '[fd02::23]'],
    ['gue', VIP4, '[fd02::23]'],
    ['gre', VIP4, '22.22.22.23'],
  ])('receives 20 MB by %s for %s, sent to %s', async (type, vip, dest) => {
    const host = vip === VIP6 ? `[${vip}]` : vip
    const port = type === 'gue' ? ' --tun-port 6080' : ''
    const rules = ['-C', `-A -t ${host}:80 -s rr`, `-a -t ${host}:80 -r ${dest}:80 -i --tun-type ${type}${port}`]
    for (const rule of rules) expect(await world.ipvsadm(rule.split(' '))).toMatchObject({ status: 0 })
    await realServer(`tun --vip ${vip} --type ${type} --apply`)
    const words = ['-qgsS', '--noproxy', '*', '--max-time', '15', '-T', join(folder, 'upload'), '-X', 'POST']
    expect(await on('client', 'curl', ...words, `http://${host}/`)).toBe(
      createHash('sha256').update(data).digest('hex'),
    )
    await realServer('check')
    await realServer('tun --undo')
  })
})
