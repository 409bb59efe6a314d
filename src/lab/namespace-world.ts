/**
 * A scenario's world in network namespaces of this machine: veth pairs, a bridge for each segment, real web servers and clients, and
 * Weir's own ipvsadm, so that packets pass through the director in the kernel. Takes about a second to build and to remove.
 */
import { mustRun, runProgram, startProgram, waitForLine } from './command.ts'
import { ConnectionHolder } from './connection-holder.ts'
import type { Installation } from './installation.ts'
import { namespacesOf, removeNamespaces, SWITCH } from './namespaces.ts'
import { PacketCapture } from './packet-capture.ts'
import { LISTENING } from './page-server.ts'
import { addressesWithPrefix, directorOf, LabError, type LabHost, type Topology } from './scenario.ts'
import {
  type CommandResult,
  downloadCommand,
  type Downloader,
  type Fetched,
  type MarkStep,
  markWords,
  type World,
} from './world.ts'

export interface NamespaceWorldOptions {
  /** Of the names of all namespaces; none of them exists yet. */
  readonly prefix: string
  readonly installation: Installation
  /** Descriptor of a file for what passes the director's devices; the world closes it. */
  readonly pcap?: number
  /** Stops whatever is being done; `close` still removes everything. */
  readonly signal?: AbortSignal
}

export class NamespaceWorld implements World {
  readonly place: string
  readonly downloader: Downloader
  readonly installation: Installation
  private readonly holders = new Map<string, ConnectionHolder>()
  private capture: PacketCapture | null = null
  private isKept = false

  private constructor(
    private readonly topology: Topology,
    private readonly options: NamespaceWorldOptions,
  ) {
    this.place = `in the network namespaces ${options.prefix}-*`
    this.installation = options.installation
    this.downloader = this.installation.downloader
  }

  /** Builds the world. Where that fails, removes what was built of it. */
  static async create(topology: Topology, options: NamespaceWorldOptions): Promise<NamespaceWorld> {
    const [taken] = namespacesOf(options.prefix, topology)
    if (taken !== undefined) throw new LabError(`the network namespace ${taken} exists already`)
    const world = new NamespaceWorld(topology, options)
    try {
      await world.build()
    } catch (error) {
      await world.remove()
      throw error
    }
    return world
  }

  async enableForwarding(host: string): Promise<void> {
    await mustRun(this.inside(host, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'), this.options.signal)
  }

  ipvsadm(words: readonly string[]): Promise<CommandResult> {
    return this.run(directorOf(this.topology).name, ...this.installation.ipvsadm, ...words)
  }

  mark(step: MarkStep): Promise<CommandResult> {
    return this.run(directorOf(this.topology).name, ...this.installation.weir, ...markWords(step))
  }

  async fetch(client: string, url: string): Promise<Fetched> {
    const { stdout, stderr, status } = await this.run(client, ...downloadCommand(this.downloader, url))
    return status === 0 ? { body: stdout } : { problem: stderr.trim() || `${this.downloader}'s status ${status}` }
  }

  hold(client: string, endpoint: string): Promise<Fetched> {
    let holder = this.holders.get(client)
    if (holder === undefined) {
      holder = new ConnectionHolder(this.inside(client, ...this.installation.connectionHolder))
      this.holders.set(client, holder)
    }
    return holder.open(endpoint)
  }

  async release(client: string): Promise<void> {
    await this.holders.get(client)?.closeAll()
  }

  /** Runs a program on a host to its end. */
  run(host: string, ...words: string[]): Promise<CommandResult> {
    return runProgram(this.inside(host, ...words), this.options.signal)
  }

  /** The words that run a program on a host. */
  inside(host: string, ...words: string[]): string[] {
    return ['ip', 'netns', 'exec', this.namespace(host), ...words]
  }

  /** Leaves everything running when the world is closed. */
  keep(): void {
    this.isKept = true
  }

  async close(): Promise<void> {
    try {
      await this.capture?.stop()
    } finally {
      for (const holder of this.holders.values()) holder.detach()
      if (!this.isKept) await this.remove()
    }
  }

  private remove(): Promise<void> {
    return removeNamespaces(this.options.prefix, this.topology, this.installation.weir)
  }

  private namespace(host: string): string {
    return `${this.options.prefix}-${host}`
  }

  private async build(): Promise<void> {
    const { segments, hosts } = this.topology
    await this.addNamespace(SWITCH)
    for (const { name } of segments) {
      await this.ip(SWITCH, 'link', 'add', name, 'type', 'bridge')
      await this.ip(SWITCH, 'link', 'set', name, 'up')
    }
    for (const host of hosts) await this.addHost(host)
    await Promise.all(hosts.map((host) => this.serve(host)))
    const { pcap } = this.options
    if (pcap !== undefined)
      this.capture = await PacketCapture.start(this.namespace(directorOf(this.topology).name), pcap)
  }

  private async addNamespace(name: string): Promise<void> {
    await mustRun(['ip', 'netns', 'add', this.namespace(name)], this.options.signal)
    await this.ip(name, 'link', 'set', 'lo', 'up')
  }

  private async addHost(host: LabHost): Promise<void> {
    const { name, interfaces, gateway } = host
    await this.addNamespace(name)
    for (const [index, attachment] of interfaces.entries()) {
      const device = `eth${index}`
      const port = `${name}-${device}`
      const peer = ['peer', 'name', device, 'netns', this.namespace(name)]
      await this.ip(SWITCH, 'link', 'add', port, 'type', 'veth', ...peer)
      await this.ip(SWITCH, 'link', 'set', port, 'master', attachment.segment, 'up')
      for (const address of addressesWithPrefix(this.topology, attachment))
        await this.ip(name, 'address', 'add', address, 'dev', device)
      await this.ip(name, 'link', 'set', device, 'up')
    }
    if (gateway !== undefined) await this.ip(name, 'route', 'add', 'default', 'via', gateway)
  }

  /** Starts the host's web server, if it has one, and waits until it listens. It ends with the namespace. */
  private async serve({ name, httpPort: port }: LabHost): Promise<void> {
    if (port === undefined) return
    const server = startProgram(this.inside(name, ...this.installation.pageServer, name, String(port)))
    await waitForLine(server, server.stdout, LISTENING)
    server.unref()
    server.stdout?.destroy()
    server.stderr?.destroy()
  }

  private async ip(host: string, ...words: string[]): Promise<void> {
    await mustRun(['ip', '-n', this.namespace(host), ...words], this.options.signal)
  }
}
