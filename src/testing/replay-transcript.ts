/**
 * Replays a transcript of LVS on a bench: commands through ipvsadm's own front end, packets through the director, what would come out
 * compared with what came out. What needs a feature that the director lacks is left out by rule, never by hand:
 * a service that ipvsadm refuses as unsupported with all its packets and lines of listings, packets that aren't TCP
 * over IPv4, and everything between a sysctl set to another value than the director's behaviour and its return.
 */
import { systemNames } from '../cli/ipvsadm/names.ts'
import { run } from '../cli/ipvsadm/run.ts'
import type { Director } from '../control/director.ts'
import { formatAddress } from '../simulator/addresses.ts'
import { parseIpv4, parseTcp } from '../simulator/parse-packet.ts'
import type { DirectorBench } from './bench.ts'
import { afterPass, received } from './local-stack.ts'
import { buildNoted } from './packet-notation.ts'
import { type Ends, reachState } from './reach-state.ts'
import { parseTranscript, type Step } from './transcript.ts'

type Send = Extract<Step, { kind: 'send' }>
type Command = Extract<Step, { kind: 'command' }>

/** What the director does, in LVS's sysctls. */
const SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.vs.expire_nodest_conn': '0',
  'net.ipv4.vs.conn_reuse_mode': '1',
  'net.ipv4.vs.sloppy_tcp': '0',
}
/** `-- SYN_RECV at 10.2.0.2:80`: a connection was brought there before the next packet, on the same ports. */
const REACHED = /^([A-Z_]+) at ([\d.]+):(\d+)$/
const ENTRY = /^\[\('([\d.:]+)', '([A-Z_]+)', (\d+)\)\]$/
/** Seconds that a recorded entry may have aged before it was listed. */
const AGE_S = 5

/** A line of `-L -c` without its time, and that time in seconds; null for any other line. */
function connectionLine(line: string): { text: string; seconds: number } | null {
  const [, minutes, seconds, rest] = /^TCP (\d+):(\d+) +(.*)$/.exec(line) ?? []
  return rest === undefined ? null : { text: rest.trim(), seconds: Number(minutes) * 60 + Number(seconds) }
}

export interface Outcome {
  readonly replayed: number
  /** Steps left out, by rule. */
  readonly leftOut: Readonly<Record<string, number>>
  /** What differs from LVS, each with its line. */
  readonly differences: readonly string[]
}

export interface TranscriptOptions {
  /** Words to be taken for others, where the difference can't matter: a scheduler with one server to choose from. */
  readonly replace?: readonly (readonly [from: string, to: string])[]
  /** Connections that existed although the transcript doesn't show how: brought about before the first listing. */
  readonly established?: Ends
}

class Replay {
  replayed = 0
  readonly leftOut: Record<string, number> = {}
  readonly differences: string[] = []
  /** `TCP 10.9.0.1:80` of services that are not there. */
  private readonly foreign = new Set<string>()
  private readonly changedSysctls = new Set<string>()
  private timeoutsChanged = false
  private reach: RegExpExecArray | null = null
  private established: Ends | null

  constructor(
    private readonly bench: DirectorBench,
    options: TranscriptOptions,
  ) {
    this.established = options.established ?? null
  }

  async step(step: Step): Promise<void> {
    if (step.kind === 'command') await this.command(step)
    else if (step.kind === 'send') this.send(step)
    else this.reach = REACHED.exec(step.text)
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
    if (program === 'sysctl') {
      this.sysctl(rest[0] ?? '')
      return
    }
    if (this.changedSysctls.size > 0) {
      this.skip(`while ${[...this.changedSysctls].join()}`)
      return
    }
    if (program !== 'ipvsadm') {
      this.skip(`command ${program}`)
      return
    }
    if (this.timeoutsChanged) {
      this.skip('after --set')
      return
    }
    if (rest.includes('--rate')) {
      this.skip('--rate: depends on the moment')
      return
    }
    if (rest.includes('-L') && this.established !== null) {
      reachState(this.bench, 'ESTABLISHED', this.established)
      this.established = null
    }
    await this.ipvsadm(rest, output, line)
  }

  private sysctl(setting: string): void {
    const [name = '', value] = setting.split('=')
    if (SYSCTLS[name] === value) this.changedSysctls.delete(setting)
    for (const other of this.changedSysctls) if (other.startsWith(`${name}=`)) this.changedSysctls.delete(other)
    if (SYSCTLS[name] !== value) this.changedSysctls.add(setting)
  }

  private async ipvsadm(words: readonly string[], output: readonly string[], line: number): Promise<void> {
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
    if (words[0] === '--set') this.timeoutsChanged = true
    const at = words.findIndex((word) => word === '-t' || word === '-u' || word === '-f')
    const protocol = { '-t': 'TCP', '-u': 'UDP', '-f': 'FWM' }[words[at] ?? '']
    if (protocol !== undefined) this.foreign.add(`${protocol} ${words[at + 1] ?? ''}`)
  }

  /** The lines of a listing of services that are there: those of foreign ones are left out. */
  private known(lines: readonly string[]): string[] {
    let foreign = false
    return lines.filter((line) => {
      const [, protocol, name] = /^(TCP|UDP|FWM) +(\S+)/.exec(line) ?? []
      if (name !== undefined && !/^TCP \d+:\d+ /.test(line)) foreign = this.isForeign(`${protocol} ${name}`)
      const virtual = connectionLine(line)?.text.split(/ +/)[2]
      if (virtual !== undefined) return !this.isForeign(`TCP ${virtual}`)
      return !(foreign && /^(TCP|UDP|FWM| {2}->)/.test(line))
    })
  }

  private isForeign(service: string): boolean {
    return this.foreign.has(service) || /^(UDP|FWM) |\[/.test(service)
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
    if (this.changedSysctls.size > 0) {
      this.skip(`while ${[...this.changedSysctls].join()}`)
      return
    }
    if (this.timeoutsChanged) {
      this.skip('after --set')
      return
    }
    const packet = buildNoted(step.packet)
    const ip = packet === null ? null : parseIpv4(packet)
    const tcp = ip === null ? null : parseTcp(ip)
    if (packet === null || ip === null || tcp === null) {
      this.skip('packet that is not TCP over IPv4')
      return
    }
    if (this.isForeign(`TCP ${formatAddress(ip.destination)}:${tcp.destinationPort}`)) {
      this.skip('packet to a service that is not there')
      return
    }
    if (reach !== null) this.prepare(reach, ip.source, tcp.sourcePort, ip.destination, tcp.destinationPort)
    const got = Array.from({ length: step.times }, () => this.outcome(packet)).flat()
    this.compare(step.line, step.packet, got, step.received)
    if (step.entries !== null) this.entry(step.line, step.entries, tcp.sourcePort)
  }

  private prepare(reach: RegExpExecArray, client: number, clientPort: number, virtual: number, port: number): void {
    const [, state = '', address = '', serverPort] = reach
    reachState(this.bench, state, {
      client: { address: formatAddress(client), port: clientPort },
      virtual: { address: formatAddress(virtual), port },
      server: { address, port: Number(serverPort) },
    })
    const made = this.bench.control.connections().find((connection) => connection.client.port === clientPort)
    if (made?.state !== state || made.dest.address !== address)
      throw new Error(`the connection is ${made?.state} at ${made?.dest.address}, not ${reach[0]}`)
  }

  private outcome(packet: Uint8Array): string[] {
    const { verdict, packet: out } = this.bench.handle(packet)
    if (verdict === 'drop') return []
    return verdict === 'forward' ? [received(out)] : afterPass(packet)
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

/** Replays a transcript's text on a new bench. */
export async function replayTranscript(
  text: string,
  bench: DirectorBench,
  options: TranscriptOptions = {},
): Promise<Outcome> {
  const replaced = (options.replace ?? []).reduce((all, [from, to]) => all.replaceAll(from, to), text)
  const replay = new Replay(bench, options)
  for (const step of parseTranscript(replaced)) await replay.step(step)
  return replay
}
