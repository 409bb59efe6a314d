/**
 * Replays a transcript of LVS on a bench: commands through ipvsadm's own front end, sysctls as the director's settings, packets through
 * the director, what would come out compared with what came out. What needs a feature that the director lacks is left out by rule,
 * never by hand: a service that ipvsadm refuses as unsupported with all its packets and lines of listings, and packets of other
 * protocols than TCP, UDP and ICMP.
 */
import { systemNames } from '../cli/ipvsadm/names.ts'
import { run } from '../cli/ipvsadm/run.ts'
import type { Director } from '../control/director.ts'
import type { SettingValues } from '../control/model.ts'
import { fragment } from '../simulator/fragments.ts'
import { parseIpv4 } from '../simulator/parse-packet.ts'
import type { DirectorBench } from './bench.ts'
import { afterPass, received } from './local-stack.ts'
import { buildNoted, type NotedPacket } from './packet-notation.ts'
import { type Ends, reachState } from './reach-state.ts'
import { DEFAULT_MTU } from './routes.ts'
import { parseTranscript, type Step } from './transcript.ts'

type Send = Extract<Step, { kind: 'send' }>
type Flow = Extract<Step, { kind: 'flow' }>
type Command = Extract<Step, { kind: 'command' }>

/** The director's settings by LVS's names. */
const SYSCTLS: Readonly<Record<string, keyof SettingValues>> = {
  'net.ipv4.vs.conn_reuse_mode': 'connReuseMode',
  'net.ipv4.vs.expire_nodest_conn': 'expireNodestConn',
  'net.ipv4.vs.expire_quiescent_template': 'expireQuiescentTemplate',
  'net.ipv4.vs.sloppy_tcp': 'sloppyTcp',
}
/** `-- SYN_RECV at 10.2.0.2:80`: a connection was brought there before the next packet, on the same ports. */
const REACHED = /^([A-Z_]+) at ([\d.]+):(\d+)$/
const ENTRY = /^\[\('([\d.:]+)', '([A-Z_]+)', (\d+)\)\]$/
/** LVS sends ICMPv6 errors from an address of its own, the director from the virtual address: that of the quoted packet's destination. */
const ICMPV6_ERROR = /^client receives \S+ (> .* icmp6 .* \[ \S+ > (\S+) )/
/** Source ports of GUE are the sender's to choose; checksums of GRE are recorded as the device was left to complete them. */
const GUE_SOURCE = /udp \d+>6080 /
const GRE_CHECKSUM = /gre 80000800[0-9a-f]{8} /

function evenTunnels(text: string): string {
  return text.replace(GUE_SOURCE, 'udp *>6080 ').replace(GRE_CHECKSUM, 'gre 80000800******** ')
}

/** Seconds that a recorded entry may have aged before it was listed. */
const AGE_S = 5
/** A command or a packet took about as long; the director's own timer wakes as often as that. */
const STEP_MS = 10
const TICK_MS = 100

/** A line of `-L -c` without its time, and that time in seconds; null for any other line. */
function connectionLine(line: string): { text: string; seconds: number } | null {
  const [, protocol, minutes, seconds, rest] = /^(TCP|UDP|IP) +(\d+):(\d+) +(.*)$/.exec(line) ?? []
  if (rest === undefined) return null
  return { text: `${protocol} ${rest.trim()}`, seconds: Number(minutes) * 60 + Number(seconds) }
}

export interface Outcome {
  readonly replayed: number
  /** Steps left out, by rule. */
  readonly leftOut: Readonly<Record<string, number>>
  /** What differs from LVS, each with its line. */
  readonly differences: readonly string[]
}

export interface TranscriptOptions {
  /** Connections that existed although the transcript doesn't show how: brought about before the first listing. */
  readonly established?: Ends
  /** Firewall marks by the address that a rule gave them to. */
  readonly marks?: Readonly<Record<string, number>>
  /** Milliseconds between two flows of the services in turn: the transcript doesn't say. */
  readonly flowSteps?: readonly number[]
}

class Replay {
  replayed = 0
  readonly leftOut: Record<string, number> = {}
  readonly differences: string[] = []
  /** `TCP 10.9.0.1:80` of services that are not there. */
  private readonly foreign = new Set<string>()
  private nowMs = 1000
  private reach: RegExpExecArray | null = null
  private established: Ends | null
  /** Address and port of the service that was added last. */
  private latest = ''
  private services = 0

  constructor(
    private readonly bench: DirectorBench,
    private readonly options: TranscriptOptions,
  ) {
    this.established = options.established ?? null
    bench.setClock(this.nowMs)
  }

  async step(step: Step): Promise<void> {
    this.advance(STEP_MS)
    switch (step.kind) {
      case 'command':
        return this.command(step)
      case 'send': {
        this.send(step)
        return
      }
      case 'flow': {
        this.flow(step)
        return
      }
      case 'wait': {
        this.advance(step.seconds * 1000)
        return
      }
      case 'remark':
        this.reach = REACHED.exec(step.text)
    }
  }

  private advance(ms: number): void {
    const end = this.nowMs + ms
    while (this.nowMs < end) this.bench.setClock((this.nowMs = Math.min(end, this.nowMs + TICK_MS)))
  }

  private skip(rule: string): void {
    this.leftOut[rule] = (this.leftOut[rule] ?? 0) + 1
  }

  private differs(line: number, what: string): void {
    this.differences.push(`line ${line}: ${what}`)
  }

  private compare(line: number, what: string, got: readonly string[], recorded: readonly string[]): void {
    this.replayed += 1
    if (got.join('\n') === recorded.join('\n')) return
    this.differs(line, `${what}: ${JSON.stringify(got)}, but LVS ${JSON.stringify(recorded)}`)
  }

  private async command({ words, output, line }: Command): Promise<void> {
    const [program = '', ...rest] = words
    if (program === 'sysctl') this.sysctl(rest[0] ?? '')
    else if (program !== 'ipvsadm') this.skip(`command ${program}`)
    else if (rest.includes('--rate')) this.skip('--rate: depends on the moment')
    else await this.ipvsadm(rest, output, line)
  }

  private sysctl(setting: string): void {
    const [name = '', value] = setting.split('=')
    const known = SYSCTLS[name]
    if (known === undefined) throw new Error(`the transcript sets ${name}, which is none of the director's settings`)
    this.bench.control.set({ [known]: Number(value) })
  }

  private async ipvsadm(words: readonly string[], output: readonly string[], line: number): Promise<void> {
    if (words.includes('-L') && this.established !== null) {
      reachState(this.bench, 'ESTABLISHED', this.established)
      this.established = null
    }
    if (words[0] === '-A') {
      this.services += 1
      this.latest = words[2] ?? ''
    }
    const outcome = await run(words, {
      names: systemNames(),
      stdin: () => '',
      openDirector: () => Object.assign(Object.create(this.bench.control) as Director, { close: () => undefined }),
    })
    const feature = /does not support: (.*)/.exec(outcome.stderr)?.[1]
    if (feature !== undefined) {
      this.refused(words, feature)
      return
    }
    if (!words.includes('-L')) {
      this.compare(line, words.join(' '), [outcome.stderr], [''])
      return
    }
    const got = this.known(outcome.stdout.split('\n').map((text) => text.trimEnd()))
    const recorded = this.known(output.map((text) => text.trimEnd()))
    if (words.includes('-c')) this.connections(line, got, recorded)
    else
      this.compare(
        line,
        words.join(' '),
        got.filter((text) => text !== ''),
        recorded,
      )
  }

  /** Notes what isn't there after a refused command. */
  private refused(words: readonly string[], feature: string): void {
    this.skip(feature)
    const at = words.findIndex((word) => word === '-t' || word === '-u' || word === '-f')
    const protocol = { '-t': 'TCP', '-u': 'UDP', '-f': 'FWM' }[words[at] ?? '']
    if (protocol !== undefined) this.foreign.add(`${protocol} ${words[at + 1] ?? ''}`)
  }

  /** The lines of a listing of services that are there: those of foreign ones are left out. */
  private known(lines: readonly string[]): string[] {
    let foreign = false
    return lines.filter((line) => {
      const connection = connectionLine(line)
      if (connection !== null) {
        const [protocol, , , virtual] = connection.text.split(/ +/)
        return !this.foreign.has(`${protocol} ${virtual}`)
      }
      const [, protocol, name] = /^(TCP|UDP|FWM) +(\S+)/.exec(line) ?? []
      if (name !== undefined) foreign = this.foreign.has(`${protocol} ${name}`)
      return !(foreign && /^(TCP|UDP|FWM| {2}->)/.test(line))
    })
  }

  private connections(line: number, got: readonly string[], recorded: readonly string[]): void {
    const read = (lines: readonly string[]): { text: string; seconds: number }[] =>
      lines.flatMap((text) => connectionLine(text) ?? []).sort((a, b) => (a.text < b.text ? -1 : 1))
    const [ours, theirs] = [read(got), read(recorded)]
    this.compare(line, '-L -c', ours.map(({ text }) => text), theirs.map(({ text }) => text)) // prettier-ignore
    ours.forEach(({ text, seconds }, index) => {
      const age = seconds - (theirs[index]?.seconds ?? seconds)
      if (age < 0 || age > AGE_S) this.differs(line, `${text} lasts ${seconds} s, in LVS ${seconds - age} s`)
    })
  }

  private send(step: Send): void {
    const { reach } = this
    this.reach = null
    const packet = buildNoted(step.packet)
    if (packet === null) {
      this.skip('packet of another protocol than TCP, UDP and ICMP')
      return
    }
    if (this.foreign.has(serviceName(packet))) {
      this.skip('packet to a service that is not there')
      return
    }
    if (reach !== null) this.prepare(reach, packet)
    const got = Array.from({ length: step.times }, () => this.outcome(packet)).flat()
    const recorded = step.received.map((text) => evenTunnels(text.replace(ICMPV6_ERROR, 'client receives $2 $1')))
    this.compare(step.line, step.packet, got.map(evenTunnels), recorded)
    if (step.entries !== null) this.entry(step.line, step.entries, packet.sourcePort)
  }

  private prepare(reach: RegExpExecArray, packet: NotedPacket): void {
    const [, state = '', address = '', serverPort] = reach
    reachState(this.bench, state, {
      client: { address: packet.source, port: packet.sourcePort },
      virtual: { address: packet.destination, port: packet.destinationPort },
      server: { address, port: Number(serverPort) },
    })
    const made = this.bench.control.connections().find((connection) => connection.client.port === packet.sourcePort)
    if (made?.state !== state || made.dest.address !== address)
      throw new Error(`the connection is ${made?.state} at ${made?.dest.address}, not ${reach[0]}`)
  }

  private outcome({ bytes, destination }: NotedPacket): string[] {
    const { verdict, packet: out } = this.bench.handle(bytes, this.options.marks?.[destination])
    if (verdict === 'drop') return []
    return verdict === 'forward' ? onTheWire(out).map(received) : afterPass(bytes)
  }

  private flow({ clientPort, refusal, counters, line }: Flow): void {
    const [address = '', port] = this.latest.split(':')
    const text = `10.1.0.1 > ${address} ttl=64 tos=0 DF len=29 udp ${clientPort}>${port}`
    const packet = buildNoted(text)
    if (packet === null) throw new Error(`${text} is no packet`)
    this.advance((this.options.flowSteps?.[this.services - 1] ?? 0) - STEP_MS)
    const got = this.outcome(packet)
    const taken = `server receives ${text.replace(address, '10.2.0.1').replace('ttl=64', 'ttl=63')}`
    this.compare(line, text, got, [refusal === null ? taken : `client receives ${refusal}`])
    const [dest] = this.bench.control.services().find((service) => service.dests.length > 0)?.dests ?? []
    this.compare(line, `counters after ${clientPort}`, [`${dest?.active}, ${dest?.inactive}`], [counters.join(', ')])
  }

  private entry(line: number, recorded: string, clientPort: number): void {
    const [, server, state, seconds] = ENTRY.exec(recorded) ?? []
    const found = this.bench.control.connections().find(({ client }) => client.port === clientPort)
    const got = `${found?.dest.address}:${found?.dest.port} ${found?.state}`
    this.compare(line, 'entry', [got], [`${server} ${state}`])
    const age = (found?.remainingMs ?? 0) / 1000 - Number(seconds)
    if (age < 0 || age > AGE_S) this.differs(line, `lasts ${age} s longer than in LVS`)
  }
}

/** What leaves for the wire: what the host's stack is to send it cuts to the size of the way. */
function onTheWire(packet: Uint8Array): Uint8Array[] {
  const ip = parseIpv4(packet)
  return ip === null || ip.totalLength <= DEFAULT_MTU ? [packet] : fragment(ip, DEFAULT_MTU)
}

/** As listings name the service that a client's packet is for. */
function serviceName({ protocol, destination, destinationPort }: NotedPacket): string {
  const address = destination.includes(':') ? `[${destination}]` : destination
  return `${protocol.toUpperCase()} ${address}:${destinationPort}`
}

/** Replays a transcript's text on a new bench. */
export async function replayTranscript(
  text: string,
  bench: DirectorBench,
  options: TranscriptOptions = {},
): Promise<Outcome> {
  const replay = new Replay(bench, options)
  for (const step of parseTranscript(text)) await replay.step(step)
  return replay
}
