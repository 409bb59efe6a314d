/** The receiving side of the PROXY protocol, version 2 (HAProxy's proxy-protocol.txt §2.2): for TCP, without extensions, as the director sends it. */
import { formatAddress } from './addresses.ts'
import { ipv6Text } from './ipv6-addresses.ts'
import type { TcpConnection } from './tcp-connection.ts'

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** Version and command, family and transport, and the length of the rest. */
const FIXED = 16
const TCP_IPV4 = { kind: 0x2111, addresses: 12 }
const TCP_IPV6 = { kind: 0x2121, addresses: 36 }

export interface ProxyHeader {
  /** Bytes. */
  readonly length: number
  readonly client: { readonly address: string; readonly port: number }
  /** What the client connected to. */
  readonly virtual: { readonly address: string; readonly port: number }
}

/** Reads the header at the beginning of a stream: `more` where it hasn't all come, null where there is none. */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | 'more' | null {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const begun = Math.min(data.length, SIGNATURE.length)
  if (data.compare(SIGNATURE, 0, begun, 0, begun) !== 0) return null
  if (data.length < FIXED) return 'more'
  const format = [TCP_IPV4, TCP_IPV6].find(({ kind }) => kind === data.readUInt16BE(12))
  if (format === undefined || data.readUInt16BE(14) !== format.addresses) return null
  const length = FIXED + format.addresses
  if (data.length < length) return 'more'
  const isIpv4 = format === TCP_IPV4
  const address = (at: number): string => (isIpv4 ? formatAddress(data.readUInt32BE(at)) : ipv6Text(data, at))
  const second = FIXED + (isIpv4 ? 4 : 16)
  return {
    length,
    client: { address: address(FIXED), port: data.readUInt16BE(length - 4) },
    virtual: { address: address(second), port: data.readUInt16BE(length - 2) },
  }
}

/** Hands a connection over once its header has come, as if the rest were all; one that doesn't begin with a header is reset. */
export function afterProxyHeader(
  accept: (connection: TcpConnection, header: ProxyHeader) => void,
): (connection: TcpConnection) => void {
  return (connection) => {
    let begun = Buffer.alloc(0)
    connection.onEnd = () => connection.abort()
    connection.onData = (data) => {
      begun = Buffer.concat([begun, data])
      const header = readProxyHeader(begun)
      if (header === 'more') return
      if (header === null) {
        connection.abort()
        return
      }
      accept(connection, header)
      if (begun.length > header.length) connection.onData?.(begun.subarray(header.length))
    }
  }
}
