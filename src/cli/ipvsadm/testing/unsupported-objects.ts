/**
 * Keeps track of the services and servers of a scenario that this version of Weir refuses, so that the rest of it can be
 * replayed: their lines are taken out of what is compared, and commands about them are skipped.
 */
import type { CommandLine } from '../command-line.ts'

export class UnsupportedObjects {
  /** As they begin in a listing and in saved rules, with and without names. */
  private readonly services = new Set<string>()
  private readonly servers = new Set<string>()

  constructor(private readonly labels: (address: string, port: number, protocol: string) => string[]) {}

  get any(): boolean {
    return this.services.size + this.servers.size > 0
  }

  /** Whether a line is about one of them. */
  concern(line: CommandLine): boolean {
    if (!line.given.has('service-address')) return false
    if (this.serviceKeys(line).some((key) => this.services.has(key))) return true
    return line.given.has('real-server') && this.serverKeys(line).some((key) => this.servers.has(key))
  }

  /** A refused line that ipvsadm accepted. */
  add(line: CommandLine): void {
    if (line.command === 'add-service' || line.command === 'edit-service') {
      for (const key of this.serviceKeys(line)) this.services.add(key)
    }
    if (line.command === 'add-server' || line.command === 'edit-server') {
      for (const key of this.serverKeys(line)) this.servers.add(key)
    }
  }

  /** A line that was skipped or run. */
  forget(line: CommandLine): void {
    if (line.command === 'flush') {
      this.services.clear()
      this.servers.clear()
    }
    if (line.command === 'delete-service') for (const key of this.serviceKeys(line)) this.services.delete(key)
    if (line.command === 'delete-server') for (const key of this.serverKeys(line)) this.servers.delete(key)
  }

  /** The output of a listing or of `-S` without their lines. */
  filter(stdout: string): string {
    let service = ''
    const kept = stdout.split('\n').filter((text) => {
      const [, option, protocol, ruleService, ruleServer] =
        /^-([Aa]) (-[tuf]|--sctp-service) (\S+(?: -6)?)(?: -r (\S+))?/.exec(text) ?? []
      if (option !== undefined) {
        service = `${protocol} ${ruleService}`
        return !this.services.has(service) && !this.servers.has(`${service} ${ruleServer ?? ''}`)
      }
      const [, kind, name] = /^(TCP|UDP|SCTP|FWM) +(\S+(?: IPv6)?)/.exec(text) ?? []
      if (kind !== undefined) service = `${kind} ${name}`
      const [, server] = /^ {2}-> (\S+) /.exec(text) ?? []
      if (kind === undefined && server === undefined) return true
      return !this.services.has(service) && !this.servers.has(`${service} ${server ?? ''}`)
    })
    return kept.join('\n')
  }

  private serviceKeys({ protocol, fwmark, family, address, port }: CommandLine): string[] {
    if (fwmark !== null) {
      const mark = fwmark | 0
      return family === 6 ? [`FWM ${mark} IPv6`, `-f ${mark} -6`] : [`FWM ${mark}`, `-f ${mark}`]
    }
    const option = protocol === 'sctp' ? '--sctp-service' : `-${protocol?.charAt(0)}`
    return this.labels(address, port, protocol ?? '').flatMap((label) => [
      `${protocol?.toUpperCase()} ${label}`,
      `${option} ${label}`,
    ])
  }

  private serverKeys(line: CommandLine): string[] {
    const { serverAddress, forwarding } = line
    // Only masquerading has a port of its own.
    const port = forwarding === 'masquerading' || line.fwmark !== null ? line.serverPort : line.port
    return this.serviceKeys(line).flatMap((service) =>
      this.labels(serverAddress, port, line.protocol ?? '').map((label) => `${service} ${label}`),
    )
  }
}
