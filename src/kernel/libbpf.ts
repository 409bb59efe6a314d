/**
 * libbpf.so.1 through koffi: objects are opened, loaded and test-run; maps, pins and links are handled by descriptor.
 *
 * Everything is bound on first use, so that a command which needs five functions pays for five. Calls are synchronous.
 * A descriptor belongs to the caller, who closes it with `closeFd`; those of a `BpfObject` end with `close()`.
 * Sizes of structs are those of libbpf 1.1; newer libraries accept shorter ones.
 */
import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getSystemErrorMap, getSystemErrorName } from 'node:util'
import { KernelError } from './errors.ts'

type Koffi = typeof import('koffi')
type Library = import('koffi').LibraryHandle
type NativeFunction = (...args: unknown[]) => unknown
/** A C pointer as koffi hands it out. */
type Pointer = bigint

/** Characters of the verifier's log that an error carries: the rejection is at its end. */
const LOG_TAIL = 4000
/** Larger than any log of the verifier at level 1: a log that doesn't fit turns the errno into ENOSPC. */
const LOG_BYTES = 16 << 20
/** `BPF_TCX_INGRESS`. */
const TCX_INGRESS = 46
/** Errors of the kernel's own that have no name in user space. */
const ENOTSUPP = 524

/** A call that the kernel or libbpf refused. */
export class BpfError extends Error {
  /** Symbolic: `EPERM`. */
  readonly code: string

  constructor(
    what: string,
    readonly errno: number,
    detail = '',
  ) {
    const code = errnoName(errno)
    const text = getSystemErrorMap().get(-errno)?.[1] ?? 'not supported by this kernel'
    super(`${what}: ${code} (${text})${detail === '' ? '' : `\n${detail}`}`)
    this.name = 'BpfError'
    this.code = code
  }
}

function errnoName(errno: number): string {
  if (errno === ENOTSUPP) return 'ENOTSUPP'
  return getSystemErrorMap().has(-errno) ? getSystemErrorName(-errno) : `errno ${errno}`
}

let koffiModule: Koffi | null = null

/** The foreign-function module, loaded when first asked for (about 15 ms). */
export function koffi(): Koffi {
  koffiModule ??= createRequire(import.meta.url)('koffi') as Koffi
  return koffiModule
}

let library: Library | null = null

function libbpf(): Library {
  if (library !== null) return library
  try {
    library = koffi().load('libbpf.so.1')
  } catch (cause) {
    throw new KernelError(
      'no-libbpf',
      'libbpf.so.1 can not be loaded: install libbpf 1.1 or newer (apt install libbpf1)',
      {
        cause,
      },
    )
  }
  return library
}

const bound = new Map<string, NativeFunction>()

/** Signatures: result first. `p` any pointer, `s` string, `i` int, `u` u32, `U` u64, `z` size_t, `n` in-and-out u32. */
const SIGNATURES = {
  bpf_object__open_mem: 'ppzO',
  bpf_object__load: 'ip',
  bpf_object__close: 'vp',
  bpf_object__find_map_by_name: 'pps',
  bpf_object__find_program_by_name: 'pps',
  bpf_object__next_map: 'ppp',
  bpf_object__next_program: 'ppp',
  bpf_map__name: 'sp',
  bpf_map__fd: 'ip',
  bpf_map__set_max_entries: 'ipu',
  bpf_program__name: 'sp',
  bpf_program__fd: 'ip',
  bpf_prog_test_run_opts: 'iiT',
  bpf_map_lookup_elem: 'iipp',
  bpf_map_update_elem: 'iippU',
  bpf_map_delete_elem: 'iip',
  bpf_map_get_next_key: 'iipp',
  bpf_map_lookup_batch: 'iippppnp',
  bpf_map_update_batch: 'iippnp',
  bpf_obj_pin: 'iis',
  bpf_obj_get: 'is',
  bpf_obj_get_info_by_fd: 'iipn',
  bpf_link_create: 'iiiip',
  libbpf_num_possible_cpus: 'i',
  libbpf_set_print: 'pC',
} as const

type FunctionName = keyof typeof SIGNATURES

function call(name: FunctionName, ...args: unknown[]): unknown {
  let native = bound.get(name)
  if (native === undefined) {
    const [result, ...parameters] = [...SIGNATURES[name]].map(typeOf)
    native = libbpf().func(name, result as never, parameters as never) as unknown as NativeFunction
    bound.set(name, native)
  }
  return native(...args)
}

const composite = new Map<string, unknown>()

function typeOf(letter: string): unknown {
  const plain: Record<string, string> = {
    v: 'void',
    p: 'void *',
    s: 'str',
    i: 'int',
    u: 'uint32',
    U: 'uint64',
    z: 'size_t',
  }
  const name = plain[letter]
  if (name !== undefined) return name
  let type = composite.get(letter)
  if (type === undefined) composite.set(letter, (type = compositeType(letter)))
  return type
}

/** Types are anonymous, because koffi's named ones are global to the process and may be defined only once. */
function compositeType(letter: string): unknown {
  const k = koffi()
  switch (letter) {
    case 'n':
      return k.inout(k.pointer('uint32'))
    case 'O':
      return k.pointer(
        k.struct({
          sz: 'size_t',
          object_name: 'str',
          relaxed_maps: 'bool',
          pin_root_path: 'str',
          reserved: 'uint32',
          kconfig: 'str',
          btf_custom_path: 'str',
          kernel_log_buf: 'void *',
          kernel_log_size: 'size_t',
          kernel_log_level: 'uint32',
        }),
      )
    case 'T':
      return k.inout(
        k.pointer(
          k.struct({
            sz: 'size_t',
            data_in: 'void *',
            data_out: 'void *',
            data_size_in: 'uint32',
            data_size_out: 'uint32',
            ctx_in: 'void *',
            ctx_out: 'void *',
            ctx_size_in: 'uint32',
            ctx_size_out: 'uint32',
            retval: 'uint32',
            repeat: 'int',
            duration: 'uint32',
            flags: 'uint32',
            cpu: 'uint32',
            batch_size: 'uint32',
          }),
        ),
      )
    default:
      return k.pointer(k.proto('int', ['int', 'str', 'void *']))
  }
}

/** Runs a function that answers 0 or a number, or a negative errno. */
function checked(what: string, name: FunctionName, ...args: unknown[]): number {
  const result = call(name, ...args) as number
  if (result < 0) throw new BpfError(what, -result)
  return result
}

let warnings: string[] | null = null

/** Collects libbpf's warnings instead of letting them out on standard error. */
function captureWarnings(): string[] {
  if (warnings !== null) return warnings
  const k = koffi()
  const captured: string[] = (warnings = [])
  const text = new Uint8Array(2048)
  const format = k.load('libc.so.6').func('vsnprintf', 'int', ['void *', 'size_t', 'str', 'void *']) as NativeFunction
  // A va_list is handed over as a pointer on x86-64 and arm64 alike.
  const print = k.register(
    (level: number, pattern: string, values: Pointer): number => {
      if (level > 0) return 0
      const length = Math.min(format(text, text.length, pattern, values) as number, text.length - 1)
      captured.push(new TextDecoder().decode(text.subarray(0, length)).trim())
      return 0
    },
    typeOf('C') as never,
  )
  call('libbpf_set_print', print)
  return captured
}

/** An object file on its way into the kernel. Its programs and maps live while it is open, or pinned, or attached. */
export class BpfObject {
  private constructor(
    private handle: Pointer | null,
    private readonly log: Uint8Array,
    private readonly name: string,
  ) {}

  /** Parses an ELF object. `name` is for messages. */
  static open(bytes: Uint8Array, name = 'weir'): BpfObject {
    const captured = captureWarnings()
    captured.length = 0
    const log = Buffer.alloc(LOG_BYTES)
    const options = { sz: 80, object_name: name, kernel_log_buf: log, kernel_log_size: log.length, kernel_log_level: 0 }
    const filled = { ...EMPTY_OPEN_OPTIONS, ...options }
    const handle = call('bpf_object__open_mem', bytes, bytes.length, filled) as Pointer | null
    if (handle === null) throw new BpfError(`opening ${name}`, koffi().errno(), captured.join('\n'))
    return new BpfObject(handle, log, name)
  }

  private get object(): Pointer {
    if (this.handle === null) throw new Error(`the BPF object ${this.name} is closed`)
    return this.handle
  }

  /** Before `load`: how many entries a map holds. */
  setMaxEntries(map: string, entries: number): void {
    checked(`sizing the map ${map} for ${entries} entries`, 'bpf_map__set_max_entries', this.map(map), entries)
  }

  /** Makes the maps and verifies the programs. Throws a `BpfError` with the end of the verifier's log. */
  load(): void {
    const captured = captureWarnings()
    captured.length = 0
    const result = call('bpf_object__load', this.object) as number
    if (result === 0) return
    const end = this.log.indexOf(0)
    const log = new TextDecoder().decode(this.log.subarray(0, end < 0 ? this.log.length : end)).trim()
    throw new BpfError(`loading ${this.name}`, -result, [...captured, log.slice(-LOG_TAIL)].join('\n').trim())
  }

  programNames(): string[] {
    return this.names('bpf_object__next_program', 'bpf_program__name')
  }

  mapNames(): string[] {
    return this.names('bpf_object__next_map', 'bpf_map__name')
  }

  private names(next: FunctionName, nameOf: FunctionName): string[] {
    const names: string[] = []
    let item = call(next, this.object, null) as Pointer | null
    for (; item !== null; item = call(next, this.object, item) as Pointer | null)
      names.push(call(nameOf, item) as string)
    return names
  }

  /** After `load`. */
  programFd(name: string): number {
    const program = call('bpf_object__find_program_by_name', this.object, name) as Pointer | null
    if (program === null) throw new Error(`${this.name} has no program "${name}"`)
    return checked(`the program ${name}`, 'bpf_program__fd', program)
  }

  /** After `load`. */
  mapFd(name: string): number {
    return checked(`the map ${name}`, 'bpf_map__fd', this.map(name))
  }

  private map(name: string): Pointer {
    const map = call('bpf_object__find_map_by_name', this.object, name) as Pointer | null
    if (map === null) throw new Error(`${this.name} has no map "${name}"`)
    return map
  }

  close(): void {
    if (this.handle !== null) call('bpf_object__close', this.handle)
    this.handle = null
  }
}

const EMPTY_OPEN_OPTIONS = {
  relaxed_maps: false,
  pin_root_path: null,
  reserved: 0,
  kconfig: null,
  btf_custom_path: null,
}

export interface TestRun {
  /** The packet, link header included. */
  readonly data?: Uint8Array
  /** The program's context: a `__sk_buff`, or what a `syscall` program is given. */
  readonly context?: Uint8Array
  /** Default 1. */
  readonly repeat?: number
}

export interface TestRunResult {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly retval: number
  /** The packet afterwards. */
  readonly data: Uint8Array
  /** The context afterwards. */
  readonly context: Uint8Array
  /** Average of one run. */
  readonly durationNs: number
}

/** Room behind the packet and the context for what a program adds. */
const GROWTH_BYTES = 4096

/** Runs a program once, or `repeat` times, on a packet of the caller's. */
export function testRun(programFd: number, run: TestRun = {}): TestRunResult {
  const { data, context } = run
  // A program that takes no packet (type `syscall`) refuses any field about one.
  const dataOut = data === undefined ? null : Buffer.alloc(data.length + GROWTH_BYTES)
  const contextOut = context === undefined || data === undefined ? null : Buffer.alloc(context.length)
  const options = {
    sz: 80,
    data_in: data ?? null,
    data_out: dataOut,
    data_size_in: data?.length ?? 0,
    data_size_out: dataOut?.length ?? 0,
    ctx_in: context ?? null,
    ctx_out: contextOut,
    ctx_size_in: context?.length ?? 0,
    ctx_size_out: contextOut?.length ?? 0,
    retval: 0,
    repeat: data === undefined ? 0 : (run.repeat ?? 1),
    duration: 0,
    flags: 0,
    cpu: 0,
    batch_size: 0,
  }
  checked('test-running a program', 'bpf_prog_test_run_opts', programFd, options)
  return {
    retval: options.retval,
    data: dataOut?.subarray(0, options.data_size_out) ?? new Uint8Array(),
    // A `syscall` program's context is written back in place.
    context: contextOut?.subarray(0, options.ctx_size_out) ?? context ?? new Uint8Array(),
    durationNs: options.duration,
  }
}

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
}

export interface LinkInfo {
  readonly id: number
  readonly programId: number
  /** The device of a tcx link; 0 where it is gone. */
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
  const view = info(fd, 80)
  return { type: view.getUint32(0, true), id: view.getUint32(4, true), name: nameAt(view, 64) }
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
