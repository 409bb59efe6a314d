/** What can go wrong between Weir and the kernel, by stable codes. README.md lists them; a test holds the list to this one. */

export const KERNEL_ERROR_CODES = [
  'not-root',
  'kernel-too-old',
  'no-bpf',
  'no-libbpf',
  'not-built',
  'bad-connections',
  'load-failed',
  'state-corrupt',
  'layout-mismatch',
  'already-loaded',
  'not-loaded',
  'locked',
  'no-such-device',
  'not-attachable',
] as const

export type KernelErrorCode = (typeof KERNEL_ERROR_CODES)[number]

/** The message names what was found and what to do about it. */
export class KernelError extends Error {
  constructor(
    readonly code: KernelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'KernelError'
  }
}
