import { describe, expect, it } from 'vitest'
import { parseMartianDrops, parseMartians, parseReversePathDrops } from './martians.ts'

describe("the kernel's counts of packets that it has dropped for their source", () => {
  it('are found by their names', () => {
    const netstat = 'TcpExt: A IPReversePathFilter B\nTcpExt: 1 42 3\nIpExt: C\nIpExt: 9\n'
    expect(parseReversePathDrops(netstat)).toBe(42)
    expect(parseReversePathDrops('IpExt: C\nIpExt: 9\n')).toBe(0)
  })

  it('are hexadecimal, and a number for each processor, of the whole machine', () => {
    expect(
      parseMartianDrops('entries  in_martian_src out_hit\n0000000c 0000001d 00000000\n0000000c 00000049 00000000\n'),
    ).toBe(0x1d + 0x49)
  })
})

describe("the kernel's log", () => {
  const now = 2_000_000_000
  const record = (secondsAgo: number, text: string) =>
    `4,77,${now - secondsAgo * 1_000_000},-;${text}\n SUBSYSTEM=net\n`

  const text = 'IPv4: martian source 192.0.2.1 from 10.0.0.5, on dev eth0'
  const header = (last: string) => record(9, `ll header: 00000000: 4e 6f 1b f8 9f ${last} ea 96 52 36 28 b2 08 00`)

  it('has martians with destination before source, then the Ethernet header; of equal ones the last counts', () => {
    const between = record(8, 'eth0: renamed from veth1')
    const martian = {
      source: '10.0.0.5',
      destination: '192.0.2.1',
      device: 'eth0',
      mac: '4e:6f:1b:f8:9f:d4',
      secondsAgo: 9,
    }
    const records = [record(30, text), header('d4'), record(9, text), between, header('d4'), header('00')]
    expect(parseMartians(records, now)).toEqual([martian])
    expect(parseMartians([...records, record(3, text), header('d5'), record(1, text)], now)).toEqual([
      martian,
      { ...martian, mac: '4e:6f:1b:f8:9f:d5', secondsAgo: 3 },
    ])
  })

  it('is forgotten after ten minutes', () => {
    expect(parseMartians([record(601, text), header('d4')], now)).toEqual([])
    expect(parseMartians([record(600, text), header('d4')], now)).toHaveLength(1)
  })
})
