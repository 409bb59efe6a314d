/**
 * Maps, pins and links in the kernel, by file descriptor.
 *
 * A descriptor belongs to the caller, who closes it with `closeFd`. Buffers are laid out as the kernel's records are, in
 * the machine's byte order, which is taken to be little-endian.
 */
import { closeSync } from 'node:fs'
import { BpfError, call, checked } from './libbpf-call.ts'

/** `enum bpf_attach_type`. */
const XDP = 37
const TCX_INGRESS = 46
const TCX_EGRESS = 47
/** In front of the programs that are there. */
const BPF_F_BEFORE = 8
/** `enum bpf_stats_type`. */
const BPF_STATS_RUN_TIME = 0
/** By the driver, not by the kernel's generic stand-in. */
const XDP_FLAGS_DRV_MODE = 4

export interface MapInfo {
  /** `enum bpf_map_type`. */
  readonly type: number
  readonly id: number
  readonly keyBytes: number
  readonly valueBytes: number
  readonly maxEntries: number
  readonly name: string
}

export interface ProgramInfo {
  /** `enum bpf_prog_type`. */
  readonly type: number
  readonly id: number
  readonly name: string
  /** Nanoseconds that it has run, and how often, while `enableRunStatistics` was in force. */
  readonly runNs: number
  readonly runs: number
}

export interface LinkInfo {
  readonly id: number
  readonly programId: number
  /** The device of a tcx or XDP link; 0 where it is gone. */
  readonly ifindex: number
}

function info(fd: number, bytes: number): DataView {
  const buffer = new Uint8Array(bytes)
  checked('asking the kernel about a BPF object', 'bpf_obj_get_info_by_fd', fd, buffer, [bytes])
  return new DataView(buffer.buffer)
}

/** Names in the kernel's answers are 16 bytes, zero-terminated. */
function nameAt(view: DataView, offset: number): string {
  const bytes = new Uint8Array(view.buffer, offset, 16)
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)))
}

export function mapInfo(fd: number): MapInfo {
  const view = info(fd, 80)
  return {
    type: view.getUint32(0, true),
    id: view.getUint32(4, true),
    keyBytes: view.getUint32(8, true),
    valueBytes: view.getUint32(12, true),
    maxEntries: view.getUint32(16, true),
    name: nameAt(view, 24),
  }
}

export function programInfo(fd: number): ProgramInfo {
  const view = info(fd, 208)
  return {
    type: view.getUint32(0, true),
    id: view.getUint32(4, true),
    name: nameAt(view, 64),
    runNs: Number(view.getBigUint64(192, true)),
    runs: Number(view.getBigUint64(200, true)),
  }
}

/** Has the kernel time every run of every program, some 20 ns each, until the descriptor that it returns is closed. */
export function enableRunStatistics(): number {
  return checked('having the kernel time programs', 'bpf_enable_stats', BPF_STATS_RUN_TIME)
}

/** Takes a link's program off its device at once; a link that is only closed goes a moment later. */
export function detachLink(fd: number): void {
  checked('detaching a link', 'bpf_link_detach', fd)
}

export function linkInfo(fd: number): LinkInfo {
  const view = info(fd, 32)
  return {
    id: view.getUint32(4, true),
    programId: view.getUint32(8, true),
    ifindex: view.getUint32(16, true),
  }
}

/** Attaches a `SEC("tc")` program to a device's tcx ingress (kernel 6.6) of this namespace; the link's descriptor. */
export function attachTcxIngress(programFd: number, ifindex: number): number {
  return checked(`attaching to device ${ifindex}`, 'bpf_link_create', programFd, ifindex, TCX_INGRESS, null)
}

/** As `attachTcxIngress`, for what the device sends. */
export function attachTcxEgress(programFd: number, ifindex: number): number {
  return checked(`attaching to device ${ifindex}`, 'bpf_link_create', programFd, ifindex, TCX_EGRESS, null)
}

/** As `attachTcxIngress`, in front of all programs that are there. */
export function attachTcxIngressFirst(programFd: number, ifindex: number): number {
  const what = `attaching to device ${ifindex}`
  return checked(what, 'bpf_link_create', programFd, ifindex, TCX_INGRESS, linkOptions(BPF_F_BEFORE))
}

/** Attaches a `SEC("xdp")` program to a device's driver. EBUSY where another program is, EEXIST where a generic one is. */
export function attachXdp(programFd: number, ifindex: number): number {
  const what = `attaching to device ${ifindex} at XDP`
  return checked(what, 'bpf_link_create', programFd, ifindex, XDP, linkOptions(XDP_FLAGS_DRV_MODE))
}

/** `struct bpf_link_create_opts`: its size, then the flags. */
function linkOptions(flags: number): Uint8Array {
  const options = Buffer.alloc(64)
  options.writeBigUInt64LE(64n, 0)
  options.writeUInt32LE(flags, 8)
  return options
}

/** Makes a path below a bpffs keep what `fd` names alive. */
export function pin(fd: number, path: string): void {
  checked(`pinning ${path}`, 'bpf_obj_pin', fd, path)
}

/** A descriptor of what is pinned at `path`. Throws a `BpfError` with code ENOENT where nothing is. */
export function openPin(path: string): number {
  return checked(`opening the pin ${path}`, 'bpf_obj_get', path)
}

export function closeFd(fd: number): void {
  closeSync(fd)
}

/** Copies of a value that a percpu map keeps. */
export function possibleCpus(): number {
  return checked('counting processors', 'libbpf_num_possible_cpus')
}

const ENOENT = 2

/** Fills `value`; false where there is no such key. */
export function mapLookup(fd: number, key: Uint8Array, value: Uint8Array): boolean {
  return found('reading a map', call('bpf_map_lookup_elem', fd, key, value) as number)
}

/** Adds or replaces. */
export function mapUpdate(fd: number, key: Uint8Array, value: Uint8Array): void {
  checked('writing to a map', 'bpf_map_update_elem', fd, key, value, 0)
}

/** False where there was no such key. */
export function mapDelete(fd: number, key: Uint8Array): boolean {
  return found('removing from a map', call('bpf_map_delete_elem', fd, key) as number)
}

/** Fills `next` with the key after `key`, or the first if `key` is null; false at the end. */
export function mapNextKey(fd: number, key: Uint8Array | null, next: Uint8Array): boolean {
  return found('walking a map', call('bpf_map_get_next_key', fd, key, next) as number)
}

/** Where a batch begins: null for the start of a map. Opaque; 8 bytes hold a hash's bucket or an array's index. */
export type BatchPosition = Uint8Array | null

/**
 * Reads up to `count` entries into `keys` and `values`; `next` is where to go on, or null at the end. A hash's bucket that
 * doesn't fit whole throws a `BpfError` with code ENOSPC.
 */
export function mapLookupBatch(
  fd: number,
  position: BatchPosition,
  keys: Uint8Array,
  values: Uint8Array,
  count: number,
): { count: number; next: BatchPosition } {
  const next = new Uint8Array(8)
  const counted = [count]
  const more = found(
    'reading a map',
    call('bpf_map_lookup_batch', fd, position, next, keys, values, counted, null) as number,
  )
  return { count: counted[0] ?? 0, next: more ? next : null }
}

/** Writes the first `count` of `keys` and `values`, one after the other, in one call. */
export function mapUpdateBatch(fd: number, keys: Uint8Array, values: Uint8Array, count: number): void {
  checked('writing to a map', 'bpf_map_update_batch', fd, keys, values, [count], null)
}

function found(what: string, result: number): boolean {
  if (result === 0) return true
  if (result === -ENOENT) return false
  throw new BpfError(what, -result)
}
