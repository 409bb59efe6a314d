/**
 * SIP (RFC 3261) as far as persistence needs it (`ipvsadm --pe sip`): all messages of a call go to one server, whichever client they
 * come from. A call is known by the header Call-ID, or i in short, of which a 32-bit hash (FNV-1a) is kept; one that the director's
 * key goes into, so that nobody can choose it. Only the first 1024 bytes of a message are looked at. Cost: some ns a byte,
 * for datagrams of no connection.
 */
import { byteAt, type Packet, reach } from './platform.ts'
import { type Heading, type Service, ServiceFlag, type Settings } from './records.ts'

const LONGEST = 1024
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const COLON = 0x3a
/** Makes a letter lower case, and leaves "-" as it is. */
const LOWER = 0x20
const SHORT_NAME = 0x69

/** "call-id" */
const NAME = [0x63, 0x61, 0x6c, 0x6c, 0x2d, 0x69, 0x64]

/** Where in a line the reader is; below these, how much of the name it has read. */
const enum Place {
  /** Behind the name, or its short form. */
  Colon = 7,
  Value = 8,
  /** In a line of another header. */
  Other = 9,
}

export function isSip(service: Service): boolean {
  const both = ServiceFlag.Persistent | ServiceFlag.Sip
  return (service.flags & both) === both
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB
}

/** Where the reader is after a byte of a header's name. */
function afterName(place: number, byte: number): number {
  if (place === 0 && (byte | LOWER) === SHORT_NAME) return Place.Colon
  return (byte | LOWER) === (NAME[place] ?? 0) ? place + 1 : Place.Other
}

/** Where the reader is after any byte but those of a value. */
function after(place: number, byte: number): number {
  if (byte === LINE_FEED) return 0
  if (place < Place.Colon) return afterName(place, byte)
  if (place === Place.Colon && byte === COLON) return Place.Value
  return place === Place.Colon && isBlank(byte) ? place : Place.Other
}

/**
 * A hash of the message's Call-ID, other than 0; 0 where it has none.
 * @noinline
 */
export function callIdOf(packet: Packet, heading: Heading, set: Settings): number {
  reach(packet, heading.payload + LONGEST)
  const first = heading.payload
  let place = 0
  let length = 0
  let hash = FNV_OFFSET ^ set.digestKey0
  for (let i = 0; i < LONGEST; i++) {
    const byte = byteAt(packet, first + i)
    if (byte < 0) return 0
    if (place === Place.Value) {
      if (byte === CARRIAGE_RETURN || byte === LINE_FEED) return length === 0 ? 0 : (hash | 1) >>> 0
      if (length > 0 || !isBlank(byte)) {
        hash = Math.imul(hash ^ byte, FNV_PRIME)
        length = 1
      }
    } else place = after(place, byte)
  }
  return 0
}
