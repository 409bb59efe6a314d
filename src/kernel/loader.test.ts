/** The loader's commands, each in a process of its own, in network namespaces made for the test, with a small object. */
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync, type ChildProcess } from 'node:child_process'
import { setTimeout as passed } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DirectorStatus } from './commands.ts'
import type { StateFolder } from './state-folder.ts'
import { ip, Namespaces, parse, whyNoKernel, type Answer, type Entry } from './testing/namespaces.ts'
import { compileC, compileSmallObject, UNSAFE } from './testing/small-object.ts'

const reason = whyNoKernel()

describe.skipIf(reason !== null)(`loading the director${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let all: Namespaces

  beforeAll(async () => {
    all = await Namespaces.create()
  })

  afterAll(() => all.remove(), 60_000)

  function status(namespace: string, entry?: Entry): DirectorStatus {
    return all.command(namespace, ['status'], entry).result as DirectorStatus
  }

  /** Names of devices with why each is or isn't attached, loopback aside. */
  function reasons(namespace: string): Record<string, string> {
    return Object.fromEntries(
      status(namespace)
        .devices.slice(1)
        .map(({ name, reason: why }) => [name, why]),
    )
  }

  /** The folder as seen from the mount namespace that the test runs in. */
  function folder(namespace: string): StateFolder {
    return all.command(namespace, ['folder'], 'nsenter').result as StateFolder
  }

  function counts(namespace: string): { packets: number; clock: number; baseline: number } {
    return all.command(namespace, ['counts']).result as { packets: number; clock: number; baseline: number }
  }

  /** Polls with a deadline. */
  async function eventually(what: () => boolean): Promise<void> {
    const deadline = Date.now() + 5000
    while (!what()) {
      if (Date.now() > deadline) throw new Error(`not within 5 s: ${String(what)}`)
      await passed(20)
    }
  }

  it('reads as an empty director of the usual size, and leaves nothing behind, while none is loaded', () => {
    const namespace = all.add('eth0')
    expect(all.command(namespace, ['list']).result).toEqual({ services: [], capacity: 262144 })
    expect(status(namespace)).toMatchObject({ loaded: false, connections: null })
    expect(reasons(namespace)).toEqual({ eth0: 'not-loaded', eth0p: 'not-loaded' })
    expect(existsSync(folder(namespace).files)).toBe(false)
  })

  it('forwards with no process alive: programs count packets, the ticker moves the clock', async () => {
    const namespace = all.add('eth0')
    expect(all.command(namespace, ['load', '1000'])).toEqual({ result: null })
    expect(status(namespace)).toMatchObject({ loaded: true, connections: 1000 })
    expect(all.command(namespace, ['list']).result).toEqual({ services: [], capacity: 1000 })
    ip('-n', namespace, 'address', 'add', '10.9.0.1/24', 'dev', 'eth0')
    const before = counts(namespace)
    spawnSync('ip', ['netns', 'exec', namespace, 'ping', '-c', '1', '-W', '1', '10.9.0.2'])
    await eventually(() => counts(namespace).packets > before.packets && counts(namespace).clock > before.clock)
  })

  it.each<[Entry, Entry]>([
    ['ip-netns-exec', 'nsenter'],
    ['nsenter', 'ip-netns-exec'],
  ])('is found by %s and %s alike, whichever came first', (first, second) => {
    const namespace = all.add('eth0')
    expect(all.command(namespace, ['load', '1000'], first)).toEqual({ result: null })
    expect(status(namespace, second)).toEqual(status(namespace, first))
    expect(status(namespace, second).loaded).toBe(true)
    expect(all.command(namespace, ['increment'], second)).toEqual({ result: 1 })
    expect(all.command(namespace, ['increment'], first)).toEqual({ result: 2 })
    expect(all.command(namespace, ['unload'], second)).toEqual({ result: true })
    expect(status(namespace, first).loaded).toBe(false)
  })

  it("does not see another namespace's director", () => {
    const [one, other] = [all.add(), all.add()]
    all.command(one, ['load', '1000'])
    expect(status(other).loaded).toBe(false)
    all.command(other, ['load', '2000'])
    all.command(one, ['unload'])
    expect(status(other)).toMatchObject({ loaded: true, connections: 2000 })
  })

  it('refuses to load twice, and unloads once', () => {
    const namespace = all.add('eth0')
    all.command(namespace, ['load', '1000'])
    expect(all.command(namespace, ['load', '1000']).code).toBe('already-loaded')
    expect(all.command(namespace, ['unload'])).toEqual({ result: true })
    expect(all.command(namespace, ['unload'])).toEqual({ result: false })
    expect(existsSync(folder(namespace).pins) || existsSync(folder(namespace).files)).toBe(false)
  })

  it('refuses a number of connections that makes no sense', () => {
    const namespace = all.add()
    for (const connections of ['0', '1', '2.5', '16777217', 'many'])
      expect(all.command(namespace, ['load', connections]).code).toBe('bad-connections')
    expect(status(namespace).loaded).toBe(false)
  })

  it('says what the verifier said of a program that it rejects, and leaves nothing loaded', () => {
    const namespace = all.add()
    const file = join(all.temporary, 'unsafe.o')
    compileSmallObject(file, UNSAFE)
    const answer = all.command(namespace, ['load-file', file])
    expect(answer.code).toBe('load-failed')
    expect(answer.message).toContain('invalid access to packet')
    expect(status(namespace).loaded).toBe(false)
  })

  it('names what an object of another build lacks', () => {
    const namespace = all.add()
    const file = join(all.temporary, 'other.o')
    compileC('char _license[] SEC("license") = "GPL";', file)
    const answer = all.command(namespace, ['load-file', file])
    expect(answer.code).toBe('not-built')
    expect(answer.message).toContain('npm run build')
  })

  it('attaches to devices that appear, not to excluded ones, and forgets those that go', () => {
    const namespace = all.add('eth0')
    all.command(namespace, ['load', '1000'])
    expect(reasons(namespace)).toEqual({ eth0: 'attached', eth0p: 'attached' })
    all.addDevice(namespace, 'eth1')
    expect(reasons(namespace)).toMatchObject({ eth1: 'new', eth1p: 'new' })
    expect(all.command(namespace, ['detach', 'eth1p', 'eth0p'])).toEqual({ result: null })
    expect(reasons(namespace)).toEqual({ eth0: 'attached', eth0p: 'excluded', eth1: 'attached', eth1p: 'excluded' })
    ip('-n', namespace, 'link', 'delete', 'eth1')
    all.addDevice(namespace, 'eth1')
    expect(all.command(namespace, ['attach', 'eth0p'])).toEqual({ result: null })
    expect(reasons(namespace)).toEqual({ eth0: 'attached', eth0p: 'attached', eth1: 'attached', eth1p: 'excluded' })
  })

  it('keeps a device out that was excluded before anything was loaded', () => {
    const namespace = all.add('eth0')
    expect(all.command(namespace, ['detach', 'eth0p'])).toEqual({ result: null })
    all.command(namespace, ['load', '1000'])
    expect(reasons(namespace)).toEqual({ eth0: 'attached', eth0p: 'excluded' })
  })

  it('changes nothing when one of several devices does not exist or takes no program', () => {
    const namespace = all.add('eth0')
    all.command(namespace, ['load', '1000'])
    ip('-n', namespace, 'tuntap', 'add', 'mode', 'tun', 'name', 'tun0')
    expect(all.command(namespace, ['detach', 'eth0', 'eth7'])).toMatchObject({ code: 'no-such-device' })
    expect(all.command(namespace, ['detach', 'eth0', 'lo'])).toMatchObject({ code: 'not-attachable' })
    expect(all.command(namespace, ['detach', 'eth0', 'tun0'])).toMatchObject({ code: 'not-attachable' })
    expect(reasons(namespace)).toMatchObject({ eth0: 'attached', tun0: 'not-ethernet' })
  })

  it('asks to load before it attaches', () => {
    expect(all.command(all.add('eth0'), ['attach']).code).toBe('not-loaded')
  })

  describe('reports damage with its remedy, which works', () => {
    const damages: [string, string, (pins: string) => void][] = [
      ['a table is missing', 'maps/flows is missing', (pins) => rmSync(`${pins}/maps/flows`)],
      ['the ticker is missing', 'maps/ticker is missing', (pins) => rmSync(`${pins}/maps/ticker`)],
      ['the program is missing', 'programs/weir_ingress is missing', (pins) => rmSync(`${pins}/programs/weir_ingress`)],
      ['the links are missing', 'links is missing', (pins) => rmSync(`${pins}/links`, { recursive: true })],
      ['the layout is missing', '"layouts" can\'t be opened', (pins) => rmSync(`${pins}/maps/layouts`)],
      ['a stranger is there', 'maps/stranger is not Weir', (pins) => mkdirSync(`${pins}/maps/stranger`)],
      [
        'a folder is in the place of a table',
        'maps/dests',
        (pins) => {
          rmSync(`${pins}/maps/dests`)
          mkdirSync(`${pins}/maps/dests`)
        },
      ],
      [
        'two tables have changed places',
        'another version',
        (pins) => {
          renameSync(`${pins}/maps/dests`, `${pins}/maps/x`)
          renameSync(`${pins}/maps/flows`, `${pins}/maps/dests`)
          renameSync(`${pins}/maps/x`, `${pins}/maps/flows`)
        },
      ],
    ]

    it.each(damages)('%s', (_, said, damage) => {
      const namespace = all.add('eth0')
      all.command(namespace, ['load', '1000'])
      damage(folder(namespace).pins)
      for (const command of ['list', 'status', 'increment', 'attach', 'load']) {
        const answer = all.command(namespace, [command])
        expect(answer.code).toMatch(/^(state-corrupt|layout-mismatch)$/)
        expect(answer.message).toContain(said)
        expect(answer.message).toContain('weir unload')
      }
      expect(all.command(namespace, ['unload'])).toEqual({ result: true })
      expect(all.command(namespace, ['increment'])).toEqual({ result: 1 })
    })
  })

  it('refuses tables of another layout, and names both versions', () => {
    const namespace = all.add('eth0')
    all.command(namespace, ['load', '1000'])
    all.command(namespace, ['set-layout', '4711'])
    const answer = all.command(namespace, ['list'])
    expect(answer.code).toBe('layout-mismatch')
    expect(answer.message).toMatch(/layout 4711, and this Weir's \d+/)
    expect(all.command(namespace, ['increment']).code).toBe('layout-mismatch')
    expect(all.command(namespace, ['unload'])).toEqual({ result: true })
  })

  it('takes writers in turn', async () => {
    const namespace = all.add('eth0')
    const writers = Array.from({ length: 8 }, (_, n) =>
      answerOf(all.start(namespace, ['increment'], n % 2 === 0 ? 'nsenter' : 'ip-netns-exec')),
    )
    const results = (await Promise.all(writers)).map(({ result }) => result as number)
    expect(results.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('tells a writer who has waited for 10 s whom it waits for, and lets readers by', async () => {
    const namespace = all.add('eth0')
    all.command(namespace, ['load', '1000'])
    const holder = all.start(namespace, ['hold'], 'nsenter')
    await firstOutput(holder)
    expect(status(namespace).loaded).toBe(true)
    const answer = all.command(namespace, ['increment'])
    expect(answer.code).toBe('locked')
    expect(answer.message).toContain(`process ${holder.pid}`)
    holder.kill('SIGKILL')
    expect(all.command(namespace, ['increment'])).toEqual({ result: 1 })
  })

  it('is whole or absent after a load or an unload that was killed, and goes on', { timeout: 240_000 }, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
    console.log(`seed ${seed}`)
    const random = generator(seed)
    const namespace = all.add('eth0', 'eth1')
    const seen = new Set<boolean>()
    for (let turn = 0; turn < 24; turn++) {
      const child = all.start(namespace, [turn % 2 === 0 ? 'load' : 'unload'])
      const gone = once(child, 'exit')
      // Most of a command's time goes into starting Node; the rest is what there is to interrupt.
      await passed(40 + random() * 160)
      child.kill('SIGKILL')
      await gone
      const { loaded } = status(namespace)
      seen.add(loaded)
      if (turn % 4 === 3) continue
      expect(all.command(namespace, ['increment']).code).toBeUndefined()
      expect(reasons(namespace)).toEqual({ eth0: 'attached', eth0p: 'attached', eth1: 'attached', eth1p: 'attached' })
      expect(existsSync(folder(namespace).partial)).toBe(false)
      if (turn % 2 === 1) all.command(namespace, ['unload'])
    }
    expect(seen).toEqual(new Set([true, false]))
  })

  it('is never seen half loaded or half unloaded', async () => {
    const namespace = all.add('eth0', 'eth1')
    const [watched, toggled] = await Promise.all([
      answerOf(all.start(namespace, ['watch', '3000'], 'nsenter')),
      answerOf(all.start(namespace, ['toggle', '15'])),
    ])
    expect(toggled).toEqual({ result: 'toggled' })
    expect(watched.message).toBeUndefined()
    const { loaded, absent } = watched.result as { loaded: number; absent: number }
    expect(Math.min(loaded, absent)).toBeGreaterThan(0)
  })

  it('cleans up what a load that was killed half-way has left, and reads as empty until then', () => {
    const namespace = all.add('eth0')
    const { partial } = folder(namespace)
    all.command(namespace, ['detach', 'eth0p'])
    mkdirSync(`${partial}/maps`, { recursive: true })
    expect(status(namespace).loaded).toBe(false)
    expect(all.command(namespace, ['load', '1000'])).toEqual({ result: null })
    expect(existsSync(partial)).toBe(false)
  })
})

/** A linear congruential generator: numbers from 0 up to 1 (Numerical Recipes). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

async function answerOf(child: ChildProcess): Promise<Answer> {
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(child, 'close')
  return parse(text)
}

async function firstOutput(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data')
}
