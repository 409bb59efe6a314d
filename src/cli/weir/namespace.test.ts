import { existsSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ip, whyNoKernel } from '../../kernel/testing/namespaces.ts'
import { CommandInNamespace } from './testing/command-in-namespace.ts'
import type { Warning } from './warnings.ts'

const reason = whyNoKernel()
const NOTHING_SAID = { status: 0, out: '', err: '' }
const saying = (pattern: RegExp) => expect.stringMatching(pattern) as string

interface StatusJson {
  readonly loaded: boolean
  readonly namespace: string
  readonly loadedAtMs: number
  readonly takenAtMs: number
  readonly connections: object
  readonly memory: { readonly bytes: number; readonly bytesPerConnection: number }
  readonly warnings: readonly Warning[]
}

describe.skipIf(reason !== null)(`weir in a network namespace${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let host: CommandInNamespace
  let cookie = ''
  const status = () => JSON.parse(host.run('weir status --json').out) as StatusJson
  const codes = () => status().warnings.map(({ code }) => code)
  const attached = () => {
    const devices = JSON.parse(host.run('weir devices --json').out) as { name: string; attached: boolean }[]
    return devices.filter((device) => device.attached).map(({ name }) => name)
  }
  const filesOf = () =>
    ['/run/weir', '/run/weir/bpf'].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(cookie)) : [],
    )

  beforeAll(async () => {
    host = await CommandInNamespace.create()
    ip('-n', host.namespace, 'link', 'add', 'front', 'type', 'veth', 'peer', 'name', 'back')
    ip('-n', host.namespace, 'address', 'add', '10.9.0.254/24', 'dev', 'front')
    ip('-n', host.namespace, 'link', 'set', 'front', 'up')
    cookie = status().namespace
  })
  afterAll(() => host.remove())

  it('looks without leaving anything behind', () => {
    expect(status()).toMatchObject({ loaded: false, warnings: [] })
    expect(host.run('weir devices')).toMatchObject({
      status: 0,
      out: saying(/^front +no +no director/m),
    })
    expect(filesOf()).toEqual([])
  })

  it('attaches nothing where no director is loaded', () => {
    expect(host.run('weir attach')).toMatchObject({ status: 1, err: saying(/^weir: no director .*\n$/) })
  })

  it('refuses a user without privileges in one line', () => {
    const ended = host.run('weir status', ['setpriv', '--bounding-set=-all', '--inh-caps=-all'])
    expect(ended).toMatchObject({ status: 1, out: '', err: saying(/^weir: permission denied: .*\n$/) })
  })

  it('loads, attaches every Ethernet device and tells since when', () => {
    const before = Date.now()
    expect(host.run('weir load --connections 1000')).toEqual({ ...NOTHING_SAID, out: 'Attached to back, front.\n' })
    const { loadedAtMs, takenAtMs, connections, memory } = status()
    // The kernel's time stamps of files are a tick old.
    expect(loadedAtMs).toBeGreaterThan(before - 20)
    expect(loadedAtMs).toBeLessThan(takenAtMs)
    expect(connections).toEqual({ inUse: 0, templates: 0, capacity: 1000 })
    expect(memory.bytesPerConnection).toBeGreaterThan(100)
    expect(memory.bytes).toBeGreaterThan(1000 * memory.bytesPerConnection)
    expect(host.run('weir load')).toMatchObject({ status: 1, err: saying(/"weir unload"/) })
  })

  it('changes settings, all or none, and lists them', () => {
    expect(host.run('weir set sloppy_tcp=1 timeout_udp=30')).toEqual(NOTHING_SAID)
    expect(host.run('weir set secure_tcp=3 sloppy_sctp=2')).toMatchObject({
      status: 1,
      err: saying(/2 .* sloppy_sctp/),
    })
    const { out } = host.run('weir set')
    expect(out).toMatch(/^sloppy_tcp +1 +0 /m)
    expect(out).toMatch(/^timeout_udp +30 +300 /m)
    expect(out).toMatch(/^secure_tcp +0 +0 /m)
    expect(host.run('ipvsadm -L --timeout').out).toBe('Timeout (tcp tcpfin udp): 900 120 30\n')
  })

  it('warns of what is wrong with the director and the host, until it is mended', () => {
    // The stand-in's clock begins at 0.
    expect(codes()).toEqual(['clock-stopped'])
    host.run('ipvsadm -A -t 10.9.0.1:80 -s rr')
    expect(codes()).toEqual(['clock-stopped', 'no-usable-server', 'address-unanswered'])
    ip('-n', host.namespace, 'address', 'add', '10.9.0.1/32', 'dev', 'lo')
    ip('-n', host.namespace, 'link', 'set', 'lo', 'up')
    expect(codes()).toEqual(['clock-stopped', 'no-usable-server'])
    host.run('ipvsadm -a -t 10.9.0.1:80 -r 10.9.0.7:80 -m')
    expect(codes()).toEqual(['clock-stopped', 'forwarding-off'])
    host.sysctl('net.ipv4.ip_forward=1')
    expect(codes()).toEqual(['clock-stopped'])
    host.sysctl('net.ipv4.conf.front.forwarding=0')
    expect(codes()).toEqual(['clock-stopped', 'forwarding-off'])
    host.sysctl('net.ipv4.conf.front.forwarding=1')
    host.run('ipvsadm -A -t 192.0.2.1:80 -s rr')
    expect(codes()).toContain('address-elsewhere')
    host.run('ipvsadm -D -t 192.0.2.1:80')
  })

  it('shows services and servers', () => {
    expect(host.run('weir status').out).toMatch(/\ntcp 10\.9\.0\.1:80 +rr .*\n {2}-> 10\.9\.0\.7:80 +masquerading +1 /)
  })

  it('shows services of IPv6 and of marks, and warns of an IPv6 address that is not answered for', () => {
    host.sysctl('net.ipv6.conf.all.forwarding=1')
    ip('-n', host.namespace, 'address', 'add', '2001:db8::fe/64', 'dev', 'front', 'nodad')
    host.run('ipvsadm -A -u [2001:db8::1]:53 -s wlc')
    host.run('ipvsadm -a -u [2001:db8::1]:53 -r [2001:db8::7]:53 -m -x 100')
    host.run('ipvsadm -A -f 7 -6 -s sh')
    const { out } = host.run('weir status')
    expect(out).toMatch(/\nudp \[2001:db8::1\]:53 +wlc .*\n {2}-> \[2001:db8::7\]:53 +masquerading +1 /)
    expect(out).toMatch(/\nfwm 7 IPv6 +sh /)
    expect(codes()).toEqual(['clock-stopped', 'no-usable-server', 'address-unanswered'])
    ip('-n', host.namespace, 'address', 'add', '2001:db8::1/128', 'dev', 'front', 'nodad')
    expect(codes()).toEqual(['clock-stopped', 'no-usable-server'])
    host.sysctl('net.ipv6.conf.all.forwarding=0')
    expect(codes()).toEqual(['clock-stopped', 'forwarding-off', 'no-usable-server'])
    host.run('ipvsadm -D -u [2001:db8::1]:53')
    host.run('ipvsadm -D -f 7 -6')
  })

  it('detaches a device for good, and takes it back', () => {
    expect(host.run('weir detach back')).toEqual(NOTHING_SAID)
    expect(host.run('weir attach').out).toBe('Attached to front.\n')
    expect(attached()).toEqual(['front'])
    expect(host.run('weir attach back').out).toBe('Attached to back, front.\n')
    expect(host.run('weir detach lo')).toMatchObject({ status: 1, err: saying(/loopback/) })
    expect(host.run('weir detach nil')).toMatchObject({ status: 1, err: saying(/"nil"/) })
  })

  it('warns of a device that has appeared, and attaches it', () => {
    ip('-n', host.namespace, 'link', 'add', 'late', 'type', 'veth', 'peer', 'name', 'later')
    expect(codes()).toEqual(['clock-stopped', 'device-not-attached', 'device-not-attached'])
    host.run('weir attach')
    expect(attached()).toEqual(['back', 'front', 'later', 'late'])
    expect(codes()).toEqual(['clock-stopped'])
  })

  it('unloads and leaves nothing behind', () => {
    expect(host.run('weir unload')).toEqual(NOTHING_SAID)
    expect(status().loaded).toBe(false)
    expect(filesOf()).toEqual([])
    expect(host.run('weir unload')).toMatchObject({ status: 0, out: saying(/^No director was loaded/) })
    expect(filesOf()).toEqual([])
  })
})
