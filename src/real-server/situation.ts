/** What `check` looks at: this host, what Weir has applied to it, and what the caller has said about it. */
import { readRecord, realServerFolder, type ServerRecord } from './apply.ts'
import type { Situation } from './check.ts'
import { type Decapsulator, readDecapsulator } from './decapsulator.ts'
import { type Host, ip, readHost } from './host.ts'
import { readMartians } from './martians.ts'
import { type Method, RealServerError, type Tunnel } from './model.ts'
import { arrivalDevice } from './plan.ts'
import { tunnelDevices } from './tunnel-device.ts'

/** Null, or nothing in a list: not said. */
export interface Said {
  readonly method: Method | null
  readonly vips: readonly string[]
  readonly device: string | null
  readonly gateways: readonly string[]
  readonly tunnel: Tunnel | null
}

/** What is not said is taken from what was applied, or found out. Throws `bad-request` where neither tells. */
export function readSituation(said: Said): Situation {
  const folder = realServerFolder()
  const record = readRecord(folder)
  const host = readHost()
  const decapsulator = readDecapsulator(folder)
  const vips = said.vips.length > 0 ? said.vips : (record?.vips ?? addressesOfLoopback(host))
  const method = said.method ?? record?.method ?? guessMethod(host, vips, decapsulator)
  if (method !== 'nat' && vips.length === 0)
    throw new RealServerError('bad-request', 'which are the virtual addresses? None is on lo: say --vip ADDRESS')
  const device = deviceOf(said.device ?? record?.device ?? null, vips, host)
  return {
    method,
    vips: method === 'nat' ? [] : vips,
    device,
    gateways: said.gateways.length > 0 ? said.gateways : (record?.gateways ?? []),
    tunnel: said.tunnel ?? tunnelOf(record),
    host,
    decapsulator,
    martians: readMartians(host, device),
    redirects: readRedirects(),
  }
}

function addressesOfLoopback({ devices }: Host): string[] {
  const addresses = devices.flatMap(({ isLoopback, addresses: found }) => (isLoopback ? found : []))
  return addresses.flatMap(({ address, scope }) => (scope === 'global' ? [address] : []))
}

function guessMethod({ devices }: Host, vips: readonly string[], decapsulator: Decapsulator | null): Method {
  const hasTunnel = (['ipip', 'gre'] as const).some((type) =>
    ([4, 6] as const).some((family) => tunnelDevices(devices, type, family).length > 0),
  )
  if (decapsulator !== null || hasTunnel) return 'tun'
  if (vips.length > 0) return 'dr'
  throw new RealServerError('bad-request', 'how does the director forward to this server? Say dr, tun or nat')
}

function deviceOf(device: string | null, vips: readonly string[], host: Host): string | null {
  if (device !== null) return arrivalDevice({ device, vips }, host)
  try {
    return arrivalDevice({ device, vips }, host)
  } catch (error) {
    if (error instanceof RealServerError) return null
    throw error
  }
}

function tunnelOf(record: ServerRecord | null): Tunnel | null {
  const steps = record?.changes.map(({ step }) => step) ?? []
  return steps.flatMap((step) => (step.kind === 'decapsulator' ? [step.tunnel] : []))[0] ?? null
}

function readRedirects(): string[] {
  const lines = ([4, 6] as const).flatMap((family) => ip([`-${family}`, '-o', 'route', 'show', 'cache']).split('\n'))
  return lines.filter((line) => line.includes('redirected'))
}
