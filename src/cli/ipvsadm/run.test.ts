/** What the recordings can't show: how the director is opened, and what this version of Weir refuses. */
import { describe, expect, it } from 'vitest'
import { Terminal } from './testing/terminal.ts'

describe('the director', () => {
  it.each([
    ['', [false]],
    ['-L -n', [false]],
    ['-S', [false]],
    ['-C', [true]],
    ['-L --timeout', [false]],
    ['-L --daemon', [false]],
    ['-h', []],
    ['-A -t bogus', []],
    ['--start-daemon master', []],
  ])('is opened as "%s" needs it, and closed', async (line, opened) => {
    const terminal = new Terminal()
    await terminal.run(line)
    expect(terminal.opened).toEqual(opened)
    expect(terminal.closed).toBe(opened.length)
  })

  it('is opened once for a restore, and closed after a line that it refuses', async () => {
    const terminal = new Terminal()
    expect(await terminal.run('-R', '-A -t 10.9.0.1:80 -s rr\n-L -n\n-D -t 10.9.0.2:80\n')).toMatchObject({
      status: 255,
    })
    expect(terminal.opened).toEqual([true])
    expect(terminal.closed).toBe(1)
  })

  it('that cannot be opened is explained by its error', async () => {
    const fail = () => {
      throw Object.assign(new Error('another command holds the lock'), { code: 'locked' })
    }
    expect(await new Terminal().run('-C', '', fail)).toEqual({
      stdout: '',
      stderr: 'ipvsadm: another command holds the lock\n',
      status: 2,
    })
  })

  it('that fails in an unknown way is a defect, and not hidden', async () => {
    const fail = () => {
      throw new TypeError('x')
    }
    await expect(new Terminal().run('-C', '', fail)).rejects.toThrow(TypeError)
  })
})

describe('a service', () => {
  it.each([
    ['-t vip1.test:http -s rr', 'TCP  10.9.0.1:80 rr'],
    ['-t [vip6.test]:http -s rr', 'TCP  [fd09::1]:80 rr'],
    ['-u vip1.test:domain -s rr -o', 'UDP  10.9.0.1:53 rr ops'],
    ['--sctp-service vip1.test:99 -s twos', 'SCTP 10.9.0.1:99 twos'],
    ['-t [FD09:0:0::1]:80', 'TCP  [fd09::1]:80 wlc'],
    ['-f 1 -6 -s sh -b sh-port,flag-1 -p -M 64 -o', 'FWM  1 IPv6 sh (sh-fallback,sh-port) persistent 360 mask 64 ops'],
    ['-t 10.9.0.1:80 -s rr -p 60 --proxy-protocol v2', 'TCP  10.9.0.1:80 rr persistent 60 ppv2'],
    ['-f 1 -s rr --proxy-protocol v2', 'FWM  1 rr ppv2'],
    ['-t 10.9.0.1:80 -s rr --proxy-protocol disable', 'TCP  10.9.0.1:80 rr'],
    ['-t 10.9.0.1:80 -M 255.0.0.0', 'TCP  10.9.0.1:80 wlc'],
    ['-t 10.9.0.1 -p -M 255.255.255.255', 'TCP  10.9.0.1:0 wlc persistent 360'],
    ['-t [fd09::1]:80 -p -M 128', 'TCP  [fd09::1]:80 wlc persistent 360'],
  ])('of "-A %s" is listed as "%s"', async (options, listed) => {
    const terminal = new Terminal()
    expect(await terminal.run(`-A ${options}`)).toEqual({ stdout: '', stderr: '', status: 0 })
    expect((await terminal.run('-L -n')).stdout.split('\n')[3]).toBe(listed)
  })

  it.each([
    ['-t vip6.test:http', 'illegal virtual server address[:port] specified'],
    ['-t [vip1.test]:http', 'illegal virtual server address[:port] specified'],
    ['-t 10.9.0.1:80 -s sh -b mh-port', "incompatible scheduler flag `mh-port'"],
    ['-t 10.9.0.1:80 -s sh -b sticky', "incompatible scheduler flag `sticky'"],
    ['-t 10.9.0.1:80 --proxy-protocol v1', "illegal proxy-protocol `v1' specified: choose v2 or disable"],
    ['-u 10.9.0.1:80 --proxy-protocol v2', 'PROXY protocol is only for TCP virtual services'],
    ['-t 10.9.0.1:80 -o', 'One-Packet Scheduling is only for UDP virtual services'],
  ])('of "-A %s" is refused with "%s"', async (options, words) => {
    expect(await new Terminal().run(`-A ${options}`)).toEqual({ stdout: '', stderr: `${words}\n`, status: 2 })
  })
})

describe('what this version of Weir does not support is refused by name and changes nothing', () => {
  it.each([
    ['--start-daemon master', '--start-daemon'],
    ['--stop-daemon backup', '--stop-daemon'],
  ])('%s', async (line, named) => {
    const terminal = new Terminal()
    await terminal.run('-R', '-A -t 10.9.0.1:80 -s rr\n-a -t 10.9.0.1:80 -r 10.2.0.1 -m\n')
    const before = await terminal.run('-S -n')
    const outcome = await terminal.run(line)
    expect(outcome).toMatchObject({ stdout: '', status: 2 })
    expect(outcome.stderr).toMatch(/^ipvsadm: this version of Weir does not support: .*\n$/)
    expect(outcome.stderr).toContain(named)
    expect(await terminal.run('-S -n')).toEqual(before)
  })
})
