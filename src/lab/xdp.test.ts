/**
 * A director in the kernel with its devices at XDP: connections of both families through veths, megabytes each way compared by hash, and
 * the cases in which a driver would lose frames without a word. The veths' own counters tell what XDP did.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, startProgram, waitForLine } from './command.ts'
import { NamespaceWorld } from './namespace-world.ts'
import { installationForTests } from './testing/installation-for-tests.ts'
import { unservedTopology } from './testing/unserved-topology.ts'

const SERVER = fileURLToPath(new URL('testing/hashing-server.mjs', import.meta.url))
const ETHTOOL = fileURLToPath(new URL('../kernel/testing/ethtool.mjs', import.meta.url))
const BYTES = 8_000_000
/** Far fewer packets than so many bytes make, far more than a handshake. */
const MANY = 500
const VIP = '11.11.11.12'
const VIP6 = 'fd01::12'
const IPV6 = [
  ['client', 'eth0', 'fd01::11/64'],
  ['director', 'eth0', `${VIP6}/64`],
  ['director', 'eth1', 'fd02::1/64'],
  ['nginx1', 'eth0', 'fd02::23/64'],
] as const

const { installation, reason } = installationForTests()

describe.skipIf(installation === null)(`through a director at XDP${reason}`, () => {
  let world: NamespaceWorld
  let folder: string

  const on = async (host: string, ...words: string[]): Promise<string> => {
    const { stdout, stderr, status } = await runProgram(world.inside(host, ...words))
    expect({ words, stderr, status }).toMatchObject({ words, status: 0 })
    return stdout.trim()
  }
  const weir = (words: string) => world.run('director', ...(installation?.weir ?? []), ...words.split(' '))
  const set = (host: string, device: string, feature: 'tx' | 'gro', state: 'on' | 'off') =>
    on(host, process.execPath, ETHTOOL, device, feature, state)
  const curl = (...words: string[]) =>
    world.run('client', 'curl', '-qgsS', '--noproxy', '*', '--max-time', '10', ...words)

  const counter = async (host: string, device: string, name: string): Promise<number> => {
    const counters = JSON.parse(await on(host, process.execPath, ETHTOOL, device)) as Record<string, number>
    return counters[`rx_queue_0_${name}`] ?? Number.NaN
  }
  /** Frames that the director's devices have redirected, from clients and from servers. */
  const redirected = async (): Promise<[number, number]> => [
    await counter('director', 'eth0', 'xdp_redirect'),
    await counter('director', 'eth1', 'xdp_redirect'),
  ]

  async function download(address: string): Promise<void> {
    const file = join(folder, 'download')
    const { stdout, status, stderr } = await curl('-D', '-', '-o', file, `http://${address}/${BYTES}`)
    expect(status, stderr).toBe(0)
    const announced = /^x-sha256: (\w+)/im.exec(stdout)?.[1]
    expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(announced)
  }

  async function upload(address: string): Promise<void> {
    const file = join(folder, 'upload')
    const bytes = randomBytes(BYTES)
    writeFileSync(file, bytes)
    const { stdout, status, stderr } = await curl('-H', 'Expect:', '--data-binary', `@${file}`, `http://${address}/`)
    expect(status, stderr).toBe(0)
    expect(stdout).toBe(createHash('sha256').update(bytes).digest('hex'))
  }

  beforeAll(async () => {
    if (installation === null) return
    folder = await mkdtemp(join(tmpdir(), 'weir-xdp-'))
    world = await NamespaceWorld.create(unservedTopology, { prefix: `weir-lab-xdp-${process.pid}`, installation })
    for (const [host, device, address] of IPV6) {
      await on(host, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=0')
      await on(host, 'ip', 'addr', 'add', address, 'dev', device, 'nodad')
    }
    await on('nginx1', 'ip', '-6', 'route', 'add', 'default', 'via', 'fd02::1')
    const server = startProgram(world.inside('nginx1', process.execPath, SERVER))
    await waitForLine(server, server.stdout, 'ready')
    await world.enableForwarding('director')
    await on('director', 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')
    for (const [virtual, real] of [
      [VIP, '22.22.22.23'],
      [`[${VIP6}]`, '[fd02::23]'],
    ] as const) {
      expect(await world.ipvsadm(['-A', '-t', `${virtual}:80`, '-s', 'rr'])).toMatchObject({ status: 0 })
      const words = ['-a', '-t', `${virtual}:80`, '-r', `${real}:8080`, '-m']
      expect(await world.ipvsadm(words)).toMatchObject({ status: 0 })
    }
  })
  afterAll(async () => {
    if (installation === null) return
    await world.close()
    await rm(folder, { recursive: true })
  })

  it('packets go through tcx where the peers take no redirected frames, and weir attach says what makes them', async () => {
    for (const host of ['client', 'nginx1']) await set(host, 'eth0', 'tx', 'off')
    const { stdout, stderr, status } = await weir('attach --xdp eth0 eth1')
    expect({ stdout, status }).toEqual({ stdout: 'Attached to eth0 (xdp), eth1 (xdp).\n', status: 0 })
    expect(stderr.match(/^weir: eth[01] takes no redirected frames.*"ethtool -K PEER gro on"/gm)).toHaveLength(2)
    await download(VIP)
    await upload(VIP)
    expect(await redirected()).toEqual([0, 0])
  })

  it('megabytes of either family come and go by redirected frames, none lost', { timeout: 20_000 }, async () => {
    for (const device of ['eth0', 'eth1']) await set('switch', `director-${device}`, 'gro', 'on')
    expect(await weir('attach')).toMatchObject({ stderr: '', status: 0 })
    for (const address of [VIP, `[${VIP6}]`]) {
      const [fromClients, fromServers] = await redirected()
      await download(address)
      await upload(address)
      const [fromClientsNow, fromServersNow] = await redirected()
      expect(fromClientsNow - fromClients).toBeGreaterThan(MANY)
      expect(fromServersNow - fromServers).toBeGreaterThan(MANY)
    }
    for (const device of ['eth0', 'eth1']) expect(await counter('switch', `director-${device}`, 'drops')).toBe(0)
    const { stdout } = await weir('status')
    expect(stdout).not.toContain('WARNING')
    expect(stdout).toContain('Every packet for a service was forwarded')
  })

  it('what arrives without a checksum goes through tcx, whole', async () => {
    for (const host of ['client', 'nginx1']) await set(host, 'eth0', 'tx', 'on')
    const [fromClients, fromServers] = await redirected()
    await download(VIP)
    await upload(VIP)
    const [fromClientsNow, fromServersNow] = await redirected()
    expect(fromClientsNow - fromClients + fromServersNow - fromServers).toBeLessThan(MANY)
    for (const host of ['client', 'nginx1']) await set(host, 'eth0', 'tx', 'off')
  })

  it('a service without servers is refused by ICMP, a port without a service by the host', async () => {
    expect(await world.ipvsadm(['-A', '-t', `${VIP}:81`, '-s', 'rr'])).toMatchObject({ status: 0 })
    const [before] = await redirected()
    // 7: refused. 28 would be the timeout.
    expect(await curl(`http://${VIP}:81/`)).toMatchObject({ status: 7 })
    expect((await redirected())[0]).toBeGreaterThan(before)
    expect(await curl(`http://${VIP}:82/`)).toMatchObject({ status: 7 })
    expect(await world.ipvsadm(['-D', '-t', `${VIP}:81`])).toMatchObject({ status: 0 })
  })

  it('neighbours that are not known are asked for, and nothing is lost meanwhile', async () => {
    for (const address of [VIP, `[${VIP6}]`]) {
      await on('director', 'ip', 'neigh', 'flush', 'all')
      const { stdout } = await curl('-o', '/dev/null', '-w', '%{http_code} %{time_total}', `http://${address}/10`)
      const [code, seconds] = stdout.split(' ').map(Number)
      expect(code).toBe(200)
      // What is lost of a handshake is sent again after a second.
      expect(seconds).toBeLessThan(0.9)
    }
  })

  it('a peer that takes no frames any more is a warning, and weir attach ends the loss', async () => {
    await set('switch', 'director-eth0', 'gro', 'off')
    const { stdout } = await weir('status --json')
    const { warnings } = JSON.parse(stdout) as { warnings: { code: string; message: string }[] }
    expect(warnings).toMatchObject([{ code: 'redirects-lost', message: expect.stringMatching(/^eth0 /) as string }])
    await weir('attach')
    await download(VIP)
  })
})
