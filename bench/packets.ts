/**
 * `packets`: packets a second that arrive at the servers from a generator in the kernel, through plain routing, nftables and Weir in
 * turns. A packet's whole way runs on one processor, generator and sink included; `no forwarding` is that part alone.
 */
import { type Benchmark, hasContender, type Output } from './benchmark.ts'
import { CONNECTIONS, openConnections, PACKETS, packetSampler, SERVICES, SETTINGS } from './forwarded-packets.ts'
import { atXdp, type Forwarder, loadWeir, METHODS, nftables, program, ROUTING } from './forwarders.ts'
import { LiveFrames } from './live-frames.ts'
import { whyNoKernel } from './requirements.ts'
import { compare } from './samples.ts'
import { makeNetwork, setting } from './topology.ts'

const ROUNDS = 15

function nftablesBy(output: Output): Forwarder[] {
  if (!hasContender(output, 'nft', 'nftables')) return []
  const forwarder = nftables(SERVICES)
  forwarder.use()
  // As if a network card had verified them.
  setting('director', 'netfilter/nf_conntrack_checksum', 0)
  forwarder.leave()
  return [forwarder]
}

async function measure(output: Output): Promise<void> {
  makeNetwork()
  const frames = LiveFrames.prepare()
  loadWeir(SERVICES, SETTINGS)
  for (const method of METHODS) await openConnections(frames, method)
  const contenders = [
    ROUTING,
    ...METHODS,
    ...METHODS.map(atXdp),
    // Packets that end where the director would receive them.
    program('no forwarding', frames.sinkFd, ROUTING.addresses),
    ...nftablesBy(output),
  ]
  const samplers = contenders.map((forwarder) => {
    const sampler = packetSampler(frames, forwarder, (send) => PACKETS / send())
    return [forwarder.name, sampler] as const
  })
  const what = `forwarded, ${CONNECTIONS} connections, one sender`
  output.comparison(await compare(what, 'packets/s', ROUNDS, Object.fromEntries(samplers)))
}

export const packets: Benchmark = {
  name: 'packets',
  title: 'packets forwarded a second, beside plain routing',
  whyNot: whyNoKernel,
  run: measure,
}
