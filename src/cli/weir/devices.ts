/** `weir devices`: which devices carry the director's program, and why the others don't. */
import type { AttachmentReason, DeviceStatus } from '../../kernel/attach.ts'
import { formatTable } from './table.ts'

const WORDS: Record<AttachmentReason, (name: string) => string> = {
  attached: () => 'attached',
  excluded: (name) => `excluded: "weir attach ${name}" attaches it`,
  'not-ethernet': () => 'not an Ethernet device',
  loopback: () => 'the loopback device',
  new: () => 'not attached yet: "weir attach" does it',
  'not-loaded': () => 'no director is loaded',
}

/** Name, attached or not, and why. */
export function deviceRows(devices: readonly DeviceStatus[]): string[][] {
  return devices.map(({ name, attached, reason }) => [name, attached ? 'yes' : 'no', WORDS[reason](name)])
}

export function renderDevices(devices: readonly DeviceStatus[]): string {
  return formatTable(['left', 'left', 'left'], [['DEVICE', 'ATTACHED', 'WHY'], ...deviceRows(devices)])
}
