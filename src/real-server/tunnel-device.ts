/**
 * The kernel's own tunnel devices, which do what our decapsulator does: as commands for a server on which there is no Weir, and
 * as `check` finds them. A device that is bound to the server's address takes packets to it from any director.
 */
import { type Device, familyOf } from './host.ts'
import type { DecapsulatorStep, FamilyNumber, TunnelType } from './model.ts'

/** The types of devices that take packets of a family, as `ip link` names them. */
const KINDS: Record<TunnelType, Record<FamilyNumber, readonly string[]>> = {
  ipip: { 4: ['ipip', 'ip6tnl'], 6: ['sit', 'ip6tnl'] },
  // What comes out of UDP goes through such a device.
  gue: { 4: ['ipip', 'ip6tnl'], 6: ['sit', 'ip6tnl'] },
  gre: { 4: ['gre', 'ip6gre'], 6: ['gre', 'ip6gre'] },
}

/** Devices that may take tunnelled packets of a family. */
export function tunnelDevices(devices: readonly Device[], type: TunnelType, family: FamilyNumber): Device[] {
  return devices.filter(({ kind }) => KINDS[type][family].includes(kind))
}

/** A name with a dot in it, as those of VLANs have, keeps it only in sysctl's other notation. */
export function settingCommand(key: string, value: string): string {
  return `sysctl -w ${key.includes('.') ? key : key.replaceAll('/', '.')}=${value}`
}

/** A tunnel device for each family of virtual addresses, the outer headers being of that family too. */
export function tunnelCommands({ tunnel: { type, port }, vips, own }: DecapsulatorStep): string[] {
  return ([4, 6] as const).flatMap((family) => {
    if (!vips.some((vip) => familyOf(vip) === family)) return []
    const name = `tunnel${family}`
    const local = own.find((address) => familyOf(address) === family) ?? 'ADDRESS'
    const modes = type === 'gre' ? '' : ' mode any'
    const [kind = ''] = KINDS[type][family].filter((each) =>
      family === 4 ? !each.startsWith('ip6') : each.startsWith('ip6'),
    )
    return [
      ...(type === 'gue' ? [`ip ${family === 6 ? '-6 ' : ''}fou add port ${port} gue`] : []),
      `ip link add ${name} type ${kind}${family === 6 ? modes : ''} local ${local}`,
      `ip link set ${name} up`,
      ...(family === 4 ? [settingCommand(`net/ipv4/conf/${name}/rp_filter`, '2')] : []),
    ]
  })
}
