import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ip, whyNoKernel } from '../../kernel/testing/namespaces.ts'
import type { Finding } from '../../real-server/check.ts'
import { compileEncapsulator } from '../../real-server/testing/encapsulator.ts'
import { gre, gue, ipv4, ipv6, udp } from '../../real-server/testing/tunnelled-packet.ts'
import { CommandInNamespace } from './testing/command-in-namespace.ts'

const reason = whyNoKernel()
const SERVER = fileURLToPath(new URL('../../real-server/testing/hashing-server.mjs', import.meta.url))
const DATAGRAMS = fileURLToPath(new URL('../../real-server/testing/datagrams.mjs', import.meta.url))
const [VIP4, VIP6] = ['192.0.2.1', '2001:db8:f::1']
const BOTH = `--vip ${VIP4} --vip ${VIP6}`
const UPLOAD = 20_000_000

function inside(namespace: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', namespace, ...words], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
  return stdout
}

/** Words for `ip` that run a script. */
const inNamespace = (namespace: string, ...words: string[]) => ['netns', 'exec', namespace, process.execPath, ...words]

describe.skipIf(reason !== null)(`a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  /** The server; its device is `eth0`, behind which the director is. */
  let server: CommandInNamespace
  let cookie = ''
  const director = `weirdir-${process.pid}`
  const client = `weircli2-${process.pid}`

  beforeAll(async () => {
    server = await CommandInNamespace.create()
    const name = server.namespace
    cookie = (JSON.parse(server.run('weir status --json').out) as { namespace: string }).namespace
    for (const other of [director, client]) ip('netns', 'add', other)
    for (const each of [name, director, client]) {
      inside(each, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.all.disable_ipv6=0')
      ip('-n', each, 'link', 'set', 'lo', 'up')
    }
    link('eth0', name, '10.2.0.5/24', 'fd02::5/64', 'back', '10.2.0.1/24', 'fd02::1/64')
    link('eth0', client, '10.1.0.9/24', 'fd01::9/64', 'front', '10.1.0.1/24', 'fd01::1/64')
    for (const [each, net] of [
      [name, 2],
      [client, 1],
    ] as const) {
      ip('-n', each, 'route', 'add', 'default', 'via', `10.${net}.0.1`)
      ip('-n', each, '-6', 'route', 'add', 'default', 'via', `fd0${net}::1`)
    }
    // What is dropped in other namespaces is of no interest then.
    inside(name, 'sysctl', '-qw', 'net.ipv4.conf.all.log_martians=1')
    inside(director, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
  })
  afterAll(() => {
    server.remove()
    for (const other of [director, client]) ip('netns', 'del', other)
  })
  afterEach(() => {
    if (filesOf().length > 0) server.run('weir real-server undo')
  })

  function link(
    device: string,
    namespace: string,
    of4: string,
    of6: string,
    peer: string,
    peer4: string,
    peer6: string,
  ): void {
    ip('-n', director, 'link', 'add', peer, 'type', 'veth', 'peer', 'name', device, 'netns', namespace)
    for (const [each, name, address4, address6] of [
      [namespace, device, of4, of6],
      [director, peer, peer4, peer6],
    ] as const) {
      ip('-n', each, 'address', 'add', address4, 'dev', name)
      ip('-n', each, 'address', 'add', address6, 'dev', name, 'nodad')
      ip('-n', each, 'link', 'set', name, 'up')
    }
  }

  /** All that a real server's setup might touch. */
  function state(): string[] {
    const of = (...words: string[]): string => inside(server.namespace, ...words)
    const addresses = of('ip', '-j', 'address').replaceAll(/"(valid|preferred)_life_time":\d+/g, '')
    const settings = of('sysctl', '-a', '--pattern', '^net.ipv[46].conf').replaceAll(
      /.*\.(stable_secret|mc_.*) .*\n/g,
      '',
    )
    return [addresses, of('ip', 'route'), of('ip', '-6', 'route'), settings]
  }
  const filesOf = () =>
    ['/run/weir', '/run/weir/bpf'].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(cookie)) : [],
    )
  const findings = (words: string): string[] => {
    const { out } = server.run(`weir real-server check --json ${words}`.trim())
    return (JSON.parse(out) as { findings: Finding[] }).findings.map(({ code }) => code)
  }

  it.each(['dr', 'tun', 'tun --type gue --port 7000', 'tun --type gre'])(
    'is made for %s, found to be well, and put back exactly as it was',
    (method) => {
      const before = state()
      const [name] = method.split(' ')
      const { out } = server.run(`weir real-server ${method} ${BOTH}`)
      expect(out).toContain(`\nip address add ${VIP4}/32 dev lo\n`)
      expect(state()).toEqual(before)
      expect(server.run(`weir real-server check ${name} ${BOTH}`)).toMatchObject({ status: 1 })

      expect(server.run(`weir real-server ${method} ${BOTH} --apply`)).toMatchObject({ status: 0, err: '' })
      expect(findings(`${method} ${BOTH}`)).toEqual([])
      expect(server.run('weir real-server check')).toMatchObject({
        status: 0,
        out: `Nothing is wrong with a real server for ${name} ${VIP4} ${VIP6}.\n`,
      })
      const after = state()
      const again = server.run(`weir real-server ${method} ${BOTH} --apply`)
      expect(
        again.out
          .split('\n')
          .slice(0, -1)
          .filter((line) => !line.startsWith('was so already: ')),
      ).toEqual([])
      expect(state()).toEqual(after)

      expect(server.run(`weir real-server ${name} --undo`)).toMatchObject({ status: 0, err: '' })
      expect(state()).toEqual(before)
      expect(server.run(`weir real-server ${name} --undo`).out).toBe('Nothing to undo.\n')
      expect(filesOf()).toEqual([])
    },
  )

  it('for NAT gets the director for its gateway, and its own back', () => {
    const before = state()
    expect(findings('nat --gateway 10.2.0.77')).toEqual(['gateway-wrong'])
    server.run('weir real-server nat --gateway 10.2.0.77 --gateway fd02::77 --apply')
    expect(inside(server.namespace, 'ip', 'route', 'show', 'default')).toContain('via 10.2.0.77')
    expect(findings('')).toEqual([])
    server.run('weir real-server nat --undo')
    expect(state()).toEqual(before)
  })

  it('keeps what somebody else has set before and after', () => {
    server.sysctl('net.ipv4.conf.all.arp_announce=2')
    server.run(`weir real-server dr --vip ${VIP4} --apply`)
    server.sysctl('net.ipv4.conf.all.arp_ignore=2')
    const { out } = server.run('weir real-server dr --undo')
    expect(out).toContain('no longer so: net.ipv4.conf.all.arp_ignore = 1\n')
    const settings = inside(
      server.namespace,
      'sysctl',
      '-n',
      'net.ipv4.conf.all.arp_announce',
      'net.ipv4.conf.all.arp_ignore',
    )
    expect(settings).toBe('2\n2\n')
    server.sysctl('net.ipv4.conf.all.arp_announce=0')
    server.sysctl('net.ipv4.conf.all.arp_ignore=0')
  })

  it('is left as it was where a step fails', () => {
    const before = state()
    const failed = server.run(`weir real-server tun --vip ${VIP4} --device lo --apply`)
    expect(failed).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(/"lo" is no Ethernet device.* taken back/) as string,
    })
    expect(state()).toEqual(before)
    expect(filesOf()).toEqual([])
  })

  it.each([
    ['127.0.0.1', '', 2, /127\.0\.0\.0\/8 is every host to itself: name/],
    ['::ffff:192.0.2.1', '', 2, /is IPv4, written as IPv6: write 192\.0\.2\.1\n$/],
    ['10.2.0.5', '', 1, /on eth0, which answers for it: .* "ip address del 10\.2\.0\.5\/24 dev eth0" first/],
    [VIP4, `${VIP4}/24`, 1, /"ip address del 192\.0\.2\.1\/24 dev lo" first/],
    [VIP6, `${VIP6}/64`, 1, /"ip address del 2001:db8:f::1\/64 dev lo" first/],
  ])('is left as it was where %s, with "%s" on lo, can not be its virtual address', (vip, onLoopback, status, said) => {
    if (onLoopback !== '') ip('-n', server.namespace, 'address', 'add', onLoopback, 'dev', 'lo')
    const before = state()
    for (const method of ['dr', 'tun'])
      expect(server.run(`weir real-server ${method} --vip ${vip} --apply`)).toEqual({
        status,
        out: '',
        err: expect.stringMatching(said) as string,
      })
    expect(state()).toEqual(before)
    expect(filesOf()).toEqual([])
    if (onLoopback !== '') ip('-n', server.namespace, 'address', 'del', onLoopback, 'dev', 'lo')
  })

  it('says what ip says, with one full stop', () => {
    const { err } = server.run('weir real-server nat --gateway 10.99.0.1 --apply')
    expect(err).toMatch(/": Error: Nexthop has invalid gateway\. All that was done before has been taken back\n$/)
  })

  it('refuses a user without privileges in one line', () => {
    chmodSync(server.folder, 0o755)
    const nobody = ['setpriv', '--reuid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all']
    for (const words of [`dr --vip ${VIP4} --apply`, 'undo', 'check']) {
      const ended = server.run(`weir real-server ${words}`, nobody)
      expect(ended).toEqual({ status: 1, out: '', err: 'weir: permission denied. Run as root\n' })
    }
  })

  it('takes a second address, and gives up both or none', () => {
    const before = state()
    server.run(`weir real-server tun --vip ${VIP4} --apply`)
    server.run(`weir real-server tun --vip ${VIP6} --apply`)
    expect(findings('')).toEqual([])
    expect(server.run(`weir real-server tun --vip ${VIP4} --undo`)).toMatchObject({ status: 1 })
    expect(server.run(`weir real-server dr --undo`)).toMatchObject({ status: 1 })
    expect(server.run(`weir real-server dr --vip ${VIP4} --apply`)).toMatchObject({ status: 1 })
    expect(findings('')).toEqual([])
    expect(server.run(`weir real-server tun ${BOTH} --undo`)).toMatchObject({ status: 0 })
    expect(state()).toEqual(before)
  })

  it.each([VIP4, VIP6])('does not answer for %s to its neighbours', (vip) => {
    server.run(`weir real-server dr --vip ${vip} --apply`)
    const family = vip === VIP4 ? '-4' : '-6'
    ip('-n', director, family, 'route', 'add', vip, 'dev', 'back')
    const { status } = spawnSync('ip', [
      'netns',
      'exec',
      director,
      'curl',
      '-gs',
      '--connect-timeout',
      '1',
      `http://[${vip}]/`.replace(/\[([\d.]+)\]/, '$1'),
    ])
    const neighbours = inside(director, 'ip', family, 'neigh', 'show', vip)
    ip('-n', director, family, 'route', 'del', vip, 'dev', 'back')
    expect(status).not.toBe(0)
    expect(neighbours).toMatch(/INCOMPLETE|FAILED/)
  })

  /** A request to the virtual address, which goes to the server without a director's help; false where there is no answer. */
  function asks(namespace: string, ...options: string[]): boolean {
    ip('-n', director, 'route', 'replace', VIP4, 'via', '10.2.0.5')
    const words = ['curl', '-qs', '--noproxy', '*', '--max-time', '1', ...options, `http://${VIP4}:1/`]
    // The port is closed: the answer is a refusal.
    const { status } = spawnSync('ip', ['netns', 'exec', namespace, ...words])
    ip('-n', director, 'route', 'del', VIP4)
    return status === 7
  }

  it('finds clients whose packets are dropped for their source, and each is answered once it is mended', () => {
    const other = '192.0.2.2'
    server.run(`weir real-server dr --vip ${VIP4} --vip ${other} --apply`)
    expect(asks(client)).toBe(true)

    ip('-n', director, 'address', 'add', `${other}/32`, 'dev', 'lo')
    expect(findings('')).toEqual([])
    expect(asks(director, '--interface', other)).toBe(false)
    expect(findings('')).toEqual(['own-source'])
    ip('-n', director, 'address', 'del', `${other}/32`, 'dev', 'lo')
    expect(asks(director)).toBe(true)

    // The way back to the client is another than most replies'.
    ip('-n', server.namespace, 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth1p')
    for (const name of ['eth1', 'eth1p']) ip('-n', server.namespace, 'link', 'set', name, 'up')
    ip('-n', server.namespace, 'address', 'add', '10.1.0.5/24', 'dev', 'eth1')
    server.sysctl('net.ipv4.conf.eth0.rp_filter=1')
    expect(asks(client)).toBe(false)
    expect(findings('')).toEqual(['reverse-path', 'own-source'])
    ip('-n', server.namespace, 'link', 'del', 'eth1')
    expect(asks(client)).toBe(true)

    ip('-n', server.namespace, 'route', 'del', 'default')
    expect(asks(client)).toBe(false)
    expect(findings('')).toEqual(['gateway-missing', 'own-source'])
    ip('-n', server.namespace, 'route', 'add', 'default', 'via', '10.2.0.1')
    server.sysctl('net.ipv4.conf.eth0.rp_filter=0')
  })

  it('is told how martians are to be seen where the kernel does not log them', () => {
    server.run(`weir real-server dr --vip ${VIP4} --apply`)
    server.sysctl('net.ipv4.conf.all.log_martians=0')
    ip('-n', director, 'address', 'add', '192.0.2.3/32', 'dev', 'lo')
    ip('-n', server.namespace, 'address', 'add', '192.0.2.3/32', 'dev', 'lo')
    expect(asks(director, '--interface', '192.0.2.3')).toBe(false)
    ip('-n', director, 'address', 'del', '192.0.2.3/32', 'dev', 'lo')
    ip('-n', server.namespace, 'address', 'del', '192.0.2.3/32', 'dev', 'lo')
    const { status, out } = server.run('weir real-server check')
    server.sysctl('net.ipv4.conf.all.log_martians=1')
    expect(status).toBe(0)
    expect(out).toMatch(
      /^Nothing is wrong .*\n\nThe kernel has dropped \d+ packets? as martians.*\n {4}sysctl -w .*log_martians=1\n/,
    )
  })

  describe('at the end of a tunnel', () => {
    const upload = () => join(server.folder, 'upload')
    const data = randomBytes(UPLOAD)
    let hasher: ChildProcess

    beforeAll(async () => {
      writeFileSync(upload(), data)
      hasher = spawn('ip', inNamespace(server.namespace, SERVER), {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise((resolve, reject) => {
        hasher.stdout?.once('data', resolve)
        hasher.once('exit', reject)
      })
    })
    afterAll(() => void hasher.kill())

    const outside4 = (protocol: number, payload: number[] = []) => ipv4(protocol, '0a020001', '0a020005', payload)
    const outside6 = (protocol: number, payload: number[] = []) =>
      ipv6(protocol, `fd02${'0'.repeat(27)}1`, `fd02${'0'.repeat(27)}5`, payload)

    const tunnels = [
      ['IPv4 in IPv4', VIP4, 'ipip', outside4(4), undefined],
      ['IPv6 in IPv4', VIP6, 'ipip', outside4(41), undefined],
      ['IPv4 in IPv6', VIP4, 'ipip', outside6(4), undefined],
      ['IPv6 in IPv6', VIP6, 'ipip', outside6(41), undefined],
      ['IPv4 in GUE over IPv4', VIP4, 'gue', outside4(17, udp(6080, gue(4, []))), 'UDP'],
      ['IPv6 in GUE over IPv6', VIP6, 'gue', outside6(17, udp(6080, gue(41, []))), 'UDP'],
      ['IPv4 in GRE over IPv4', VIP4, 'gre', outside4(47, gre(0x0800, [])), 'GRE'],
      ['IPv6 in GRE over IPv4', VIP6, 'gre', outside4(47, gre(0x86dd, [])), 'GRE'],
    ] as const

    it.each(tunnels)('receives 20 MB through %s, in super-packets, and answers', (_, vip, type, outer, layer4) => {
      server.run(`weir real-server tun --vip ${vip} --type ${type} --apply`)
      encapsulate(vip, outer, layer4)
      const url = vip === VIP4 ? `http://${vip}/` : `http://[${vip}]/`
      const before = received()
      const answer = inside(
        client,
        'curl',
        '-qgsS',
        '--noproxy',
        '*',
        '--max-time',
        '10',
        '-T',
        upload(),
        '-X',
        'POST',
        url,
      )
      expect(answer).toBe(createHash('sha256').update(data).digest('hex'))
      const after = received()
      expect((after.bytes - before.bytes) / (after.packets - before.packets)).toBeGreaterThan(2 * 1500)
    })

    it.each(tunnels)(
      'gives a socket one by one what came as one super-packet of datagrams through %s',
      async (...tunnel) => {
        const [, vip, type, outer, layer4] = tunnel
        server.run(`weir real-server tun --vip ${vip} --type ${type} --apply`)
        encapsulate(vip, outer, layer4)
        const count = 40
        const receiver = spawn('ip', inNamespace(server.namespace, DATAGRAMS, 'receive', String(count)), {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const lines = createInterface(receiver.stdout)[Symbol.asyncIterator]()
        const line = async (): Promise<string> => String((await lines.next()).value)
        const deadline = setTimeout(() => receiver.kill(), 4000)
        try {
          expect(await line()).toBe('ready')
          const before = received()
          inside(client, process.execPath, DATAGRAMS, 'send', hexOf(vip), String(count), '1000')
          const contents = Array.from({ length: count }, (_, index) => Buffer.alloc(1000, index).toString('hex'))
          expect(await line()).toBe(JSON.stringify(contents))
          // The super-packet, and whatever else a network says.
          expect(received().packets - before.packets).toBeLessThan(count / 2)
        } finally {
          clearTimeout(deadline)
          receiver.kill()
        }
      },
    )

    /** What has come in on the server's device. */
    function received(): { packets: number; bytes: number } {
      const json = inside(server.namespace, 'ip', '-j', '-s', 'link', 'show', 'eth0')
      const [device] = JSON.parse(json) as { stats64: { rx: { packets: number; bytes: number } } }[]
      return device?.stats64.rx ?? { packets: 0, bytes: 0 }
    }

    function hexOf(vip: string): string {
      return vip === VIP4 ? 'c0000201' : '20010db8000f00000000000000000001'
    }

    function encapsulate(vip: string, outer: readonly number[], layer4: 'UDP' | 'GRE' | undefined): void {
      const file = join(server.folder, 'encapsulate.bpf.o')
      const [{ ifindex = 0 } = {}] = JSON.parse(inside(director, 'ip', '-j', 'link', 'show', 'back')) as {
        ifindex?: number
      }[]
      compileEncapsulator(file, { vip: hexOf(vip), outer, ifindex, ...(layer4 === undefined ? {} : { layer4 }) })
      inside(director, 'tc', 'qdisc', 'replace', 'dev', 'front', 'clsact')
      inside(
        director,
        'tc',
        'filter',
        'replace',
        'dev',
        'front',
        'ingress',
        'pref',
        '1',
        'handle',
        '1',
        'bpf',
        'da',
        'obj',
        file,
        'sec',
        'tc',
      )
    }
  })
})
