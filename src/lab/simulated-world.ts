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
import { formatMac } from '../simulator/addresses.ts'
import { Capture } from '../simulator/capture.ts'
import { makeDirector } from '../simulator/director-host.ts'
import type { Host } from '../simulator/host.ts'
import { type HttpAnswer, type HttpOptions, httpRequest, serveHttp } from '../simulator/http.ts'
import type { Switch } from '../simulator/link.ts'
import { Network } from '../simulator/network.ts'
import type { TcpConnection } from '../simulator/tcp-connection.ts'
import { contentOf, describeContent } from './content.ts'
import { pageOf, pageRequest } from './held-page.ts'
import {
  addressesWithPrefix,
  alone,
  directorOf,
  familyOf,
  type LabHost,
  parseEndpoint,
  parseUrl,
  type Topology,
} from './scenario.ts'
import { downloadPath, readReceipt, respond } from './site.ts'
import type { CommandResult, Fetched, MarkStep, Neighbour, RealServerStep, Transferred, World } from './world.ts'

export interface SimulatedWorldOptions {
  /** 0 … 2^53 − 1. */
  readonly seed: number
  /** Descriptor of a file for the frames at all of the director's interfaces; the world closes it. */
  readonly pcap?: number
}

/** A person needs longer than this to type the next command: until then connections have closed. */
const BETWEEN_COMMANDS_MS = 100
const FETCH_LIMIT_MS = 10_000
const TRANSFER_LIMIT_MS = 60_000
const LOOPBACK = 'lo'

/** In a simulated network there is nobody to ask for names. */
const NO_NAMES: Names = {
  hostAddress: () => Promise.resolve(null),
  hostName: () => Promise.resolve(null),
  servicePort: () => null,
  serviceName: () => null,
}

/** A connection that stays open, and where it leads. */
interface Held {
  readonly connection: TcpConnection
  readonly endpoint: string
}

export class SimulatedWorld implements World {
  readonly place: string
  readonly downloader = 'curl'
  private readonly network: Network
  private readonly hosts = new Map<string, Host>()
  private readonly held = new Map<string, Held[]>()
  private readonly director: MemoryHost
  private readonly directorHost: Host
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
    this.directorHost = this.host(name)
    this.director = makeDirector(this.directorHost)
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
      openDirector: () => Object.assign(this.control(), { close: () => undefined }),
    })
    this.network.run(BETWEEN_COMMANDS_MS)
    return result
  }

  /** As a command that changes something finds it: it knows the director's own addresses. */
  private control(): Director {
    const director = new Director(this.director.tables, (address) => this.directorHost.owns(address))
    director.repair()
    return director
  }

  mark({ mark, to, port }: MarkStep): Promise<CommandResult> {
    const director = this.control()
    const rule = readMarkRule(String(mark), { to, protocol: 'tcp', port: String(port) })
    director.setMarkRules([...director.markRules(), rule])
    return Promise.resolve({ stdout: renderMarkRules(director.markRules()), stderr: '', status: 0 })
  }

  /** Does to the host what the command does to a server. */
  makeRealServer({ on, method, vip, tunnel = { type: 'ipip' } }: RealServerStep): Promise<CommandResult> {
    const host = this.host(on)
    host.addAddress(LOOPBACK, alone(vip))
    Object.assign(host.arp, { arpIgnore: 1, arpAnnounce: 2 })
    if (method === 'tun') host.addTunnel(tunnel.type, tunnel.type === 'gue' ? tunnel.port : undefined)
    return Promise.resolve({ stdout: '', stderr: '', status: 0 })
  }

  fetch(client: string, url: string): Promise<Fetched> {
    const answer = this.request(client, url, { timeoutMs: FETCH_LIMIT_MS })
    return Promise.resolve('problem' in answer ? answer : { body: answer.body })
  }

  transfer(client: string, url: string, bytes: number): Promise<Transferred> {
    const content = contentOf(bytes)
    const up = this.request(client, url, { body: content, timeoutMs: TRANSFER_LIMIT_MS })
    if ('problem' in up) return Promise.resolve(up)
    const source = new URL(downloadPath(bytes), url).href
    const down = this.request(client, source, { timeoutMs: TRANSFER_LIMIT_MS })
    if ('problem' in down) return Promise.resolve(down)
    return Promise.resolve({
      sent: describeContent(content),
      uploaded: readReceipt(up.body),
      downloaded: describeContent(down.content),
    })
  }

  hold(client: string, endpoint: string): Promise<Fetched> {
    const { address, port } = parseEndpoint(endpoint)
    const connection = this.host(client).tcp.connect(address, port)
    const fetched = this.fetchBy({ connection, endpoint })
    if ('body' in fetched) this.held.set(client, [...(this.held.get(client) ?? []), { connection, endpoint }])
    return Promise.resolve(fetched)
  }

  reuse(client: string): Promise<readonly Fetched[]> {
    return Promise.resolve((this.held.get(client) ?? []).map((held) => this.fetchBy(held)))
  }

  neighbour(host: string, address: string): Promise<Neighbour | null> {
    const mac = this.host(host).neighbour(address)
    if (mac === null) return Promise.resolve(null)
    const owner = this.network.hosts.find((each) => each.interfaces.some((own) => own.mac === mac))
    return Promise.resolve({ mac: formatMac(mac), host: owner?.name ?? null })
  }

  release(client: string): Promise<void> {
    for (const { connection } of this.held.get(client) ?? []) connection.close()
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

  /** Lets time pass until a request is answered, or it is certain that it will not be. */
  private request(client: string, url: string, options: HttpOptions): HttpAnswer | { problem: string } {
    const { address, port, path } = parseUrl(url)
    let done = false
    const answer = httpRequest(this.host(client), address, port, { path, ...options }, () => {
      done = true
    })
    this.network.runUntil(() => done, 2 * TRANSFER_LIMIT_MS)
    this.network.run(BETWEEN_COMMANDS_MS)
    if (answer.failure !== null) return { problem: answer.failure }
    return answer.status === 200 ? answer : { problem: `HTTP status ${answer.status ?? 'missing'}` }
  }

  /** Asks for a page by a connection, which is aborted if none comes. */
  private fetchBy({ connection, endpoint }: Held): Fetched {
    let answer = ''
    let problem = ''
    const ask = (): void => connection.send(Buffer.from(pageRequest(endpoint)))
    if (connection.state === 'ESTABLISHED') ask()
    else connection.onOpen = ask
    connection.onData = (data) => (answer += Buffer.from(data).toString())
    connection.onClose = (failure) => (problem = failure ?? 'closed without an answer')
    this.network.runUntil(() => pageOf(answer) !== null || problem !== '', FETCH_LIMIT_MS)
    const body = pageOf(answer)
    if (body !== null) return { body }
    connection.abort()
    return { problem: problem === '' ? 'no-answer' : problem }
  }

  private host(name: string): Host {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`the simulated network has no host "${name}"`)
    return host
  }

  private addHost(topology: Topology, lab: LabHost, switches: Map<string, Switch>) {
    const { name, interfaces, gateway, loopback = [], httpPort, expectsProxy = false, role } = lab
    const host = this.network.host(name)
    this.hosts.set(name, host)
    host.addInterface(LOOPBACK)
    for (const address of loopback) host.addAddress(LOOPBACK, alone(address))
    for (const [index, attachment] of interfaces.entries()) {
      const added = host.addInterface(`eth${index}`)
      for (const address of addressesWithPrefix(topology, attachment)) host.addAddress(`eth${index}`, address)
      const segment = switches.get(attachment.segment)
      if (segment !== undefined) this.network.plug(segment, added)
    }
    if (gateway !== undefined) host.addRoute(familyOf(gateway) === 'ipv6' ? '::/0' : '0.0.0.0/0', { gateway })
    if (role === 'router') host.forwarding = true
    if (httpPort !== undefined) serveHttp(host, httpPort, (asked) => respond(name, asked), { expectsProxy })
  }
}
