/**
 * The settings as an operator knows them: by their names in `/proc/sys/net/ipv4/vs`, those of `ipvsadm --set` by the names
 * that IPVS gives its timeouts. One row a setting; what they are until they are set is in `engine/settings.ts`.
 */
import type { Settings } from '../engine/records.ts'
import { ControlError, type SettingValues } from './model.ts'

export interface SettingDefinition {
  readonly name: string
  readonly least: number
  readonly most: number
  /** For a person, in one line. */
  readonly meaning: string
}

/** 31 days. */
const MAX_TIMEOUT_S = 2_678_400

function timeout(name: string, what: string): SettingDefinition {
  return { name, least: 1, most: MAX_TIMEOUT_S, meaning: `seconds until ${what} is forgotten` }
}

function onOff(name: string, meaning: string): SettingDefinition {
  return { name, least: 0, most: 1, meaning: `1: ${meaning}` }
}

export const SETTINGS: Readonly<Record<keyof SettingValues, SettingDefinition>> = {
  tcpTimeoutS: timeout('timeout_tcp', 'an idle TCP connection'),
  tcpFinTimeoutS: timeout('timeout_tcpfin', 'a TCP connection that is being closed'),
  udpTimeoutS: timeout('timeout_udp', 'an idle UDP conversation'),
  connReuseMode: onOff('conn_reuse_mode', 'a SYN on a TCP connection that is over is scheduled anew'),
  expireNodestConn: onOff('expire_nodest_conn', "a removed server's connections end at once, not when idle"),
  expireQuiescentTemplate: onOff(
    'expire_quiescent_template',
    'persistent clients leave a server when its weight becomes 0',
  ),
  sloppyTcp: onOff('sloppy_tcp', 'any TCP packet but a RST begins a connection, not only a SYN'),
  sloppySctp: onOff('sloppy_sctp', 'SCTP data begins an association, not only an INIT'),
  secureTcp: {
    name: 'secure_tcp',
    least: 0,
    most: 3,
    meaning: "3: only its server's packets make a TCP connection established",
  },
  toa: onOff('toa', "servers by FullNAT get their clients' addresses in a TCP option (254)"),
  lblcExpirationS: timeout('lblc_expiration', 'a virtual address that lblc has not seen'),
  lblcrExpirationS: timeout('lblcr_expiration', 'a virtual address or a change of its servers that lblcr has seen'),
}

/** The settings in a record of the tables. */
export function settingValues(row: Settings): SettingValues {
  return {
    tcpTimeoutS: row.tcpMs / 1000,
    tcpFinTimeoutS: row.tcpFinMs / 1000,
    udpTimeoutS: row.udpMs / 1000,
    connReuseMode: row.connReuseMode,
    expireNodestConn: row.expireNodestConn,
    expireQuiescentTemplate: row.expireQuiescentTemplate,
    sloppyTcp: row.sloppyTcp,
    sloppySctp: row.sloppySctp,
    secureTcp: row.secureTcp,
    toa: row.toa,
    lblcExpirationS: row.lblcExpirationMs / 1000,
    lblcrExpirationS: row.lblcrExpirationMs / 1000,
  }
}

/** What of a record of the tables an operator's settings decide. */
export function settingFields(values: SettingValues): Partial<Settings> {
  const { tcpTimeoutS, tcpFinTimeoutS, udpTimeoutS, lblcExpirationS, lblcrExpirationS, ...others } = values
  return {
    ...others,
    tcpMs: tcpTimeoutS * 1000,
    tcpFinMs: tcpFinTimeoutS * 1000,
    udpMs: udpTimeoutS * 1000,
    lblcExpirationMs: lblcExpirationS * 1000,
    lblcrExpirationMs: lblcrExpirationS * 1000,
  }
}

/** Throws a `ControlError` for a value out of its range. */
export function checkSettings(values: Partial<SettingValues>): void {
  for (const [key, value] of Object.entries(values)) {
    const { name, least, most } = SETTINGS[key as keyof SettingValues]
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new ControlError('bad-setting', `${value} is no value of ${name}: choose one from ${least} to ${most}`)
    }
  }
}
