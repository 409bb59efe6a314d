/**
 * A scenario's world in network namespaces of this machine: veth pairs, a bridge for each segment, real web servers and clients, and
 * Weir's own ipvsadm, so that packets pass through the director in the kernel. Takes about a second to build and to remove.
 */
import { mustRun, runProgram, startProgram, waitForLine } from './command.ts'
import type { Installation } from './installation.ts'
import { LabClient } from './lab-client.ts'
import { namespacesOf, removeNamespaces, SWITCH } from './namespaces.ts'
import { PacketCapture } from './packet-capture.ts'
import { LISTENING } from './page-server.ts'
import {
  addressesWithPrefix,
  alone,
  directorOf,
  type Family,
  familyOf,
  hasIpv6,
  LabError,
  type LabHost,
  type Topology,
} from './scenario.ts'
import {
  type CommandResult,
  downloadCommand,
  type Downloader,
  type Fetched,
  forwardCommand,
  type MarkStep,
  markWords,
  type Neighbour,
  type RealServerStep,
  realServerWords,
  type Transferred,
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
  private readonly clients = new Map<string, LabClient>()
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

  async enableForwarding(host: string, family: Family = 'ipv4'): Promise<void> {
    await mustRun(this.inside(host, 'sh', '-c', forwardCommand(family)), this.options.signal)
  }

  ipvsadm(words: readonly string[]): Promise<CommandResult> {
    return this.run(directorOf(this.topology).name, ...this.installation.ipvsadm, ...words)
  }

  mark(step: MarkStep): Promise<CommandResult> {
    return this.run(directorOf(this.topology).name, ...this.installation.weir, ...markWords(step))
  }

  makeRealServer(step: RealServerStep): Promise<CommandResult> {
    return this.run(step.on, ...this.installation.weir, ...realServerWords(step))
  }

  async fetch(client: string, url: string): Promise<Fetched> {
    const { stdout, stderr, status } = await this.run(client, ...downloadCommand(this.downloader, url))
    return status === 0 ? { body: stdout } : { problem: stderr.trim() || `${this.downloader}'s status ${status}` }
  }

  hold(client: string, endpoint: string): Promise<Fetched> {
    return this.client(client).open(endpoint)
  }

  reuse(client: string): Promise<readonly Fetched[]> {
    return this.client(client).reuse()
  }

  transfer(client: string, url: string, bytes: number): Promise<Transferred> {
    return this.client(client).transfer(url, bytes)
  }

  async neighbour(host: string, address: string): Promise<Neighbour | null> {
    const shown = await this.run(host, 'ip', '-j', 'neighbour', 'show', address)
    const [entry] = JSON.parse(shown.stdout) as { lladdr?: string }[]
    const mac = entry?.lladdr
    if (mac === undefined) return null
    const owners = await Promise.all(
      this.topology.hosts.map(async ({ name }) => [name, await this.macs(name)] as const),
    )
    return { mac, host: owners.find(([, macs]) => macs.includes(mac))?.[0] ?? null }
  }

  async release(client: string): Promise<void> {
    await this.clients.get(client)?.closeAll()
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
      for (const client of this.clients.values()) client.detach()
      if (!this.isKept) await this.remove()
    }
  }

  /** The process that is a client beyond commands; the first call starts it. */
  private client(host: string): LabClient {
    const client = this.clients.get(host) ?? new LabClient(this.inside(host, ...this.installation.client))
    this.clients.set(host, client)
    return client
  }

  private async macs(host: string): Promise<string[]> {
    const { stdout } = await this.run(host, 'ip', '-j', 'link', 'show')
    return (JSON.parse(stdout) as { address?: string }[]).flatMap(({ address }) => address ?? [])
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
    const { name, interfaces, gateway, loopback = [], role } = host
    await this.addNamespace(name)
    if (hasIpv6(this.topology)) await this.enableIpv6(name)
    for (const [index, attachment] of interfaces.entries()) {
      const device = `eth${index}`
      const port = `${name}-${device}`
      const peer = ['peer', 'name', device, 'netns', this.namespace(name)]
      await this.ip(SWITCH, 'link', 'add', port, 'type', 'veth', ...peer)
      await this.ip(SWITCH, 'link', 'set', port, 'master', attachment.segment, 'up')
      for (const address of addressesWithPrefix(this.topology, attachment)) await this.addAddress(name, address, device)
      await this.ip(name, 'link', 'set', device, 'up')
    }
    for (const address of loopback) await this.addAddress(name, alone(address), 'lo')
    if (gateway !== undefined) await this.ip(name, 'route', 'add', 'default', 'via', gateway)
    if (role === 'router') await this.enableForwarding(name, familyOf(interfaces[0]?.address ?? ''))
  }

  private async addAddress(host: string, address: string, device: string): Promise<void> {
    // Nobody else can have the address, so that nothing need wait until it is certain that nobody has.
    const words = familyOf(address) === 'ipv6' ? ['nodad'] : []
    await this.ip(host, 'address', 'add', address, 'dev', device, ...words)
  }

  /** Some machines have it switched off for namespaces to come. */
  private async enableIpv6(host: string): Promise<void> {
    const files = '/proc/sys/net/ipv6/conf/{all,default}/{disable_ipv6,accept_dad,accept_ra}'
    await mustRun(this.inside(host, 'bash', '-c', `for each in ${files}; do echo 0 > $each; done`), this.options.signal)
  }

  /** Starts the host's web server, if it has one, and waits until it listens. It ends with the namespace. */
  private async serve({ name, httpPort: port, expectsProxy = false }: LabHost): Promise<void> {
    if (port === undefined) return
    const words = [name, String(port), ...(expectsProxy ? ['proxy'] : [])]
    const server = startProgram(this.inside(name, ...this.installation.pageServer, ...words))
    await waitForLine(server, server.stdout, LISTENING)
    server.unref()
    server.stdout?.destroy()
    server.stderr?.destroy()
  }

  private async ip(host: string, ...words: string[]): Promise<void> {
    await mustRun(['ip', '-n', this.namespace(host), ...words], this.options.signal)
  }
}
