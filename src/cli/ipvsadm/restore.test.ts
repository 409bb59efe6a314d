/** Restores: whole or not at all, what a wrong line is told of, that saved rules are all that there was, and how long it takes. */
import { describe, expect, it } from 'vitest'
import { ControlError, type DirectorControl } from '../../control/model.ts'
import { Random } from '../../simulator/random.ts'
import { randomServices } from './testing/random-services.ts'
import { Terminal } from './testing/terminal.ts'

const RULES = `-A -t 10.9.0.1:80 -s wrr -p 60
-a -t 10.9.0.1:80 -r 10.2.0.1:80 -m -w 3 -x 9 -y 5
-a -t 10.9.0.1:80 -r 10.2.0.2:80 -m -w 1
-A -f 7 -6 -s rr
`

async function started(): Promise<Terminal> {
  const terminal = new Terminal()
  expect(await terminal.run('-R', RULES)).toEqual({ stdout: '', stderr: '', status: 0 })
  return terminal
}

describe('a wrong line', () => {
  it.each([
    ['-A -t bogus -s rr', 2, 'illegal virtual server address[:port] specified'],
    ['--bogus', 255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information."],
    ['-L --bogus', 255, '--bogus: unknown option'],
    ['-R', 255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information."],
    ['-A -t 10.9.0.2:80 -s rr', 255, 'Service already exists'],
    ['-A -t 10.9.0.4:80 -s nosuch', 255, 'Scheduler or persistence engine not found'],
    ['-D -u 10.9.0.1:80', 255, 'No such service'],
    ['-a -t 10.9.0.3:80 -r 10.2.0.1 -m', 255, 'Service not defined'],
    ['-a -t 10.9.0.2:80 -r 10.2.0.1 -m -y 1', 255, 'Numerical result out of range'],
    ['-a -t 10.9.0.2:80 -r 10.2.0.9 -m', 255, 'Destination already exists'],
    ['-d -t 10.9.0.1:80 -r 10.2.0.1:80', 255, 'No such destination'],
    ['-Z -t 10.9.0.3:80', 255, 'No such service'],
    ['-L -t 10.9.0.3:80', 1, 'No such service'],
    ['--start-daemon master', 2, /^ipvsadm: this version of Weir does not support: synchronisation/],
  ])('"%s" is told with its number, and nothing changes', async (wrong, status, words) => {
    const terminal = await started()
    const before = await terminal.run('-S -n')
    const script = `--set 1 2 3
-A -t 10.9.0.2:80 -s rr
-a -t 10.9.0.2:80 -r 10.2.0.9 -m

-d -t 10.9.0.1:80 -r 10.2.0.1:80
-E -t 10.9.0.1:80 -s rr
-D -f 7 -6
-S
${wrong}
-C
`
    const outcome = await terminal.run('-R', script)
    const [said, where, ...rest] = outcome.stderr.split('\n')
    expect(outcome).toMatchObject({ stdout: '', status })
    expect(said).toEqual(typeof words === 'string' ? words : expect.stringMatching(words))
    expect(where).toBe(`ipvsadm: nothing was restored: line 9 is wrong: ${wrong}`)
    expect(rest).toEqual([''])
    expect(await terminal.run('-S -n')).toEqual(before)
    expect((await terminal.run('-L --timeout')).stdout).toBe('Timeout (tcp tcpfin udp): 900 120 300\n')
  })

  it('opens no director where that is seen without one', async () => {
    const terminal = new Terminal()
    await terminal.run('-R', '-C\n-A -t bogus\n')
    expect(terminal.opened).toEqual([])
  })

  it('in the middle of 10,000 changes nothing', async () => {
    const terminal = await started()
    const before = await terminal.run('-S -n')
    const lines = manyRules(1000, 9)
    lines[4999] = '-a -t 10.99.0.1:80 -r 10.2.0.1:80 -m'
    const outcome = await terminal.run('-R', lines.join('\n'))
    expect(outcome).toEqual({
      stdout: '',
      stderr: `Service not defined\nipvsadm: nothing was restored: line 5000 is wrong: ${lines[4999]}\n`,
      status: 255,
    })
    expect(await terminal.run('-S -n')).toEqual(before)
  })
})

describe('a director that fails where no copy could foresee it', () => {
  const script = `--set 1 2 3
-d -t 10.9.0.1:80 -r 10.2.0.1:80
-e -t 10.9.0.1:80 -r 10.2.0.2:80 -m -w 7
-E -t 10.9.0.1:80 -s rr
-D -f 7 -6
-S -n
-A -t 10.9.0.2:80 -s rr
-a -t 10.9.0.2:80 -r 10.2.0.9 -m
`
  /** Fails once, on the last line. */
  function failing(error: Error): (director: DirectorControl) => void {
    return (director) => {
      const addDest = director.addDest.bind(director)
      director.addDest = (id, dest) => {
        if (dest.address === '10.2.0.9') throw error
        addDest(id, dest)
      }
    }
  }

  it('has again what there was before', async () => {
    const terminal = await started()
    const before = await terminal.run('-S -n')
    const outcome = await terminal.run('-R', script, failing(new ControlError('table-full', 'full')))
    expect(outcome).toEqual({
      stdout: '',
      stderr:
        'Memory allocation problem\nipvsadm: nothing was restored: line 8 is wrong: -a -t 10.9.0.2:80 -r 10.2.0.9 -m\n',
      status: 255,
    })
    expect(await terminal.run('-S -n')).toEqual(before)
    expect((await terminal.run('-L --timeout')).stdout).toBe('Timeout (tcp tcpfin udp): 900 120 300\n')
  })

  it('for want of room for all schedulers has it too', async () => {
    const terminal = await started()
    const before = await terminal.run('-S -n')
    const lines = manyRules(300, 1).map((line) => line.replace('-s rr', '-s mh'))
    const outcome = await terminal.run('-R', ['-E -t 10.9.0.1:80 -s sh', ...lines].join('\n'))
    expect(outcome).toMatchObject({ stdout: '', status: 255 })
    expect(outcome.stderr).toMatch(
      /^Memory allocation problem\nipvsadm: nothing was restored: the .* remove services first\n$/,
    )
    expect(await terminal.run('-S -n')).toEqual(before)
  })

  it('is not hidden', async () => {
    const terminal = await started()
    const before = await terminal.run('-S -n')
    await expect(terminal.run('-R', script, failing(new TypeError('x')))).rejects.toThrow(TypeError)
    expect(await terminal.run('-S -n')).toEqual(before)
  })
})

describe('a script', () => {
  it('shows at a listing what the lines before it made', async () => {
    const outcome = await new Terminal().run(
      '-R',
      '-A -t 10.9.0.1:80 -s rr\n-S -n\n-A -u 10.9.0.1:53 -s rr\n-L --timeout\n-S -n\n',
    )
    expect(outcome).toEqual({
      stdout:
        '-A -t 10.9.0.1:80 -s rr\nTimeout (tcp tcpfin udp): 900 120 300\n-A -t 10.9.0.1:80 -s rr\n-A -u 10.9.0.1:53 -s rr\n',
      stderr: '',
      status: 0,
    })
  })

  it('ends with the help, and what comes before it is made', async () => {
    const terminal = new Terminal()
    expect(await terminal.run('-R', '-A -t 10.9.0.1:80 -s rr\n-v\n-A -t bogus\n')).toMatchObject({
      stderr: '',
      status: 0,
    })
    expect((await terminal.run('-S -n')).stdout).toBe('-A -t 10.9.0.1:80 -s rr\n')
  })

  it('of no lines opens no director', async () => {
    const terminal = new Terminal()
    expect(await terminal.run('-R', '\n  \n')).toEqual({ stdout: '', stderr: '', status: 0 })
    expect(terminal.opened).toEqual([])
  })
})

/** Services, each followed by its servers. */
function manyRules(services: number, servers: number): string[] {
  return Array.from({ length: services }, (_, s) => {
    const name = `10.10.${Math.floor(s / 250)}.${1 + (s % 250)}:80`
    const rules = Array.from(
      { length: servers },
      (_, r) =>
        `-a -t ${name} -r 10.${2 + Math.floor(r / 62500)}.${Math.floor(r / 250) % 250}.${1 + (r % 250)}:80 -m -w 1`,
    )
    return [`-A -t ${name} -s rr`, ...rules]
  }).flat()
}

describe('10,000 lines are restored in seconds', () => {
  it.each([
    [1000, 9],
    [5000, 1],
    [10, 999],
  ])(
    'as %i services of %i servers',
    async (services, servers) => {
      const terminal = new Terminal()
      const script = `${manyRules(services, servers).join('\n')}\n`
      const start = performance.now()
      const outcome = await terminal.run('-R', script)
      const restored = performance.now()
      const saved = await terminal.run('-S -n')
      const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(2)
      console.log(
        `${services} services of ${servers} servers: restored in ${seconds(start, restored)} s, saved in ${seconds(restored, performance.now())} s`,
      )
      expect(outcome).toEqual({ stdout: '', stderr: '', status: 0 })
      expect(saved.stdout.split('\n').sort()).toEqual(script.split('\n').sort())
      expect(restored - start).toBeLessThan(10_000)
    },
    60_000,
  )
})

/** What was ordered: services, each with its servers, in no order. */
function ordered(director: DirectorControl): string[] {
  const services = director.services().map((service) => {
    const dests = service.dests.map(({ address, port, weight, method, upperThreshold, lowerThreshold }) =>
      JSON.stringify({ address, port, weight, method, upperThreshold, lowerThreshold }),
    )
    return JSON.stringify({ ...service, counters: null, rates: null, dests: dests.sort() })
  })
  return services.sort()
}

describe('saved rules are all that there was', () => {
  const first = Math.floor(Math.random() * 2 ** 31)
  it.each(Array.from({ length: 40 }, (_, i) => [first + i]))('seed %i', async (seed) => {
    const terminal = new Terminal()
    const director = terminal.director()
    for (const { config, dests } of randomServices(new Random(seed), 12)) {
      director.addService(config)
      for (const dest of dests) director.addDest(config, dest)
    }
    const before = ordered(director)
    for (const save of ['-S -n', '-S']) {
      const saved = await terminal.run(save)
      await terminal.run('-C')
      expect(await terminal.run('-R', saved.stdout), save).toEqual({ stdout: '', stderr: '', status: 0 })
      expect(ordered(terminal.director()), save).toEqual(before)
      expect(await terminal.run(save)).toEqual(saved)
    }
  })
})
