/**
 * The way to C: koffi, and functions of the C library.
 *
 * Loaded when first asked for, about 8 ms, so that a command which fails before it needs the kernel doesn't pay for it.
 */
import { createRequire } from 'node:module'

type Koffi = typeof import('koffi')
export type Library = import('koffi').LibraryHandle
export type NativeFunction = (...args: unknown[]) => unknown

let koffiModule: Koffi | null = null

export function koffi(): Koffi {
  koffiModule ??= createRequire(import.meta.url)('koffi') as Koffi
  return koffiModule
}

let library: Library | null = null
const bound = new Map<string, NativeFunction>()

/** A function of the C library, with its types in koffi's notation. `koffi().errno()` tells why it failed. */
export function libc(name: string, result: string, parameters: string[]): NativeFunction {
  let native = bound.get(name)
  if (native === undefined) {
    // Null: what is linked into this process, whichever C library that is.
    library ??= koffi().load(null)
    native = library.func(name, result, parameters)
    bound.set(name, native)
  }
  return native
}
