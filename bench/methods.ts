/**
 * `methods`: nanoseconds that Weir's program takes for a client's packet of an established connection, by forwarding method, at tcx and XDP,
 * beside the floor in C. Test runs repeat one packet, which only translation keeps worth forwarding; so this is live traffic, which a generator
 * in the kernel sends, timed by the kernel's own statistics of its programs. What they make of an empty program, the time that
 * reading the clock takes, is a row of its own, and subtracted from all others.
 */
import { INGRESS, HANDOFF, PinnedDirector, XDP } from '../src/kernel/pins.ts'
import {
  attachTcxIngress,
  attachXdp,
  type BpfObject,
  closeFd,
  enableRunStatistics,
  programInfo,
} from '../src/kernel/libbpf.ts'
import { stateFolder } from '../src/kernel/state-folder.ts'
import { addBaselineService } from './baseline.ts'
import type { Benchmark, Output } from './benchmark.ts'
import { onCleanUp } from './cleanup.ts'
import { compile } from './compile.ts'
import { CONNECTIONS, openConnections, PACKETS, packetSampler, PORT, SERVICES, SETTINGS } from './forwarded-packets.ts'
import { atXdp, type Forwarder, loadWeir, METHODS, NAT, program, through } from './forwarders.ts'
import { LiveFrames } from './live-frames.ts'
import { whyNoKernel } from './requirements.ts'
import { compare, type Sampler } from './samples.ts'
import { inside, makeNetwork, SERVER_ADDRESSES } from './topology.ts'

const ROUNDS = 9
/** Share of runs for other packets than those sent: neighbours being discovered. */
const TOLERATED_RUNS = 0.01
/** The floor in C knows services with one server: one for each server. */
const FLOOR_ADDRESSES = ['10.72.2.1', '10.72.2.2']

/** How often programs have run together, and how long. */
function total(programs: readonly number[]): { runs: number; ns: number } {
  let [runs, ns] = [0, 0]
  for (const each of programs.map(programInfo)) [runs, ns] = [runs + each.runs, ns + each.runNs]
  return { runs, ns }
}

/** Samples the nanoseconds that a packet takes in the one of `programs` that it meets. */
function runTime(frames: LiveFrames, forwarder: Forwarder, programs: readonly number[]): Sampler {
  return packetSampler(frames, forwarder, (send) => {
    const before = total(programs)
    send()
    const after = total(programs)
    const runs = after.runs - before.runs
    if (runs === 0 || runs > PACKETS * (1 + TOLERATED_RUNS))
      throw new Error(`${forwarder.name}: ${runs} runs of programs for ${PACKETS} packets`)
    return (after.ns - before.ns) / runs
  })
}

/** The sampler's, without what an empty program takes at the same place right afterwards. */
function without(nothing: Sampler, sampler: Sampler): Sampler {
  return async () => (await sampler()) - (await nothing())
}

/** Descriptors of the loaded director's programs for what devices receive, those for devices at XDP among them. */
async function weirPrograms(): Promise<number[]> {
  // Those are loaded when a device first is at XDP.
  return through(atXdp(NAT), () =>
    inside('director', () => {
      const director = PinnedDirector.open(stateFolder())
      if (director === null) throw new Error('the director is not loaded')
      const programs = [director.openProgram(INGRESS), director.openXdp(XDP), director.openXdp(HANDOFF)]
      director.close()
      onCleanUp("descriptors of the director's programs", () => programs.forEach(closeFd))
      return programs
    }),
  )
}

function floorInC(object: BpfObject): Forwarder {
  const ends = { protocol: 'tcp', virtualPort: PORT, serverPort: PORT }
  for (const [index, server] of SERVER_ADDRESSES.entries())
    addBaselineService(object, { ...ends, virtual: FLOOR_ADDRESSES[index] ?? '', server })
  return program('C floor', object.programFd('baseline'), FLOOR_ADDRESSES)
}

async function run(output: Output): Promise<void> {
  makeNetwork()
  const frames = LiveFrames.prepare()
  const baseline = compile('baseline')
  baseline.load()
  loadWeir(SERVICES, SETTINGS)
  const floor = floorInC(baseline)
  for (const forwarder of [...METHODS, floor]) await openConnections(frames, forwarder)
  const weir = await weirPrograms()
  const statistics = enableRunStatistics()
  onCleanUp('statistics of programs', () => closeFd(statistics))

  const timed = (forwarder: Forwarder, programs: readonly number[]) => runTime(frames, forwarder, programs)
  const empty = (name: string, attachTo: typeof attachXdp) =>
    timed(program(name, baseline.programFd(name), SERVER_ADDRESSES, attachTo), [baseline.programFd(name)])
  const [nothing, xdpNothing] = [empty('nothing', attachTcxIngress), empty('nothing_at_xdp', attachXdp)]
  const contenders: Record<string, Sampler> = {}
  for (const method of METHODS) contenders[method.name] = without(nothing, timed(method, weir))
  for (const method of METHODS.map(atXdp)) contenders[method.name] = without(xdpNothing, timed(method, weir))
  contenders[floor.name] = without(nothing, timed(floor, [baseline.programFd('baseline')]))

  const unit = 'ns a packet'
  const overheads = { 'at tcx': nothing, 'at XDP': xdpNothing }
  output.comparison(await compare('an empty program, subtracted below', unit, ROUNDS, overheads))
  output.comparison(await compare(`established, from the client, ${CONNECTIONS} connections`, unit, ROUNDS, contenders))
}

export const methods: Benchmark = {
  name: 'methods',
  title: 'a packet by forwarding method, live, beside the same job by hand in C',
  whyNot: whyNoKernel,
  run,
}
