/**
 * A virtual network: hosts, links and switches that share one clock and one seed. A discrete-event simulation: the same seed and the same
 * calls give the same frames at the same times, bit for bit. Each channel and each host draws from a stream of its own.
 */
import { Capture } from './capture.ts'
import { Clock } from './clock.ts'
import { Host } from './host.ts'
import type { NetworkInterface } from './interface.ts'
import { Channel, type LinkConditions, type Port, Switch } from './link.ts'
import { Random } from './random.ts'

/** The two directions of a link, for changing conditions while the simulation runs. `out` is from the first end. */
export interface Link {
  readonly out: Channel
  readonly back: Channel
}

/** Locally administered unicast addresses: 02:00:00:00:00:01 and up. */
const FIRST_MAC = 0x020000000001

export class Network {
  readonly clock = new Clock()
  readonly hosts: Host[] = []
  private interfaces = 0
  private streams = 0

  /** `seed`: a whole number, 0 … 2^53 − 1. */
  constructor(readonly seed: number) {}

  /** Adds a host without interfaces. */
  host(name: string): Host {
    const host = new Host(name, this.clock, this.random(), () => FIRST_MAC + this.interfaces++)
    this.hosts.push(host)
    return host
  }

  /** Joins two interfaces by a cable. The conditions hold in each direction. */
  link(first: NetworkInterface, second: NetworkInterface, conditions: Partial<LinkConditions> = {}): Link {
    const out = this.channel(second, conditions)
    const back = this.channel(first, conditions)
    first.plugInto(out)
    second.plugInto(back)
    return { out, back }
  }

  /** A switch for any number of interfaces. */
  switch(): Switch {
    return new Switch()
  }

  /** Plugs an interface into a switch by a cable. The conditions hold in each direction; a frame crosses two such cables. */
  plug(into: Switch, plugged: NetworkInterface, conditions: Partial<LinkConditions> = {}): Link {
    const back = this.channel(plugged, conditions)
    const out = this.channel(into.plug(back), conditions)
    plugged.plugInto(out)
    return { out, back }
  }

  /** Captures all frames at an interface from now on. */
  capture(at: NetworkInterface): Capture {
    const capture = new Capture()
    at.captureTo(capture)
    return capture
  }

  /** Lets `durationMs` of simulated time pass. */
  run(durationMs: number): void {
    this.clock.runFor(durationMs)
  }

  /** Lets time pass until `isDone` holds; false if it doesn't within `limitMs`. */
  runUntil(isDone: () => boolean, limitMs: number): boolean {
    return this.clock.runUntil(isDone, limitMs)
  }

  /** A generator of the network's seed, apart from all others. */
  random(): Random {
    return new Random(this.seed, ++this.streams)
  }

  private channel(to: Port, conditions: Partial<LinkConditions>): Channel {
    return new Channel(this.clock, this.random(), to, conditions)
  }
}
