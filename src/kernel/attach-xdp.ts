/**
 * Devices at XDP: the links that they have beside the one at tcx, and why a device can't be there.
 *
 * The program for handoffs is attached before the one that makes them. Links are pinned when all are made; until then an error closes and
 * with that detaches them.
 */
import { KernelError } from './errors.ts'
import { BpfError, attachTcxIngressFirst, attachXdp, closeFd, pin } from './libbpf.ts'
import { deviceDriver, deviceMtu, type NetworkDevice } from './network-devices.ts'
import { HANDOFF, type LinkKind, type PinnedDirector, XDP } from './pins.ts'
import { xdpFeatures } from './xdp-features.ts'
import { loadXdpPrograms } from './xdp-programs.ts'

/** Under the writers' lock: all of the devices, or none. Throws `not-attachable` or `load-failed`. */
export function attachAtXdp(director: PinnedDirector, devices: readonly NetworkDevice[], objectFile?: string): void {
  const features = xdpFeatures()
  for (const device of devices)
    if (features.get(device.ifindex)?.native !== true) throw refusal(device, noNativeXdp(device))
  loadXdpPrograms(director, objectFile)
  const pinned = new Set(director.links().map(({ kind, ifindex }) => linkName(kind, ifindex)))
  const programs = { handoff: director.openXdp(HANDOFF), xdp: director.openXdp(XDP) }
  const made = new Map<string, number>()
  try {
    for (const device of devices)
      for (const kind of ['handoff', 'xdp'] as const) {
        const name = linkName(kind, device.ifindex)
        if (!pinned.has(name)) made.set(name, attachOne(kind, programs[kind], device))
      }
    for (const [name, link] of made) pin(link, `${director.folder.pins}/links/${name}`)
  } finally {
    for (const fd of [...made.values(), ...Object.values(programs)]) closeFd(fd)
  }
}

function linkName(kind: LinkKind, ifindex: number): string {
  return `${kind}-${ifindex}`
}

function attachOne(kind: 'handoff' | 'xdp', program: number, device: NetworkDevice): number {
  try {
    return kind === 'xdp' ? attachXdp(program, device.ifindex) : attachTcxIngressFirst(program, device.ifindex)
  } catch (cause) {
    if (cause instanceof BpfError) throw refusal(device, whyRefused(device, cause), cause)
    throw cause
  }
}

function refusal({ name }: NetworkDevice, why: string, cause?: BpfError): KernelError {
  return new KernelError('not-attachable', `${name} can't be at XDP: ${why}. Nothing was changed`, { cause })
}

function noNativeXdp({ name }: NetworkDevice): string {
  const driver = deviceDriver(name)
  if (driver === 'veth') return 'its peer sends in more queues than it receives in: give it as many ("ethtool -L")'
  return `its driver, ${driver ?? 'which has no name'}, has no native XDP. It does its work at tcx`
}

/** What the kernel's refusal means, where an errno tells: net/core/dev.c:dev_xdp_attach, and drivers. */
function whyRefused({ name }: NetworkDevice, { code, message }: BpfError): string {
  switch (code) {
    case 'EBUSY':
      return `another XDP program is there, which "ip link show dev ${name}" names`
    case 'EEXIST':
      return `a generic XDP program is there ("ip link set dev ${name} xdpgeneric off" removes it), or any on a device above it`
    case 'ERANGE':
    case 'EINVAL':
    case 'EOPNOTSUPP':
      return `its driver, ${deviceDriver(name) ?? 'which has no name'}, refuses (${code}), often an MTU that is too large, here ${deviceMtu(name) ?? '?'}; the kernel's log may tell more`
    default:
      return message
  }
}
