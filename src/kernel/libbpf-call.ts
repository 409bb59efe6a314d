/**
 * How libbpf.so.1 is called: functions, structs and errors.
 *
 * koffi is loaded and each function bound on first use, so that a command pays only for what it calls: about 10 ms in all.
 * Sizes of structs are those of libbpf 1.1; newer libraries accept shorter ones. Types are anonymous, because koffi's named
 * ones are global to the process and may be defined only once.
 */
import { getSystemErrorMap } from 'node:util'
import { KernelError } from './errors.ts'
import { koffi, libc, type Library, type NativeFunction } from './libc.ts'

/** A C pointer as koffi hands it out. */
export type Pointer = bigint

/** An error of the kernel's own that has no name in user space. */
const ENOTSUPP = 524
/** libbpf's own errors begin here. */
const LIBBPF_ERRNO = 4000

/** A call that the kernel or libbpf refused. */
export class BpfError extends Error {
  /** Symbolic: `EPERM`. */
  readonly code: string

  constructor(
    what: string,
    readonly errno: number,
    detail = '',
  ) {
    const [code, text] = errnoText(errno)
    super(`${what}: ${code} (${text})${detail === '' ? '' : `\n${detail}`}`)
    this.name = 'BpfError'
    this.code = code
  }
}

function errnoText(errno: number): [code: string, text: string] {
  if (errno === ENOTSUPP) return ['ENOTSUPP', 'not supported by this kernel']
  if (errno >= LIBBPF_ERRNO) return [`LIBBPF${errno - LIBBPF_ERRNO}`, 'not an object that libbpf can read']
  return getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error']
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
  bpf_map__reuse_fd: 'ipi',
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
  bpf_link_detach: 'ii',
  bpf_enable_stats: 'ii',
  libbpf_num_possible_cpus: 'i',
  libbpf_set_print: 'pC',
} as const

export type FunctionName = keyof typeof SIGNATURES

/** Calls a function of libbpf. */
export function call(name: FunctionName, ...args: unknown[]): unknown {
  let native = bound.get(name)
  if (native === undefined) {
    const [result, ...parameters] = Array.from(SIGNATURES[name], typeOf)
    native = libbpf().func(name, result as never, parameters as never)
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
export function checked(what: string, name: FunctionName, ...args: unknown[]): number {
  const result = call(name, ...args) as number
  if (result < 0) throw new BpfError(what, -result)
  return result
}

let warnings: string[] | null = null

/** Collects libbpf's warnings instead of letting them out on standard error. */
export function captureWarnings(): string[] {
  if (warnings !== null) return warnings
  const k = koffi()
  const captured: string[] = (warnings = [])
  const text = new Uint8Array(2048)
  const format = libc('vsnprintf', 'int', ['void *', 'size_t', 'str', 'void *'])
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
