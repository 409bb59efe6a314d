/** Services of the floor in C: each endpoint of a protocol has one server. */
import { parseAddress } from '../src/control/address.ts'
import { type BpfObject, mapUpdate } from '../src/kernel/libbpf.ts'
import { Family } from '../src/engine/records.ts'

export interface BaselineService {
  readonly protocol: string
  readonly virtual: string
  readonly virtualPort: number
  readonly server: string
  readonly serverPort: number
}

const TCP = 6
const UDP = 17

/** `struct endpoint` or `struct endpoint6` of `baseline.bpf.c`. */
function endpoint(text: string, port: number, protocol: number): Uint8Array {
  const { family, address } = parseAddress(text)
  const words = family === Family.Ipv4 ? [address.word0] : [address.word0, address.word1, address.word2, address.word3]
  const bytes = new DataView(new ArrayBuffer(4 * words.length + 4))
  for (const [index, word] of words.entries()) bytes.setUint32(4 * index, word)
  bytes.setUint16(4 * words.length, port)
  bytes.setUint16(4 * words.length + 2, protocol, true)
  return new Uint8Array(bytes.buffer)
}

export function addBaselineService(object: BpfObject, service: BaselineService): void {
  const protocol = service.protocol === 'udp' ? UDP : TCP
  const map = parseAddress(service.virtual).family === Family.Ipv4 ? 'services' : 'services6'
  const key = endpoint(service.virtual, service.virtualPort, protocol)
  mapUpdate(object.mapFd(map), key, endpoint(service.server, service.serverPort, protocol))
}
