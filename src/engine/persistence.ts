/**
 * Persistence (`ipvsadm -p`, `-M`): a template remembers which dest a client, or all clients of a network, went to. It is a slot of
 * `connections` with a flow of its own kind, lives as long as the service says after the last connection that it made, and then for
 * another minute at a time while connections of it exist. A template whose dest is gone is set aside: kept, but found no more.
 */
import { clearAddress, clearDigest, copyAddress, digest, maskAddress, sameAddress } from './address.ts'
import { describeConnection, giveBack, removeConnection } from './connections.ts'
import { addFlow, connectionAt, destAt, destStateAt, findFlow, nowMs, removeFlow, takeConnection } from './platform.ts'
import {
  type Address,
  Availability,
  type Connection,
  ConnectionFlag,
  Direction,
  type Flow,
  type FlowKey,
  FTP_PORT,
  type Heading,
  NONE,
  type Service,
  type ServiceKey,
  type Settings,
  TEMPLATE,
} from './records.ts'
import { count, Reason } from './reasons.ts'

/** How much longer a template lives while it has connections. */
const EXTENSION_MS = 60_000
/** What a template that is set aside shows as its ports. */
const NO_PORT = 65535

/** Whether a template is past its time; one that has connections gets another minute. */
export function isTemplateOver(template: Connection, now: number): boolean {
  if (template.expiresMs > now) return false
  if (template.members === 0) return true
  template.expiresMs = now + EXTENSION_MS
  return false
}

/** Whether the template's dest still takes the client. */
function leads(template: Connection, set: Settings): boolean {
  const dest = destAt(template.dest)
  if (dest === null || dest.availability !== Availability.Listed) return false
  return dest.weight > 0 || set.expireQuiescentTemplate === 0
}

function setAside(flow: FlowKey, template: Connection): void {
  if (!removeFlow(flow)) return
  template.flags = ConnectionFlag.Template | ConnectionFlag.SetAside
  template.virtualPort = NO_PORT
  template.serverPort = NO_PORT
}

/**
 * Fills the flow and the client's network under which the service keeps the template of a packet's client, or of its call where
 * `callId` isn't 0. Calls whose hashes are equal share a template, and so a server, which harms neither.
 */
export function nameTemplate(
  flow: FlowKey,
  client: Address,
  packet: Heading,
  key: ServiceKey,
  service: Service,
  callId: number,
): void {
  copyAddress(client, packet.source)
  maskAddress(client, service.clientMask, packet.family)
  if (callId === 0) digest(client, packet.family, flow.source)
  else clearDigest(flow.source, callId)
  if (key.mark === 0) digest(packet.destination, packet.family, flow.destination)
  else clearDigest(flow.destination, key.mark)
  flow.destinationPort = templatePort(key)
  flow.protocol = key.protocol
  flow.kind = packet.family + TEMPLATE
}

/** One template serves all ports of an FTP server. */
function templatePort(key: ServiceKey): number {
  return key.port === FTP_PORT ? 0 : key.port
}

/** The slot of the template with this flow, its timeout begun anew; `NONE` where there is none that leads anywhere. */
export function findTemplate(flow: FlowKey, client: Address, service: Service, set: Settings, callId: number): number {
  const found = findFlow(flow)
  if (found === null) return NONE
  const index = found.connection
  const template = connectionAt(index)
  if (template === null || (template.flags & ConnectionFlag.Template) === 0) return NONE
  if (template.callId !== callId) return NONE
  if (callId === 0 && !sameAddress(template.client, client, template.family)) return NONE
  if (isTemplateOver(template, nowMs())) {
    removeConnection(index)
    return NONE
  }
  if (!leads(template, set)) {
    setAside(flow, template)
    return NONE
  }
  template.expiresMs = nowMs() + service.persistenceMs
  return index
}

/** A new template that leads to a dest. Returns its slot, or `NONE` with the reason counted. */
export function addTemplate(
  flow: FlowKey,
  client: Address,
  packet: Heading,
  key: ServiceKey,
  service: Service,
  destIndex: number,
  callId: number,
): number {
  const dest = destAt(destIndex)
  const load = destStateAt(destIndex)
  const index = takeConnection()
  const template = connectionAt(index)
  if (index === NONE || template === null || dest === null || load === null) {
    count(Reason.TableFull)
    return NONE
  }
  describeConnection(template, packet, destIndex, dest)
  copyAddress(template.client, client)
  template.clientPort = 0
  template.virtualPort = flow.destinationPort
  template.serverPort = flow.destinationPort === 0 ? 0 : dest.port
  template.protocol = key.protocol
  if (key.mark !== 0) clearAddress(template.virtual, key.mark)
  template.flags = ConnectionFlag.Template
  template.callId = callId
  template.expiresMs = nowMs() + service.persistenceMs
  const leader: Flow = { connection: index, direction: Direction.Template }
  if (!addFlow(flow, leader)) {
    giveBack(index, template)
    count(Reason.TableFull)
    return NONE
  }
  load.persistent += 1
  return index
}
