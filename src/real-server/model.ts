/** What a real server can be asked to become, the steps towards it, and what can go wrong. */

/** How the director forwards to this server, as with ipvsadm's -g, -i and -m. */
export type Method = 'dr' | 'tun' | 'nat'
export type TunnelType = 'ipip' | 'gue' | 'gre'
export type FamilyNumber = 4 | 6

export const METHODS = ['dr', 'tun', 'nat'] as const satisfies readonly Method[]
export const TUNNEL_TYPES = ['ipip', 'gue', 'gre'] as const satisfies readonly TunnelType[]

/** ipvsadm has no default for it; 6080 is what Linux's documentation of foo-over-udp takes. */
export const DEFAULT_GUE_PORT = 6080

/** Addresses are as `readAddress` writes them. */
export interface Request {
  readonly method: Method
  /** Virtual addresses; of `dr` and `tun`. */
  readonly vips: readonly string[]
  /** The device on which the director's packets arrive; null where it is to be found out. */
  readonly device: string | null
  /** The director's address in this server's network; of `nat`. */
  readonly gateways: readonly string[]
  /** Of `tun`. */
  readonly tunnel: Tunnel
}

export interface Tunnel {
  readonly type: TunnelType
  /** UDP port of GUE, 1 … 65535. */
  readonly port: number
}

/** A kernel setting, and the values that serve as well as the one that is set. */
export interface SettingStep {
  readonly kind: 'setting'
  /** Below /proc/sys, as in `net/ipv4/conf/all/arp_ignore`. */
  readonly key: string
  readonly value: string
  readonly enough: readonly string[]
}

/** A device that has to be up. */
export interface UpStep {
  readonly kind: 'up'
  readonly device: string
}

/** A virtual address on the loopback device, alone in its prefix. */
export interface AddressStep {
  readonly kind: 'address'
  readonly address: string
}

/** The program that takes off the outer headers of what arrives on a device. */
export interface DecapsulatorStep {
  readonly kind: 'decapsulator'
  readonly device: string
  readonly tunnel: Tunnel
  readonly vips: readonly string[]
  /** This host's own addresses, to which the director sends. */
  readonly own: readonly string[]
}

/** The default route's largest segment, in bytes of TCP payload. */
export interface SegmentStep {
  readonly kind: 'segment'
  readonly family: FamilyNumber
  readonly bytes: number
}

/** The default route by way of the director. */
export interface GatewayStep {
  readonly kind: 'gateway'
  readonly gateway: string
}

export type Step = { /** Why it is needed, in a few words. */ readonly reason: string } & (
  SettingStep | UpStep | AddressStep | DecapsulatorStep | SegmentStep | GatewayStep
)

/** What a step has found in its place: text for `revert`, or null for nothing. */
export type Before = string | null

export const REAL_SERVER_ERROR_CODES = [
  'bad-address',
  'bad-request',
  'no-device',
  'command-failed',
  'not-applied',
  'not-undone',
  'applied-otherwise',
] as const

export type RealServerErrorCode = (typeof REAL_SERVER_ERROR_CODES)[number]

/** The message names what was found and what to do about it. */
export class RealServerError extends Error {
  constructor(
    readonly code: RealServerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'RealServerError'
  }
}
