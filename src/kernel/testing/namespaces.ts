/**
 * Network namespaces for the loader's tests, and its commands run in them: as `ip netns exec` does, in a mount namespace
 * of their own, or by nsenter, in ours. `remove` unloads and removes all that was made.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { StateFolder } from '../state-folder.ts'
import { CLANG, compileSmallObject, compileSmallXdpObject } from './small-object.ts'

export interface Answer {
  readonly result?: unknown
  readonly code?: string
  readonly message?: string
}

export type Entry = 'ip-netns-exec' | 'nsenter'

/** Why the tests that need the kernel can't run here, or null. */
export function whyNoKernel(): string | null {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.geteuid?.() !== 0) return 'needs root'
  if (spawnSync('ip', ['-V']).status !== 0) return 'needs iproute2'
  return spawnSync(CLANG, ['--version']).status === 0 ? null : `needs ${CLANG}`
}

export class Namespaces {
  private readonly names: string[] = []
  readonly temporary = mkdtempSync(join(tmpdir(), 'weir-loader-'))
  readonly objectFile = join(this.temporary, 'small.bpf.o')
  readonly xdpObjectFile = join(this.temporary, 'small-xdp.bpf.o')
  private readonly program = join(this.temporary, 'command-process.mjs')

  static async create(): Promise<Namespaces> {
    const made = new Namespaces()
    compileSmallObject(made.objectFile)
    compileSmallXdpObject(made.xdpObjectFile)
    const source = fileURLToPath(new URL('./command-process.ts', import.meta.url))
    await build({
      entryPoints: [source],
      outfile: made.program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      // The bundle is elsewhere, but finds packages from here.
      define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
      logLevel: 'warning',
    })
    return made
  }

  /** A new namespace; `devices` are veths, up, each with its peer `<name>p`. */
  add(...devices: string[]): string {
    const name = `weirtest-${process.pid}-${this.names.length}`
    ip('netns', 'add', name)
    this.names.push(name)
    for (const device of devices) this.addDevice(name, device)
    return name
  }

  addDevice(namespace: string, device: string): void {
    ip('-n', namespace, 'link', 'add', 'name', device, 'type', 'veth', 'peer', 'name', `${device}p`)
    ip('-n', namespace, 'link', 'set', device, 'up')
    ip('-n', namespace, 'link', 'set', `${device}p`, 'up')
  }

  command(namespace: string, args: string[], entry: Entry = 'ip-netns-exec'): Answer {
    const [file, prefix] = this.invocation(namespace, args, entry)
    const { stdout, stderr } = spawnSync(file, prefix, { encoding: 'utf8' })
    return parse(stdout, stderr)
  }

  start(namespace: string, args: string[], entry: Entry = 'ip-netns-exec'): ChildProcess {
    const [file, prefix] = this.invocation(namespace, args, entry)
    return spawn(file, prefix, { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  /** Throws where an unload has left files or pins behind. */
  remove(): void {
    const left: string[] = []
    for (const name of this.names) {
      const { pins, partial, files } = this.command(name, ['folder'], 'nsenter').result as StateFolder
      this.command(name, ['unload'])
      left.push(...[pins, partial, files].filter((path) => existsSync(path)))
      ip('netns', 'del', name)
    }
    rmSync(this.temporary, { recursive: true })
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
  }

  private invocation(namespace: string, [command = '', ...rest]: string[], entry: Entry): [string, string[]] {
    const node = [process.execPath, this.program, command, this.objectFile, ...rest]
    if (entry === 'nsenter') return ['nsenter', [`--net=/run/netns/${namespace}`, ...node]]
    return ['ip', ['netns', 'exec', namespace, ...node]]
  }
}

/** Lines of output so far, the last one parsed. */
export function parse(stdout: string, stderr = ''): Answer {
  const line = stdout.trim().split('\n').at(-1)
  if (line === undefined || line === '') throw new Error(`no answer: ${stderr}`)
  return JSON.parse(line) as Answer
}

export function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}
