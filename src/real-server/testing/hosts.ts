/** Hosts as tests want them. */
import { type DefaultRoute, type Device, type Host, readRoute } from '../host.ts'

export interface HostSketch {
  readonly devices?: readonly Device[]
  /** As `ip route show default` prints them. */
  readonly routes?: readonly string[]
  readonly routes6?: readonly string[]
  /** By path below /proc/sys; what is missing is 0. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A device; `addresses` are written with the length of their prefix. */
export function device(name: string, addresses: readonly string[] = [], given: Partial<Device> = {}): Device {
  const isLoopback = name === 'lo'
  return {
    name,
    ifindex: name.charCodeAt(name.length - 1),
    mtu: 1500,
    isUp: true,
    isLoopback,
    answers: !isLoopback,
    mac: '02:00:00:00:00:01',
    kind: '',
    addresses: addresses.map((text) => {
      const [address = '', length] = text.split('/')
      return { address, prefixLength: Number(length), scope: address.startsWith('127.') ? 'host' : 'global' }
    }),
    ...given,
  }
}

/** Made ready for the virtual address 192.0.2.1 by nobody. */
export const BARE: HostSketch = {
  devices: [device('lo', ['127.0.0.1/8']), device('eth0', ['10.0.0.5/24', '2001:db8::5/64'])],
  routes: ['default via 10.0.0.254 dev eth0'],
  routes6: ['default via 2001:db8::fe dev eth0 metric 1024 pref medium'],
}

export function host({ devices = [], routes = [], routes6 = [], settings = {} }: HostSketch): Host {
  const defaultRoutes: DefaultRoute[] = [
    ...routes.map((line) => readRoute(4, line)),
    ...routes6.map((line) => readRoute(6, line)),
  ]
  return { devices, defaultRoutes, setting: (key) => settings[key] ?? '0' }
}
