/** `weir devices`: which devices carry the director's program, and why the others don't. */
import type { AttachmentReason, DeviceStatus, RedirectStatus } from '../../kernel/attach.ts'
import { formatTable } from './table.ts'

const WORDS: Record<AttachmentReason, (name: string) => string> = {
  attached: () => 'attached',
  excluded: (name) => `excluded: "weir attach ${name}" attaches it`,
  'not-ethernet': () => 'not an Ethernet device',
  loopback: () => "the loopback device: for the host's own connections",
  new: () => 'not attached yet: "weir attach" does it',
  'not-loaded': () => 'no director is loaded',
}

/** Behind the reason, where devices are at XDP. */
const REDIRECTS: Record<RedirectStatus, string> = {
  direct: ', takes redirected frames',
  'through-tcx': ', takes no redirected frames: they leave through tcx',
  lost: ', takes no redirected frames any more: they are lost',
}

/** Name, attached where or not, and why. */
export function deviceRows(devices: readonly DeviceStatus[]): string[][] {
  return devices.map((device) => [device.name, device.mode ?? 'no', why(device)])
}

function why({ name, reason, mode, wantsXdp, redirects }: DeviceStatus): string {
  if (mode === 'tcx' && wantsXdp) return `attached: "weir attach --xdp ${name}" tells why it is not at XDP`
  return WORDS[reason](name) + (redirects === null ? '' : REDIRECTS[redirects])
}

export function renderDevices(devices: readonly DeviceStatus[]): string {
  return formatTable(['left', 'left', 'left'], [['DEVICE', 'ATTACHED', 'WHY'], ...deviceRows(devices)])
}
