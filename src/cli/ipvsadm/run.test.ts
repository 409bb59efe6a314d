/** What the recordings can't show: how the director is opened, and what this version of Weir refuses. */
import { describe, expect, it } from 'vitest'
import { run, type IpvsadmIo, type Outcome } from './run.ts'
import { RECORDED_NAMES, RecordedDirector } from './testing/recorded-director.ts'

class Terminal {
  readonly opened: boolean[] = []
  closed = 0
  private readonly machine = new RecordedDirector()

  run(line: string, stdin = '', failure?: Error): Promise<Outcome> {
    const io: IpvsadmIo = {
      names: RECORDED_NAMES,
      stdin: () => stdin,
      openDirector: (options) => {
        if (failure !== undefined) throw failure
        this.opened.push(options.write)
        return Object.assign(this.machine.open(options), { close: () => this.closed++ })
      },
    }
    return run(
      line.split(' ').filter((word) => word !== ''),
      io,
    )
  }
}

describe('the director', () => {
  it.each([
    ['', [false]],
    ['-L -n', [false]],
    ['-S', [false]],
    ['-C', [true]],
    ['-L --timeout', []],
    ['-h', []],
    ['-A -t bogus', []],
    ['-A -t 10.9.0.1:80 -s wlc', []],
  ])('is opened as "%s" needs it, and closed', async (line, opened) => {
    const terminal = new Terminal()
    await terminal.run(line)
    expect(terminal.opened).toEqual(opened)
    expect(terminal.closed).toBe(opened.length)
  })

  it('is opened once for a restore, and closed after a wrong line', async () => {
    const terminal = new Terminal()
    const lines = '-A -t 10.9.0.1:80 -s rr\n-L -n\n-A -t bogus\n-C\n'
    expect(await terminal.run('-R', lines)).toMatchObject({ status: 2 })
    expect(terminal.opened).toEqual([true])
    expect(terminal.closed).toBe(1)
    expect((await terminal.run('-S -n')).stdout).toBe('-A -t 10.9.0.1:80 -s rr\n')
  })

  it('that cannot be opened is explained by its error', async () => {
    const failure = Object.assign(new Error('another command holds the lock'), { code: 'locked' })
    expect(await new Terminal().run('-C', '', failure)).toEqual({
      stdout: '',
      stderr: 'ipvsadm: another command holds the lock\n',
      status: 2,
    })
  })

  it('that fails in an unknown way is a defect, and not hidden', async () => {
    await expect(new Terminal().run('-C', '', new TypeError('x'))).rejects.toThrow(TypeError)
  })
})

describe('saved rules', () => {
  it('restore to the same rules', async () => {
    const terminal = new Terminal()
    const rules = '-A -t vip1.test:http -s rr\n-a -t vip1.test:http -r rs1.test:http-alt -m -w 3\n'
    expect(await terminal.run('-R', rules)).toEqual({ stdout: '', stderr: '', status: 0 })
    expect(await terminal.run('-S')).toEqual({ stdout: rules, stderr: '', status: 0 })
  })
})

describe('what this version of Weir does not support is refused by name and changes nothing', () => {
  it.each([
    ['--set 1 2 3', '--set'],
    ['--start-daemon master', '--start-daemon'],
    ['--stop-daemon backup', '--stop-daemon'],
    ['-A -u 10.9.0.1:53 -s rr', '-u'],
    ['-A --sctp-service 10.9.0.1:99 -s rr', '--sctp-service'],
    ['-A -f 1 -s rr', '-f'],
    ['-A -t [fd09::1]:80 -s rr', 'fd09::1'],
    ['-a -t 10.9.0.1:80 -r [fd02::1]:80 -i', 'fd02::1'],
    ['-A -t 10.9.0.1:80 -s rr -p 60', '-p'],
    ['-A -t 10.9.0.1:80 -s rr -M 255.255.255.0', '-M'],
    ['-A -t 10.9.0.1:80 -s rr --pe sip', '--pe'],
    ['-A -u 10.9.0.1:53 -s rr -o', '-u'],
    ['-A -t 10.9.0.1:80 -s rr -b flag-1', '-b'],
    ['-D -t 10.9.0.1', 'port 0'],
    ['-A -t 10.9.0.1:80', 'wlc'],
    ['-E -t 10.9.0.1:80 -s mh', 'mh'],
    ['-a -t 10.9.0.1:80 -r 10.2.0.2 -i', '-i'],
    ['-a -t 10.9.0.1:80 -r 10.2.0.2', '-g'],
    ['-e -t 10.9.0.1:80 -r 10.2.0.1 -g', '-g'],
    ['-a -t 10.9.0.1:80 -r 10.2.0.2:0 -m', 'port 0'],
    ['-a -t 10.9.0.1:80 -r 10.2.0.2 -m -x 5', '-x'],
    ['-e -t 10.9.0.1:80 -r 10.2.0.1 -m -y 5', '-y'],
    ['-L --tun-info', '--tun-info'],
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
