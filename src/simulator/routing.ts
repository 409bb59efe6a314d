/**
 * A host's routes of both families: the longest prefix that holds the destination wins, among equals the one added last. A lookup walks the table,
 * which in the simulator has a handful of rows.
 */
import { type Address, isInPrefix, type Prefix } from './addresses.ts'
import type { NetworkInterface } from './interface.ts'

export interface Route extends Prefix {
  readonly interface: NetworkInterface
  /** Null: destinations are on the link. */
  readonly gateway: Address | null
}

export class RoutingTable {
  private readonly routes: Route[] = []

  /** Adds a route, or replaces the one with the same prefix. */
  add(route: Route): void {
    this.remove(route)
    const at = this.routes.findIndex((other) => other.length <= route.length)
    this.routes.splice(at < 0 ? this.routes.length : at, 0, route)
  }

  /** False if there was none. */
  remove(prefix: Prefix): boolean {
    const at = this.routes.findIndex((route) => route.length === prefix.length && isInPrefix(prefix.address, route))
    if (at >= 0) this.routes.splice(at, 1)
    return at >= 0
  }

  lookup(destination: Address): Route | null {
    for (const route of this.routes) if (isInPrefix(destination, route)) return route
    return null
  }
}
