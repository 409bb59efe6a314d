/** Devices at XDP and back, refusals, and what survives, with small objects in network namespaces made for the test. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DirectorStatus } from './commands.ts'
import type { StateFolder } from './state-folder.ts'
import { ip, Namespaces, whyNoKernel, type Answer } from './testing/namespaces.ts'
import { compileC } from './testing/small-object.ts'

const reason = whyNoKernel()
const ETHTOOL = fileURLToPath(new URL('./testing/ethtool.mjs', import.meta.url))

describe.skipIf(reason !== null)(`devices at XDP${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let all: Namespaces

  beforeAll(async () => {
    all = await Namespaces.create()
  })

  afterAll(() => all.remove(), 60_000)

  /** A namespace with a director, and veths. */
  function director(...devices: string[]): string {
    const namespace = all.add(...devices)
    expect(all.command(namespace, ['load', '1000'])).toEqual({ result: null })
    return namespace
  }

  function attachXdp(namespace: string, ...devices: string[]): Answer {
    return all.command(namespace, ['attach-xdp', all.xdpObjectFile, ...devices])
  }

  function devices(namespace: string): DirectorStatus['devices'] {
    return (all.command(namespace, ['status']).result as DirectorStatus).devices.slice(1)
  }

  /** Names of devices with where they carry the program, loopback aside. */
  function modes(namespace: string): Record<string, string | null> {
    return Object.fromEntries(devices(namespace).map(({ name, mode }) => [name, mode]))
  }

  function redirects(namespace: string): Record<string, string | null> {
    return Object.fromEntries(devices(namespace).map((device) => [device.name, device.redirects]))
  }

  function gro(namespace: string, device: string, state: 'on' | 'off'): void {
    const { status, stderr } = spawnSync('ip', [
      'netns',
      'exec',
      namespace,
      process.execPath,
      ETHTOOL,
      device,
      'gro',
      state,
    ])
    expect(status, String(stderr)).toBe(0)
  }

  /** Names of the XDP programs on a device, as the kernel tells them. */
  function programsOn(namespace: string, device: string): string[] {
    const { stdout } = spawnSync('ip', ['-n', namespace, '-d', 'link', 'show', 'dev', device], { encoding: 'utf8' })
    return [...stdout.matchAll(/prog\/xdp id \d+ name (\S+)/g)].map(([, name = '']) => name)
  }

  it('go there and back, by name', () => {
    const namespace = director('eth0')
    expect(attachXdp(namespace, 'eth0')).toEqual({ result: null })
    expect(modes(namespace)).toEqual({ eth0: 'xdp', eth0p: 'tcx' })
    expect(programsOn(namespace, 'eth0')).toEqual(['weir_xdp'])
    expect(attachXdp(namespace, 'eth0', 'eth0p')).toEqual({ result: null })
    expect(modes(namespace)).toEqual({ eth0: 'xdp', eth0p: 'xdp' })
    all.command(namespace, ['attach', 'eth0'])
    expect(modes(namespace)).toEqual({ eth0: 'tcx', eth0p: 'xdp' })
    expect(programsOn(namespace, 'eth0')).toEqual([])
    all.command(namespace, ['detach', 'eth0p'])
    expect(modes(namespace)).toEqual({ eth0: 'tcx', eth0p: null })
    all.command(namespace, ['attach', 'eth0p'])
    expect(modes(namespace)).toEqual({ eth0: 'tcx', eth0p: 'tcx' })
  })

  it('are there again when they return, and stay while others change', () => {
    const namespace = director('eth0')
    attachXdp(namespace, 'eth0')
    ip('-n', namespace, 'link', 'delete', 'eth0')
    all.addDevice(namespace, 'eth0')
    expect(all.command(namespace, ['increment'])).toEqual({ result: 1 })
    expect(modes(namespace)).toEqual({ eth0: 'xdp', eth0p: 'tcx' })
    all.command(namespace, ['detach', 'eth0p'])
    expect(modes(namespace)).toEqual({ eth0: 'xdp', eth0p: null })
  })

  it('that are excluded come in at XDP when they are put there', () => {
    const namespace = director('eth0')
    all.command(namespace, ['detach', 'eth0'])
    attachXdp(namespace, 'eth0')
    expect(modes(namespace)).toEqual({ eth0: 'xdp', eth0p: 'tcx' })
  })

  it('are left alone, all of them, where one is refused with the reason', () => {
    const namespace = director('eth0', 'eth1')
    ip('-n', namespace, 'link', 'add', 'br0', 'type', 'bridge')
    const refused = (...names: string[]) => attachXdp(namespace, 'eth0', ...names)
    expect(refused('eth7').code).toBe('no-such-device')
    expect(refused('lo')).toMatchObject({
      code: 'not-attachable',
      message: expect.stringContaining('loopback') as string,
    })
    expect(refused('br0')).toMatchObject({
      code: 'not-attachable',
      message: expect.stringMatching(/^br0 .*driver, bridge, has no native XDP/) as string,
    })
    const other = join(all.temporary, 'other-xdp.o')
    compileC(
      'SEC("xdp") int other(struct xdp_md *c) { return XDP_PASS; } char _license[] SEC("license") = "GPL";',
      other,
    )
    ip('-n', namespace, 'link', 'set', 'dev', 'eth1', 'xdpdrv', 'obj', other, 'sec', 'xdp')
    expect(refused('eth1')).toMatchObject({
      code: 'not-attachable',
      message: expect.stringContaining('another XDP program') as string,
    })
    expect(modes(namespace)).toEqual({ eth0: 'tcx', eth0p: 'tcx', eth1: 'tcx', eth1p: 'tcx', br0: null })
    ip('-n', namespace, 'link', 'set', 'dev', 'eth1', 'xdpdrv', 'off')
    ip('-n', namespace, 'link', 'set', 'dev', 'eth1', 'xdpgeneric', 'obj', other, 'sec', 'xdp')
    expect(refused('eth1').message).toContain('a generic XDP program')
    expect(programsOn(namespace, 'eth0')).toEqual([])
  })

  it('that return and are refused are at tcx, and said to be wanted at XDP', () => {
    const namespace = director('eth0')
    attachXdp(namespace, 'eth0')
    ip('-n', namespace, 'link', 'delete', 'eth0')
    ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'bridge')
    expect(all.command(namespace, ['increment'])).toEqual({ result: 1 })
    expect(devices(namespace)).toMatchObject([{ name: 'eth0', mode: 'tcx', wantsXdp: true }])
  })

  it('redirect only to devices whose driver takes it, as far as has been told', () => {
    const namespace = director('eth0', 'eth1')
    expect(redirects(namespace)).toEqual({ eth0: null, eth0p: null, eth1: null, eth1p: null })
    attachXdp(namespace, 'eth0')
    // A program on the one end makes the other end take frames; GRO does as well.
    expect(redirects(namespace)).toMatchObject({ eth0p: 'direct', eth1: 'through-tcx' })
    gro(namespace, 'eth1p', 'on')
    expect(redirects(namespace)).toMatchObject({ eth1: 'through-tcx' })
    all.command(namespace, ['attach'])
    expect(redirects(namespace)).toMatchObject({ eth1: 'direct' })
    gro(namespace, 'eth1p', 'off')
    expect(redirects(namespace)).toMatchObject({ eth1: 'lost' })
    all.command(namespace, ['increment'])
    expect(redirects(namespace)).toMatchObject({ eth1: 'through-tcx' })
  })

  it('are gone with the director, and so is that they were there', () => {
    const namespace = director('eth0')
    attachXdp(namespace, 'eth0')
    const { pins, files } = all.command(namespace, ['folder'], 'nsenter').result as StateFolder
    expect(all.command(namespace, ['unload'])).toEqual({ result: true })
    expect(programsOn(namespace, 'eth0')).toEqual([])
    expect(existsSync(pins) || existsSync(files)).toBe(false)
    all.command(namespace, ['load', '1000'])
    expect(modes(namespace)).toEqual({ eth0: 'tcx', eth0p: 'tcx' })
  })

  it('are mended where a killed command has left one link of two', () => {
    const namespace = director('eth0')
    attachXdp(namespace, 'eth0')
    const { pins } = all.command(namespace, ['folder'], 'nsenter').result as StateFolder
    const index = devices(namespace).find(({ name }) => name === 'eth0')?.ifindex ?? 0
    rmSync(`${pins}/links/handoff-${index}`)
    expect(modes(namespace)).toMatchObject({ eth0: 'tcx' })
    all.command(namespace, ['increment'])
    expect(modes(namespace)).toMatchObject({ eth0: 'xdp' })
  })

  it('report damage of their programs with the remedy', () => {
    const namespace = director('eth0')
    attachXdp(namespace, 'eth0')
    const { pins } = all.command(namespace, ['folder'], 'nsenter').result as StateFolder
    rmSync(`${pins}/xdp/weir_handoff`)
    const answer = all.command(namespace, ['status'])
    expect(answer).toMatchObject({
      code: 'state-corrupt',
      message: expect.stringContaining('xdp/weir_handoff is missing') as string,
    })
    expect(all.command(namespace, ['unload'])).toEqual({ result: true })
  })
})
