/**
 * Which devices carry the director's programs: every Ethernet device, except those that the operator has excluded. All carry the one for
 * tcx; a device at XDP carries that for XDP in front of it, and the one that takes its handoffs. The loopback device carries it for the host's
 * own connections to virtual addresses. While a server is the host itself and answers by translation, Ethernet devices also carry
 * the program for what the host sends.
 *
 * A link is pinned, so a program stays attached with no process of ours alive; it ends with its device, and its pin is then removed.
 */
import { unlinkSync } from 'node:fs'
import { choose, type DeviceLists, readDeviceLists } from './device-lists.ts'
import { KernelError } from './errors.ts'
import { BpfError, attachTcxEgress, attachTcxIngress, closeFd, detachLink, openPin, pin } from './libbpf.ts'
import { deviceDriver, networkDevices, type NetworkDevice } from './network-devices.ts'
import { EGRESS, INGRESS, type LinkKind, type PinnedDirector, type PinnedLink } from './pins.ts'
import type { StateFolder } from './state-folder.ts'
import { attachAtXdp } from './attach-xdp.ts'
import { xdpFeatures } from './xdp-features.ts'
import { redirectTargets, refreshRedirectTargets } from './xdp-programs.ts'

/** Why a device does or does not carry the program. `new`: the next command that writes attaches it. */
export type AttachmentReason = 'attached' | 'excluded' | 'not-ethernet' | 'loopback' | 'new' | 'not-loaded'

/**
 * How packets from devices at XDP leave by a device: redirected by its driver, or through tcx, which it is slower, where the driver takes
 * no redirected frames. `lost`: it takes none any more, but nobody has told the program.
 */
export type RedirectStatus = 'direct' | 'through-tcx' | 'lost'

export interface DeviceStatus {
  readonly name: string
  readonly ifindex: number
  readonly attached: boolean
  readonly reason: AttachmentReason
  /** Where it carries the program; null where it carries none. */
  readonly mode: 'tcx' | 'xdp' | null
  /** Whether it is to be at XDP. */
  readonly wantsXdp: boolean
  /** As `ethtool -i` names it; null where it has none. */
  readonly driver: string | null
  /** Null for other than attached devices, and while no device is at XDP. */
  readonly redirects: RedirectStatus | null
}

const ENODEV = 'ENODEV'

/** In the order of their indexes. `director` is null where none is loaded. */
export function deviceStatus(folder: StateFolder, director: PinnedDirector | null): DeviceStatus[] {
  const lists = readDeviceLists(folder)
  const carriers = carriersOf(director)
  const redirects = redirectsOf(director, carriers)
  return networkDevices().map((device) => {
    const { name, ifindex } = device
    const reason = reasonOf(device, lists, director, carriers)
    const attached = reason === 'attached'
    const mode = !attached ? null : carriers.xdp.has(ifindex) && carriers.handoff.has(ifindex) ? 'xdp' : 'tcx'
    const wantsXdp = lists.xdp.has(name) && !lists.excluded.has(name)
    const redirected = attached ? redirects(ifindex) : null
    return { name, ifindex, attached, reason, mode, wantsXdp, driver: deviceDriver(name), redirects: redirected }
  })
}

type Carriers = Readonly<Record<LinkKind, ReadonlySet<number>>>

/** Indexes of the devices that have a link of each kind. */
function carriersOf(director: PinnedDirector | null): Carriers {
  const live = director?.links().filter(({ alive }) => alive) ?? []
  const of = (wanted: LinkKind) => new Set(live.flatMap(({ kind, ifindex }) => (kind === wanted ? [ifindex] : [])))
  return { tcx: of('tcx'), egress: of('egress'), handoff: of('handoff'), xdp: of('xdp') }
}

function reasonOf(
  { name, ifindex, kind }: NetworkDevice,
  { excluded }: DeviceLists,
  director: PinnedDirector | null,
  { tcx }: Carriers,
): AttachmentReason {
  if (kind === 'loopback') return kind
  if (tcx.has(ifindex)) return 'attached'
  if (kind !== 'ethernet') return 'not-ethernet'
  if (excluded.has(name)) return 'excluded'
  return director === null ? 'not-loaded' : 'new'
}

function redirectsOf(director: PinnedDirector | null, { xdp }: Carriers): (ifindex: number) => RedirectStatus | null {
  if (director === null || xdp.size === 0) return () => null
  const targets = redirectTargets(director)
  const features = xdpFeatures()
  return (ifindex) => {
    if (!targets.has(ifindex)) return 'through-tcx'
    return features.get(ifindex)?.target === true ? 'direct' : 'lost'
  }
}

/**
 * Brings links into line with devices: unpins those of gone or excluded devices, attaches to devices that have none. A device that is to be at
 * XDP and can't be stays at tcx.
 */
export function attachAll(director: PinnedDirector): void {
  const { excluded, xdp } = readDeviceLists(director.folder)
  const devices = networkDevices()
  const wanted = carrying(devices, excluded)
  const receiving = [...wanted, ...devices.filter(({ kind }) => kind === 'loopback')]
  const sending = director.links().some(({ kind }) => kind === 'egress') ? wanted : []
  const atXdp = wanted.filter(({ name }) => xdp.has(name))
  removeLinks(director, 'xdp', atXdp)
  removeLinks(director, 'handoff', atXdp)
  removeLinks(director, 'egress', sending)
  removeLinks(director, 'tcx', receiving)
  attachMissing(director, 'egress', sending)
  attachMissing(director, 'tcx', receiving)
  if (atXdp.length > 0) returnToXdp(director, atXdp)
  if (director.hasXdp()) refreshRedirectTargets(director)
}

/** Whether the host's own packets are to pass the director as well: its answers, where it is a server by translation itself. */
export function watchOwnPackets(director: PinnedDirector, wanted: boolean): void {
  const { egress } = carriersOf(director)
  if (egress.size > 0 === wanted) return
  const { excluded } = readDeviceLists(director.folder)
  const devices = carrying(networkDevices(), excluded)
  removeLinks(director, 'egress', wanted ? devices : [])
  attachMissing(director, 'egress', wanted ? devices : [])
}

/** The devices that are to carry the program for clients' and servers' packets. */
function carrying(devices: readonly NetworkDevice[], excluded: ReadonlySet<string>): NetworkDevice[] {
  return devices.filter(({ kind, name }) => kind === 'ethernet' && !excluded.has(name))
}

/** Unpins links of other devices than those. */
function removeLinks(director: PinnedDirector, kind: LinkKind, devices: readonly NetworkDevice[]): void {
  for (const link of director.links())
    if (link.kind === kind && !(link.alive && devices.some(({ ifindex }) => ifindex === link.ifindex))) removeLink(link)
}

/** Its program is off the device when this returns: the next one may come at once. */
function removeLink({ path, alive }: PinnedLink): void {
  if (alive) {
    const fd = openPin(path)
    try {
      detachLink(fd)
    } finally {
      closeFd(fd)
    }
  }
  unlinkSync(path)
}

function attachMissing(director: PinnedDirector, kind: 'tcx' | 'egress', devices: readonly NetworkDevice[]): void {
  const carriers = carriersOf(director)[kind]
  const missing = devices.filter(({ ifindex }) => !carriers.has(ifindex))
  if (missing.length === 0) return
  const program = director.openProgram(kind === 'tcx' ? INGRESS : EGRESS)
  try {
    for (const device of missing) attachDevice(director.folder, kind, program, device)
  } finally {
    closeFd(program)
  }
}

function attachDevice(
  folder: StateFolder,
  kind: 'tcx' | 'egress',
  program: number,
  { name, ifindex }: NetworkDevice,
): void {
  let link: number
  try {
    link = kind === 'tcx' ? attachTcxIngress(program, ifindex) : attachTcxEgress(program, ifindex)
  } catch (cause) {
    if (!(cause instanceof BpfError)) throw cause
    // Gone between being listed and now.
    if (cause.code === ENODEV) return
    const remedy = `Exclude it with "weir detach ${name}" if it needn't carry traffic of the director`
    throw new KernelError(
      'not-attachable',
      `the device ${name} does not take the program: ${cause.message}. ${remedy}`,
      { cause },
    )
  }
  try {
    pin(link, `${folder.pins}/links/${kind}-${ifindex}`)
  } finally {
    closeFd(link)
  }
}

/** Under the writers' lock: excludes devices, or takes them back to tcx. All names are checked before any is changed. */
export function setChoice(folder: StateFolder, names: readonly string[], choice: 'tcx' | 'excluded'): void {
  const lists = readDeviceLists(folder)
  const devices = new Map(networkDevices().map((device) => [device.name, device]))
  for (const name of names) {
    const isKnown = lists.excluded.has(name) || lists.xdp.has(name)
    if (devices.has(name) || !isKnown) requireEthernet(name, devices.get(name))
  }
  choose(folder, names, choice)
}

function requireEthernet(name: string, device: NetworkDevice | undefined): NetworkDevice {
  if (device === undefined)
    throw new KernelError(
      'no-such-device',
      `there is no device "${name}" in this network namespace: "weir devices" lists them`,
    )
  if (device.kind !== 'ethernet') {
    const what = device.kind === 'loopback' ? 'the loopback device' : 'not an Ethernet device'
    throw new KernelError('not-attachable', `${name} is ${what}: the program is only for Ethernet devices`)
  }
  return device
}

/**
 * Under the writers' lock: puts devices at XDP, from now on. Throws `no-such-device`, `not-attachable` or `load-failed` before any is
 * changed.
 */
export function chooseXdp(director: PinnedDirector, names: readonly string[], objectFile?: string): void {
  const devices = networkDevices()
  const chosen = [...new Set(names)].map((name) =>
    requireEthernet(
      name,
      devices.find((device) => device.name === name),
    ),
  )
  attachAtXdp(director, chosen, objectFile)
  choose(director.folder, names, 'xdp')
}

/** Puts devices that are to be at XDP back there. */
function returnToXdp(director: PinnedDirector, devices: readonly NetworkDevice[]): void {
  const { handoff, xdp } = carriersOf(director)
  for (const device of devices) {
    if (handoff.has(device.ifindex) && xdp.has(device.ifindex)) continue
    try {
      attachAtXdp(director, [device])
    } catch (error) {
      // "weir status" tells that it isn't there; tcx does its work meanwhile.
      if (!(error instanceof KernelError)) throw error
    }
  }
}
