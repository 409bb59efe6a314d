/** Packets of established connections sent through a forwarder, again where some were lost: another process held up what receives them. */
import type { SettingValues } from '../src/control/model.ts'
import { TcpFlag } from '../src/simulator/packets.ts'
import { type Forwarder, type Service, through } from './forwarders.ts'
import type { LiveFrames } from './live-frames.ts'
import { breathe, type Sampler } from './samples.ts'
import { SERVER_ADDRESSES } from './topology.ts'

/** Of a sample. */
export const PACKETS = 100_000
const WARM_UP = 20_000
export const CONNECTIONS = 1000
export const PORT = 8080
export const SERVICES: readonly Service[] = [{ port: PORT, servers: SERVER_ADDRESSES }]
/** Servers only count. Until one answers, each packet by FullNAT gets the option that names its client, which later ones do not. */
export const SETTINGS: Partial<SettingValues> = { toa: 0 }
/** Share of the packets that may get lost before the figure means something else. */
const TOLERATED_LOSS = 0.001
const ATTEMPTS = 10

function orderOf({ addresses }: Forwarder, flags: number) {
  return { flows: CONNECTIONS, destinations: addresses, port: PORT, flags }
}

/** Sends the first packet of each connection. */
export async function openConnections(frames: LiveFrames, forwarder: Forwarder): Promise<void> {
  const order = { ...orderOf(forwarder, TcpFlag.Syn), packets: CONNECTIONS }
  await through(forwarder, () => frames.send(order))
}

/** Samples what `measure` makes of `PACKETS` packets; `send` sends them and returns the seconds it took. */
export function packetSampler(
  frames: LiveFrames,
  forwarder: Forwarder,
  measure: (send: () => number) => number,
): Sampler {
  const order = orderOf(forwarder, TcpFlag.Ack)
  return () =>
    through(forwarder, async () => {
      for (let turn = 0; turn < ATTEMPTS; turn++) {
        frames.send({ ...order, packets: WARM_UP })
        const before = frames.received()
        const sample = measure(() => frames.send({ ...order, packets: PACKETS }))
        if (frames.received() - before >= PACKETS * (1 - TOLERATED_LOSS)) return sample
        await breathe()
      }
      throw new Error(`${forwarder.name}: packets were lost in ${ATTEMPTS} attempts; is the machine busy?`)
    })
}
