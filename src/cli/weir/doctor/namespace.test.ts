import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ip, whyNoKernel } from '../../../kernel/testing/namespaces.ts'
import { CommandInNamespace } from '../testing/command-in-namespace.ts'
import type { Diagnosis } from './diagnose.ts'

const reason = whyNoKernel()
const SERVER = '10.1.0.1'
const VIP = '10.9.0.1'
const LIMIT_MS = 30_000

/** What the stand-in for the engine is found to do, which has no clock and counts all packets as malformed. */
const OF_THE_STAND_IN: readonly string[] = ['clock-stopped', 'packets-refused']

/** A director with a server in a namespace beside it, joined by a veth pair.  */
describe.skipIf(reason !== null)(
  `weir doctor in a network namespace${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let host: CommandInNamespace
    const servers = `weirdoc-${process.pid}`
    const here = (words: string) => ip('-n', host.namespace, ...words.split(' '))
    const there = (words: string) => ip('-n', servers, ...words.split(' '))

    function findings(): Diagnosis[] {
      const { out } = host.run('weir doctor --json')
      return (JSON.parse(out) as { findings: Diagnosis[] }).findings.filter(
        ({ code }) => !OF_THE_STAND_IN.includes(code),
      )
    }

    /** Types what a finding says, where it says. */
    function mend({ remedy, on }: Diagnosis): void {
      for (const line of remedy) {
        if (/^(weir|ipvsadm) /.test(line)) expect(host.run(line)).toMatchObject({ status: 0, err: '' })
        else {
          const place = on === 'server' ? servers : host.namespace
          const ended = spawnSync('ip', ['netns', 'exec', place, 'sh', '-c', line], { encoding: 'utf8' })
          expect({ line, status: ended.status, err: ended.stderr }).toEqual({ line, status: 0, err: '' })
        }
      }
    }

    /** Something is wrong that has this code alone, and nothing after its remedy. */
    function findAndMend(code: string): Diagnosis {
      const found = findings()
      expect(found.map((finding) => finding.code)).toEqual([code])
      const [finding] = found
      if (finding === undefined) throw new Error('nothing was found')
      mend(finding)
      expect(findings()).toEqual([])
      return finding
    }

    beforeAll(async () => {
      host = await CommandInNamespace.create()
      ip('netns', 'add', servers)
      here(`link add name back type veth peer name eth0 netns ${servers}`)
      there('link set dev lo up')
      there('link set dev eth0 up')
      there(`address add ${SERVER}/24 dev eth0`)
      here('link set dev lo up')
      here('link set dev back up')
      here('address add 10.1.0.254/24 dev back')
      here(`address add ${VIP}/24 dev back`)
      host.sysctl('net.ipv4.ip_forward=1')
    }, LIMIT_MS)
    afterAll(() => {
      ip('netns', 'del', servers)
      host.remove()
    })

    it('says what to do where no director is loaded, and ends with 1', () => {
      const [finding] = findings()
      expect(finding).toMatchObject({ code: 'not-loaded' })
      expect(host.run('weir doctor')).toMatchObject({ status: 1 })
      if (finding !== undefined) mend(finding)
      host.run(`ipvsadm -A -t ${VIP}:80 -s rr`)
      host.run(`ipvsadm -a -t ${VIP}:80 -r ${SERVER}:80 -m`)
      expect(findings()).toEqual([])
    })

    it('refuses a wrong command line with 2', () => {
      expect(host.run('weir doctor --jsn')).toMatchObject({ status: 2, out: '' })
    })

    it(
      'mends forwarding that was switched off, a detached device and one that is down',
      () => {
        host.sysctl('net.ipv4.ip_forward=0')
        findAndMend('forwarding-off')
        // The stand-in for a second device, so that there is one left.
        here('link add name spare type veth peer name sparer')
        host.run('weir detach back')
        findAndMend('entry-detached')
        here('link set dev back down')
        const down = findings()
        expect(down.map(({ code }) => code)).toEqual(['address-device-down', 'no-route-to-server'])
        if (down[0] !== undefined) mend(down[0])
        expect(findings()).toEqual([])
      },
      LIMIT_MS,
    )

    it(
      'mends a route that refuses a server, of IPv4 and of IPv6',
      () => {
        here(`route add blackhole ${SERVER}/32`)
        findAndMend('route-refuses-server')
        here('address add 2001:db8:1::fe/64 dev back nodad')
        there('address add 2001:db8:1::1/64 dev eth0 nodad')
        here('address add 2001:db8::1/128 dev back nodad')
        host.sysctl('net.ipv6.conf.all.forwarding=1')
        host.run('ipvsadm -A -t [2001:db8::1]:80 -s rr')
        host.run('ipvsadm -a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -m')
        here('-6 route add unreachable 2001:db8:1::1/128')
        findAndMend('route-refuses-server')
        host.run('ipvsadm -D -t [2001:db8::1]:80')
      },
      LIMIT_MS,
    )

    it(
      'asks for a server that nobody has been, and says how to do without it',
      () => {
        host.run(`ipvsadm -a -t ${VIP}:80 -r 10.1.0.77:80 -m`)
        expect(findAndMend('server-unresolved').message).toContain('10.1.0.77:80')
        host.run(`ipvsadm -d -t ${VIP}:80 -r 10.1.0.77:80`)
      },
      LIMIT_MS,
    )

    it(
      'notices at once that a server is gone, which the host has just heard of',
      () => {
        expect(findings()).toEqual([])
        there(`address delete ${SERVER}/24 dev eth0`)
        expect(findings().map(({ code }) => code)).toEqual(['server-unresolved'])
        there(`address add ${SERVER}/24 dev eth0`)
        expect(findings()).toEqual([])
      },
      LIMIT_MS,
    )

    it(
      'hears a server that answers ARP for the virtual address, and how to quieten it',
      () => {
        there(`address add ${VIP}/32 dev lo`)
        expect(findAndMend('address-answered-elsewhere').on).toBe('server')
      },
      LIMIT_MS,
    )

    it(
      'tells of an IPv6 address that another machine had first, and how to have it once that is gone',
      async () => {
        const address = '2001:db8:9::1/128'
        there(`address add ${address} dev eth0 nodad`)
        here(`address add ${address} dev back`)
        host.run('ipvsadm -A -t [2001:db8:9::1]:80 -s rr')
        host.run('ipvsadm -a -t [2001:db8:9::1]:80 -r [2001:db8:1::1]:80 -m')
        // Duplicate address detection takes a second or two.
        const codes = () => findings().map(({ code }) => code)
        await vi.waitFor(() => expect(codes()).toEqual(['address-answered-elsewhere']), LIMIT_MS / 2)
        there(`address delete ${address} dev eth0`)
        findAndMend('address-answered-elsewhere')
        host.run('ipvsadm -D -t [2001:db8:9::1]:80')
      },
      LIMIT_MS,
    )

    it(
      'mends what direct routing and tunnelling need: the forwarding of lo, room for the outer header, a server on link',
      () => {
        host.run(`ipvsadm -e -t ${VIP}:80 -r ${SERVER}:80 -g`)
        // Which the host has no need of any more, and which takes that of lo with it.
        host.sysctl('net.ipv4.ip_forward=0')
        findAndMend('loopback-forwarding-off')
        host.run(`ipvsadm -e -t ${VIP}:80 -r ${SERVER}:80 -i`)
        expect(findAndMend('mtu-too-small').severity).toBe('hint')
        here(`route add 10.3.0.0/24 via ${SERVER}`)
        host.run(`ipvsadm -a -t ${VIP}:80 -r 10.3.0.1:80 -g`)
        findAndMend('server-behind-router')
        expect(host.run('ipvsadm -Ln').out).toMatch(/10\.3\.0\.1:80 +Tunnel +1 /)
      },
      LIMIT_MS,
    )

    it(
      'tells that a server has become the director itself, and is another machine again',
      () => {
        host.run('ipvsadm -C')
        host.run(`ipvsadm -A -t ${VIP}:80 -s rr`)
        host.run(`ipvsadm -a -t ${VIP}:80 -r ${SERVER}:80 -g`)
        here(`address add ${SERVER}/32 dev lo`)
        findAndMend('server-moved')
        here(`address delete ${SERVER}/32 dev lo`)
        findAndMend('server-moved')
      },
      LIMIT_MS,
    )

    it(
      "mends what FullNAT needs: a local address, which is the host's, and ports that are no others'",
      () => {
        host.run('ipvsadm -C')
        host.run(`ipvsadm -A -t ${VIP}:80 -s rr`)
        host.run(`ipvsadm -a -t ${VIP}:80 -r ${SERVER}:80 --fullnat`)
        host.sysctl('net.ipv4.conf.lo.forwarding=0')
        // Which is made good by the command that mends the other.
        expect(findings().map(({ code }) => code)).toEqual(['loopback-forwarding-off', 'no-local-address'])
        host.run(`ipvsadm -P -t ${VIP}:80 -z 10.1.0.200`)
        findAndMend('local-address-missing')
        host.sysctl('net.ipv4.ip_local_port_range=20000 60999')
        findAndMend('local-ports-shared')
      },
      LIMIT_MS,
    )

    it('changes nothing', () => {
      const listing = host.run('ipvsadm -S -n')
      expect(host.run('weir doctor')).toMatchObject({ err: '' })
      expect(host.run('ipvsadm -S -n')).toEqual(listing)
    })
  },
)
