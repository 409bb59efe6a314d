/**
 * A scenario's world in the simulator: virtual hosts and links, the engine in memory, ipvsadm as the function that the command is made of.
 * The same seed gives the same run, frame for frame. Needs no privileges; a run takes milliseconds.
 */
import { closeSync, writeFileSync } from 'node:fs'
import type { Names } from '../cli/ipvsadm/names.ts'
import { run } from '../cli/ipvsadm/run.ts'
import { readMarkRule, renderMarkRules } from '../cli/weir/mark.ts'
import { Director } from '../control/director.ts'
import type { MemoryHost } from '../memory/memory-host.ts'
import { Capture } from '../simulator/capture.ts'
import { makeDirector } from '../simulator/director-host.ts'
import type { Host } from '../simulator/host.ts'
import { httpRequest, serveHttp } from '../simulator/http.ts'
import type { Switch } from '../simulator/link.ts'
import { Network } from '../simulator/network.ts'
import type { TcpConnection } from '../simulator/tcp-connection.ts'
import { pageOf, pageRequest } from './held-page.ts'
import { addressesWithPrefix, directorOf, type LabHost, type Topology } from './scenario.ts'
import type { CommandResult, Fetched, MarkStep, World } from './world.ts'

export interface SimulatedWorldOptions {
  /** 0 … 2^53 − 1. */
  readonly seed: number
  /** Descriptor of a file for the frames at all of the director's interfaces; the world closes it. */
  readonly pcap?: number
}

/** A person needs longer than this to type the next command: until then connections have closed. */
const BETWEEN_COMMANDS_MS = 100
const FETCH_LIMIT_MS = 10_000

/** In a simulated network there is nobody to ask for names. */
const NO_NAMES: Names = {
  hostAddress: () => Promise.resolve(null),
  hostName: () => Promise.resolve(null),
  servicePort: () => null,
  serviceName: () => null,
}

export class SimulatedWorld implements World {
  readonly place: string
  readonly downloader = 'curl'
  private readonly network: Network
  private readonly hosts = new Map<string, Host>()
  private readonly held = new Map<string, TcpConnection[]>()
  private readonly director: MemoryHost
  private readonly capture: Capture | null

  constructor(
    topology: Topology,
    private readonly options: SimulatedWorldOptions,
  ) {
    this.place = `in a simulated network, seed ${options.seed}`
    this.network = new Network(options.seed)
    const switches = new Map(topology.segments.map(({ name }) => [name, this.network.switch()]))
    for (const host of topology.hosts) this.addHost(topology, host, switches)
    const { name, interfaces } = directorOf(topology)
    this.director = makeDirector(this.host(name))
    this.capture = options.pcap === undefined ? null : new Capture()
    if (this.capture !== null)
      for (const index of interfaces.keys()) this.host(name).interface(`eth${index}`).captureTo(this.capture)
  }

  enableForwarding(host: string): Promise<void> {
    this.host(host).forwarding = true
    return Promise.resolve()
  }

  async ipvsadm(words: readonly string[]): Promise<CommandResult> {
    const result = await run(words, {
      names: NO_NAMES,
      stdin: () => '',
      openDirector: () => Object.assign(new Director(this.director.tables), { close: () => undefined }),
    })
    this.network.run(BETWEEN_COMMANDS_MS)
    return result
  }

  mark({ mark, to, port }: MarkStep): Promise<CommandResult> {
    const director = new Director(this.director.tables)
    const rule = readMarkRule(String(mark), { to, protocol: 'tcp', port: String(port) })
    director.setMarkRules([...director.markRules(), rule])
    return Promise.resolve({ stdout: renderMarkRules(director.markRules()), stderr: '', status: 0 })
  }

  fetch(client: string, url: string): Promise<Fetched> {
    const { hostname, port, pathname } = new URL(url)
    let done = false
    const options = { path: pathname, timeoutMs: FETCH_LIMIT_MS }
    const answer = httpRequest(this.host(client), hostname, port === '' ? 80 : Number(port), options, () => {
      done = true
    })
    this.network.runUntil(() => done, 2 * FETCH_LIMIT_MS)
    this.network.run(BETWEEN_COMMANDS_MS)
    if (answer.failure !== null) return Promise.resolve({ problem: answer.failure })
    if (answer.status !== 200) return Promise.resolve({ problem: `HTTP status ${answer.status ?? 'missing'}` })
    return Promise.resolve({ body: answer.body })
  }

  hold(client: string, endpoint: string): Promise<Fetched> {
    const [address = '', port = ''] = endpoint.split(':')
    const connection = this.host(client).tcp.connect(address, Number(port))
    let answer = ''
    let problem = ''
    connection.onOpen = () => connection.send(Buffer.from(pageRequest(endpoint)))
    connection.onData = (data) => (answer += Buffer.from(data).toString())
    connection.onClose = (failure) => (problem = failure ?? 'closed without an answer')
    this.network.runUntil(() => pageOf(answer) !== null || problem !== '', FETCH_LIMIT_MS)
    const body = pageOf(answer)
    if (body === null) {
      connection.abort()
      return Promise.resolve({ problem: problem === '' ? 'no-answer' : problem })
    }
    this.held.set(client, [...(this.held.get(client) ?? []), connection])
    return Promise.resolve({ body })
  }

  release(client: string): Promise<void> {
    for (const connection of this.held.get(client) ?? []) connection.close()
    this.held.delete(client)
    this.network.run(BETWEEN_COMMANDS_MS)
    return Promise.resolve()
  }

  close(): Promise<void> {
    const { pcap } = this.options
    if (this.capture !== null && pcap !== undefined) {
      writeFileSync(pcap, this.capture.toPcap())
      closeSync(pcap)
    }
    return Promise.resolve()
  }

  private host(name: string): Host {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`the simulated network has no host "${name}"`)
    return host
  }

  private addHost(topology: Topology, { name, interfaces, gateway, httpPort }: LabHost, switches: Map<string, Switch>) {
    const host = this.network.host(name)
    this.hosts.set(name, host)
    for (const [index, attachment] of interfaces.entries()) {
      const added = host.addInterface(`eth${index}`)
      for (const address of addressesWithPrefix(topology, attachment)) host.addAddress(`eth${index}`, address)
      const segment = switches.get(attachment.segment)
      if (segment !== undefined) this.network.plug(segment, added)
    }
    if (gateway !== undefined) host.addRoute('0.0.0.0/0', { gateway })
    if (httpPort !== undefined) serveHttp(host, httpPort)
  }
}
