/**
 * The decapsulator in the kernel (`kernel/platform/decapsulate.bpf.c`): loaded, attached to one device, pinned, and found
 * again. It needs no process.
 *
 *   <pins>/program    <pins>/link    <pins>/tunnels    <pins>/addresses
 *   <pins>/segment-program           <pins>/segment-link, on lo
 *
 * The folder is whole or absent: it gets its name by a rename, as a director's does (`kernel/pins.ts`).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { formatAddress, parseAddress } from '../control/address.ts'
import { Family } from '../engine/records.ts'
import { KernelError } from '../kernel/errors.ts'
import {
  attachTcxIngress,
  BpfError,
  BpfObject,
  closeFd,
  linkInfo,
  mapLookup,
  mapNextKey,
  mapUpdate,
  openPin,
  pin,
} from '../kernel/libbpf.ts'
import { objectFile } from '../kernel/loader.ts'
import { networkDevices } from '../kernel/network-devices.ts'
import { isMounted, type StateFolder } from '../kernel/state-folder.ts'
import { requireSystem } from '../kernel/system.ts'
import { RealServerError, type Tunnel, TUNNEL_TYPES } from './model.ts'

/** In every network namespace. */
const LOOPBACK_IFINDEX = 1
const OBJECT = 'decapsulate.bpf.o'
/** `struct address`: the family, then the address in network order. */
const KEY_BYTES = 20
/** `struct tunnel`: the type, the port, the device's index, all little-endian. */
const TUNNEL_BYTES = 12
/** `enum role`. */
const OWN = 1
const VIRTUAL = 2

/** What it takes off, and between which addresses. */
interface Work {
  readonly tunnel: Tunnel
  readonly vips: readonly string[]
  /** This host's own addresses, to which directors send. */
  readonly own: readonly string[]
}

export interface Decapsulator extends Work {
  /** The device that it is attached to; null where that is gone. */
  readonly ifindex: number | null
}

/** The loaded decapsulator of this network namespace; null where there is none. */
export function readDecapsulator(folder: StateFolder): Decapsulator | null {
  if (!isMounted(folder) || !existsSync(folder.pins)) return null
  const [link, tunnels, addresses] = ['link', 'tunnels', 'addresses'].map((name) =>
    openPin(`${folder.pins}/${name}`),
  ) as [number, number, number]
  try {
    const { ifindex } = linkInfo(link)
    const value = new DataView(new ArrayBuffer(TUNNEL_BYTES))
    mapLookup(tunnels, new Uint8Array(4), new Uint8Array(value.buffer))
    const type = TUNNEL_TYPES[value.getUint32(0, true) - 1] ?? 'ipip'
    const roles = readRoles(addresses)
    const withRole = (role: number): string[] => roles.flatMap(([address, its]) => (its === role ? [address] : []))
    return {
      ifindex: ifindex === 0 ? null : ifindex,
      tunnel: { type, port: value.getUint32(4, true) },
      vips: withRole(VIRTUAL),
      own: withRole(OWN),
    }
  } finally {
    for (const fd of [link, tunnels, addresses]) closeFd(fd)
  }
}

/** Under the lock of `folder`: loads a decapsulator in place of the one that there is. */
export function loadDecapsulator(folder: StateFolder, device: string, work: Work): void {
  requireSystem()
  const ifindex = networkDevices().find(({ name, kind }) => name === device && kind === 'ethernet')?.ifindex
  if (ifindex === undefined)
    throw new RealServerError(
      'no-device',
      `"${device}" is no Ethernet device of this network namespace: say another with --device`,
    )
  const object = BpfObject.open(readFileSync(objectFile(OBJECT)), 'decapsulate')
  try {
    object.load()
    prepareMaps(object, work, ifindex)
    attachAndPin(object, folder, ifindex)
  } catch (cause) {
    if (!(cause instanceof BpfError)) throw cause
    throw new KernelError('load-failed', `the kernel did not take the decapsulator: ${cause.message}`, { cause })
  } finally {
    object.close()
  }
}

/** Before it is attached. */
export function prepareMaps(object: BpfObject, { tunnel, vips, own }: Work, ifindex: number): void {
  const value = new Uint32Array([TUNNEL_TYPES.indexOf(tunnel.type) + 1, tunnel.port, ifindex])
  mapUpdate(object.mapFd('tunnels'), new Uint8Array(4), new Uint8Array(value.buffer))
  for (const address of own) writeRole(object.mapFd('addresses'), address, OWN)
  for (const address of vips) writeRole(object.mapFd('addresses'), address, VIRTUAL)
}

/** The new one is attached before the old one goes: what the old one has stripped, the new one lets pass. */
function attachAndPin(object: BpfObject, folder: StateFolder, ifindex: number): void {
  rmSync(folder.partial, { recursive: true, force: true })
  mkdirSync(folder.partial, { recursive: true })
  for (const map of ['tunnels', 'addresses']) pin(object.mapFd(map), `${folder.partial}/${map}`)
  // In this order: the second leads packets to the first.
  for (const [program, index, prefix] of [
    ['weir_decapsulate_segment', LOOPBACK_IFINDEX, 'segment-'],
    ['weir_decapsulate', ifindex, ''],
  ] as const) {
    const fd = object.programFd(program)
    pin(fd, `${folder.partial}/${prefix}program`)
    const link = attachTcxIngress(fd, index)
    try {
      pin(link, `${folder.partial}/${prefix}link`)
    } finally {
      closeFd(link)
    }
  }
  rmSync(folder.pins, { recursive: true, force: true })
  renameSync(folder.partial, folder.pins)
}

/** Under the lock of `folder`: detaches and removes it, and what is left of one that was being loaded. False where there was none. */
export function removeDecapsulator(folder: StateFolder): boolean {
  if (!isMounted(folder)) return false
  const found = [folder.pins, folder.partial].filter((path) => existsSync(path))
  for (const path of found) rmSync(path, { recursive: true })
  return found.length > 0
}

function keyOf(text: string): Uint8Array {
  const { family, address } = parseAddress(text)
  const key = new DataView(new ArrayBuffer(KEY_BYTES))
  key.setUint32(0, family === Family.Ipv4 ? 4 : 6, true)
  const { word0, word1, word2, word3 } = address
  for (const [index, word] of [word0, word1, word2, word3].entries()) key.setUint32(4 + 4 * index, word)
  return new Uint8Array(key.buffer)
}

function writeRole(map: number, address: string, role: number): void {
  mapUpdate(map, keyOf(address), new Uint8Array(new Uint32Array([role]).buffer))
}

function readRoles(map: number): [address: string, role: number][] {
  const roles: [string, number][] = []
  let key: Uint8Array | null = null
  for (let next = new Uint8Array(KEY_BYTES); mapNextKey(map, key, next); next = new Uint8Array(KEY_BYTES)) {
    key = next
    const value = new Uint32Array(1)
    mapLookup(map, key, new Uint8Array(value.buffer))
    roles.push([addressOf(new DataView(next.buffer)), value[0] ?? 0])
  }
  return roles
}

function addressOf(key: DataView): string {
  const word = (index: number): number => key.getUint32(4 + 4 * index)
  const address = { word0: word(0), word1: word(1), word2: word(2), word3: word(3) }
  return formatAddress(address, key.getUint32(0, true) === 4 ? Family.Ipv4 : Family.Ipv6)
}
