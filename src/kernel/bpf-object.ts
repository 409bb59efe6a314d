/**
 * A BPF object file: opened, loaded, its programs run on test data.
 *
 * libbpf relocates maps and programs and the kernel verifies them; what a rejection says reaches the operator.
 */
import { BpfError, call, captureWarnings, checked, type FunctionName, type Pointer } from './libbpf-call.ts'
import { koffi } from './libc.ts'

/** Characters of the verifier's log that an error carries: the rejection is at its end. */
const LOG_TAIL = 4000
/** Larger than any log of the verifier at level 1: a log that doesn't fit turns the errno into ENOSPC. */
const LOG_BYTES = 16 << 20

// What `bpf_object_open_opts` is left at.
const EMPTY_OPEN_OPTIONS = {
  relaxed_maps: false,
  pin_root_path: null,
  reserved: 0,
  kconfig: null,
  btf_custom_path: null,
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

  /** Before `load`: takes an existing map in the place of one that would be made. The descriptor stays the caller's. */
  reuseMap(map: string, fd: number): void {
    checked(`taking over the map ${map}`, 'bpf_map__reuse_fd', this.map(map), fd)
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
