/** IPv6 and datagrams through a director in the kernel, with real servers, curl, and transfers that are cut into segments late. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, startProgram, waitForLine } from './command.ts'
import { NamespaceWorld } from './namespace-world.ts'
import { installationForTests } from './testing/installation-for-tests.ts'
import { unservedTopology } from './testing/unserved-topology.ts'

const SERVERS = fileURLToPath(new URL('testing/two-servers.mjs', import.meta.url))
const ASK = fileURLToPath(new URL('testing/ask.mjs', import.meta.url))
const UPLOAD = 3_000_000

/** What each host's devices get beside their IPv4 addresses. */
const IPV6 = [
  ['client', 'eth0', 'fd01::11/64'],
  ['director', 'eth0', 'fd01::12/64'],
  ['director', 'eth1', 'fd02::1/64'],
  ['nginx1', 'eth0', 'fd02::23/64'],
  ['nginx2', 'eth0', 'fd02::24/64'],
] as const

const { installation, reason } = installationForTests()

describe.skipIf(installation === null)(`through the director${reason}`, () => {
  let world: NamespaceWorld
  let folder: string

  const on = async (host: string, words: string): Promise<string> => {
    const { stdout, stderr, status } = await runProgram(world.inside(host, ...words.split(' ')))
    expect({ words, stderr, status }).toEqual({ words, stderr: '', status: 0 })
    return stdout.trim()
  }
  const curl = (words: string): Promise<string> => on('client', `curl -qgsS --noproxy * --max-time 10 ${words}`)

  beforeAll(async () => {
    if (installation === null) return
    folder = await mkdtemp(join(tmpdir(), 'weir-families-'))
    writeFileSync(join(folder, 'upload'), Buffer.alloc(UPLOAD))
    world = await NamespaceWorld.create(unservedTopology, { prefix: `weir-lab-families-${process.pid}`, installation })
    for (const [host, device, address] of IPV6) {
      await on(host, 'sysctl -qw net.ipv6.conf.all.disable_ipv6=0')
      await on(host, `ip addr add ${address} dev ${device} nodad`)
    }
    for (const name of ['nginx1', 'nginx2']) {
      await on(name, 'ip -6 route add default via fd02::1')
      const server = startProgram(world.inside(name, process.execPath, SERVERS, name))
      await waitForLine(server, server.stdout, 'ready')
    }
    await world.enableForwarding('director')
    await on('director', 'sysctl -qw net.ipv6.conf.all.forwarding=1')
    const rules = [
      '-A -t [fd01::12]:80 -s rr',
      '-a -t [fd01::12]:80 -r [fd02::23]:8080 -m',
      '-a -t [fd01::12]:80 -r [fd02::24]:8080 -m',
      '-A -u [fd01::12]:53 -s rr',
      '-a -u [fd01::12]:53 -r [fd02::23]:5300 -m',
      '-A -u 11.11.11.12:53 -s rr -o',
      '-A -u 11.11.11.12:54 -s rr',
      '-a -u 11.11.11.12:54 -r 22.22.22.24:5300 -m',
    ]
    for (const rule of rules) expect(await world.ipvsadm(rule.split(' '))).toMatchObject({ status: 0 })
  })
  afterAll(async () => {
    if (installation === null) return
    await world.close()
    await rm(folder, { recursive: true })
  })

  it('connections of IPv6 go to the servers in turn', async () => {
    const answers = [
      await curl('http://[fd01::12]/'),
      await curl('http://[fd01::12]/'),
      await curl('http://[fd01::12]/'),
    ]
    expect(answers).toEqual(['nginx2', 'nginx1', 'nginx2'])
  })

  it('megabytes of IPv6 come and go', async () => {
    expect(await curl('-o /dev/null -w %{size_download} http://[fd01::12]/big')).toBe('2000000')
    expect(await curl(`-T ${join(folder, 'upload')} -X POST http://[fd01::12]/up`)).toBe(String(UPLOAD))
  })

  it('datagrams of either family are answered in the name of the virtual address', async () => {
    expect(await on('client', `${process.execPath} ${ASK} udp6 fd01::12 53`)).toBe('nginx1')
    expect(await on('client', `${process.execPath} ${ASK} udp4 11.11.11.12 54`)).toBe('nginx2')
  })

  it('datagrams in fragments come and go whole', async () => {
    expect(await on('client', `${process.execPath} ${ASK} udp4 11.11.11.12 54 20000`)).toBe('the same')
    expect(await on('client', `${process.execPath} ${ASK} udp6 fd01::12 53 20000`)).toBe('the same')
  })

  it('a datagram to a service without servers is refused by ICMP', async () => {
    const { status, stderr } = await runProgram(
      world.inside('client', process.execPath, ASK, 'udp4', '11.11.11.12', '53'),
    )
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'no answer\n' })
    const { stdout } = await world.ipvsadm(['-Lnc'])
    expect(stdout).not.toContain('11.11.11.12:53 ')
  })
})
