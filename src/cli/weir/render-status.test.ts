import { describe, expect, it } from 'vitest'
import { renderStatus, statusJson } from './render-status.ts'
import { PLAIN_SERVICE } from '../../control/model.ts'
import { dest, healthy, service, serviceOf } from './testing/snapshots.ts'

const BRIEF = { all: false }

describe('the status of a healthy director', () => {
  it('is what a person reads from top to bottom', () => {
    expect(renderStatus(healthy(), BRIEF)).toBe(`\
Loaded for 2 h 5 min (since 2026-01-02T03:04:05Z), table layout 1, network namespace 4133

DEVICE  ATTACHED  WHY
lo      no        the loopback device: for the host's own connections
eth0    tcx       attached

SERVICE             BY            WEIGHT  ACTIVE  INACTIVE  CONNS  CONNS/S  PKT/S IN   OUT  BIT/S IN    OUT
tcp 10.9.0.1:80     rr                         6     24.7k  40.0k       30      1600  3200     1.02M  10.2M
  -> 10.1.0.2:8080  masquerading       1       3     12.3k  20.0k       15       800  1600      512k  5.12M
  -> 10.1.0.1:8080  masquerading       1       3     12.3k  20.0k       15       800  1600      512k  5.12M

Connections: 24696 of 262144 in use (9.4 %)
Tables: 63.9 MiB, 220 bytes of it for each connection of the capacity

Every packet for a service was forwarded.
`)
  })

  it('says how to go on where there is no service', () => {
    expect(renderStatus(healthy({ services: [] }), BRIEF)).toContain('\nNo services: "ipvsadm -A" adds one.\n')
  })
})

describe('services of every kind', () => {
  const rows = (...services: ReturnType<typeof serviceOf>[]) =>
    renderStatus(healthy({ services }), BRIEF)
      .split('\n')
      .filter((line) => /^(tcp|udp|sctp|fwm| {2}->) /.test(line))
      .map((line) => line.replace(/ {2,}/g, ' | '))

  it('are named by protocol and address or by mark, with the options that ipvsadm would show', () => {
    const persistence = { timeoutS: 300, mask: 0xffffff00 }
    const found = rows(
      serviceOf({ ...PLAIN_SERVICE, protocol: 'udp', address: '2001:db8::1', port: 53, scheduler: 'rr' }, [
        dest('2001:db8:1::1'),
      ]),
      serviceOf({ ...PLAIN_SERVICE, protocol: 'fwm', mark: 7, family: 4, scheduler: 'wlc', persistence }, []),
      serviceOf({ ...PLAIN_SERVICE, protocol: 'fwm', mark: 7, family: 6, scheduler: 'sh', hashPort: true }, []),
    )
    expect(found[0]).toMatch(/^udp \[2001:db8::1\]:53 \| rr \| /)
    expect(found[1]).toMatch(/^ \| -> \[2001:db8:1::1\]:8080 \| masquerading \| 1 \| 3 \| /)
    expect(found[2]).toMatch(/^fwm 7 \| wlc persistent 300 mask 255\.255\.255\.0 \| /)
    expect(found[3]).toMatch(/^fwm 7 IPv6 \| sh \(sh-port\) \| /)
  })

  it('show which servers take no more connections', () => {
    const full = dest('10.1.0.1', { upperThreshold: 100, active: 60, inactive: 40 })
    const almost = dest('10.1.0.2', { upperThreshold: 100, active: 60, inactive: 39 })
    const found = rows(service('10.9.0.1', [full, almost]))
    expect(found[1]).toContain('10.1.0.1:8080 (full) |')
    expect(found[2]).toContain('10.1.0.2:8080 |')
  })

  it('with persistent clients say how many places their templates take', () => {
    const connections = { inUse: 300, templates: 100, capacity: 1000 }
    expect(renderStatus(healthy({ connections }), BRIEF)).toContain(
      '\nConnections: 300 of 1000 in use (30.0 %), 100 of them by templates of persistent clients\n',
    )
  })
})

describe('what is wrong', () => {
  it('stands right below the first line', () => {
    const services = [service('10.9.0.1', [dest('10.1.0.1', { weight: 0 })])]
    const lines = renderStatus(healthy({ services }), BRIEF).split('\n')
    expect(lines[1]).toBe(
      'WARNING: tcp 10.9.0.1:80 has only servers of weight 0, which take no new connections: give one a weight. Run "ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.1:8080 -m -w 1"',
    )
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}-> 10\.1\.0\.1:8080 \(quiesced\) {2}masquerading +0 /))
  })
})

describe('packets not forwarded', () => {
  const reasons = healthy().director.reasons.map((reason) =>
    reason.name === 'no-dest' ? { ...reason, packets: 12_345 } : reason,
  )

  it('are shown by reason, with what became of them', () => {
    expect(renderStatus(healthy({ reasons }), BRIEF)).toMatch(/\n\nNOT FORWARDED {2}PACKETS {2}OUTCOME +MEANING\n.*\n$/)
    expect(renderStatus(healthy({ reasons }), BRIEF)).toMatch(/no-dest +12\.3k {2}answered by ICMP {2}no usable server/)
  })

  it('are shown for reasons that no packet had only on request', () => {
    expect(renderStatus(healthy({ reasons }), BRIEF)).not.toContain('table-full')
    const all = renderStatus(healthy({ reasons }), { all: true })
    for (const { name } of reasons) expect(all).toContain(`\n${name} `)
  })
})

describe('without a director', () => {
  const snapshot = { ...healthy(), director: null }

  it('the status says how to load one', () => {
    expect(renderStatus(snapshot, BRIEF)).toBe(
      'No director is loaded in this network namespace (4133).\n' +
        '"weir load" loads one; so does the first change with ipvsadm.\n',
    )
  })

  it('the JSON says so and has no warnings', () => {
    expect(JSON.parse(statusJson(snapshot))).toMatchObject({ loaded: false, namespace: '4133', warnings: [] })
  })
})

it('the JSON has every number unrounded, and the warnings with their codes', () => {
  const snapshot = healthy({ clockBehindMs: 5000 })
  const { director, devices, namespace, takenAtMs } = snapshot
  expect(JSON.parse(statusJson(snapshot))).toEqual({
    namespace,
    takenAtMs,
    loaded: true,
    ...director,
    host: { ...director.host, ways: { '10.9.0.1': 'local' } },
    devices,
    warnings: [
      {
        code: 'clock-stopped',
        message: expect.stringContaining('5.0 s behind') as string,
        remedy: ['ipvsadm -S -n >rules', 'weir unload', 'ipvsadm -R <rules'],
      },
    ],
  })
})
