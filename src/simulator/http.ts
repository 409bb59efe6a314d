/**
 * The least of HTTP/1.1 (RFC 9112) that a scenario needs: a server that answers every request and closes, unless it is asked to keep the
 * connection, and a client that asks for one page. Bodies have their length announced, or end where the connection does.
 */
import type { AddressLike } from './addresses.ts'
import type { Host } from './host.ts'
import { afterProxyHeader } from './proxy-header.ts'
import type { ConnectOptions } from './tcp-stack.ts'
import type { TcpConnection, TcpFailure } from './tcp-connection.ts'

const NOTHING = new Uint8Array(0)
const END_OF_HEAD = '\r\n\r\n'
const KEEPS = /\r\nconnection: keep-alive\r\n/i
/** Longer request heads are answered with 431. */
const MAX_HEAD_BYTES = 16384

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly body: Uint8Array
  /** Who asks, where a PROXY header tells; otherwise null. */
  readonly client: string | null
}

export interface HttpServerOptions {
  /** Where it listens; default all addresses. */
  readonly address?: AddressLike
  /** Every connection has to begin with a PROXY header. */
  readonly expectsProxy?: boolean
}

export type HttpContent = string | Uint8Array

/** Answers requests on a port with what `respond` says, by default the host's name. Returns how to stop listening. */
export function serveHttp(
  host: Host,
  port: number,
  respond: (request: HttpRequest) => HttpContent = () => `${host.name}\n`,
  { address = 0, expectsProxy = false }: HttpServerOptions = {},
): () => void {
  const accept = expectsProxy
    ? afterProxyHeader((connection, { client }) => serve(connection, client.address, respond))
    : (connection: TcpConnection) => serve(connection, null, respond)
  return host.tcp.listen(port, accept, address)
}

/** A request of which the head has come. */
interface Begun extends Pick<HttpRequest, 'method' | 'path'> {
  readonly keepsConnection: boolean
  /** Bytes of body. */
  readonly length: number
  readonly pieces: Buffer[]
  received: number
}

/** Null if the text is no request's head. */
function readHead(head: string): Begun | null {
  const [, method = '', path = ''] = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/.exec(head) ?? []
  if (method === '') return null
  const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0)
  return { method, path, length, keepsConnection: KEEPS.test(head), pieces: [], received: 0 }
}

function serve(connection: TcpConnection, client: string | null, respond: (request: HttpRequest) => HttpContent): void {
  let head = ''
  let begun: Begun | null = null
  let answered = false
  const answer = (status: string, content: HttpContent, keeps = false): void => {
    const body = Buffer.from(content)
    const fields = `Content-Length: ${body.length}\r\nConnection: ${keeps ? 'keep-alive' : 'close'}`
    connection.send(Buffer.from(`HTTP/1.1 ${status}\r\n${fields}\r\n\r\n`))
    connection.send(body)
    head = ''
    begun = null
    answered = !keeps
    if (!keeps) connection.close()
  }
  const addBody = (request: Begun, data: Buffer): void => {
    request.pieces.push(data)
    request.received += data.length
    if (request.received < request.length) return
    const body = Buffer.concat(request.pieces).subarray(0, request.length)
    const { method, path, keepsConnection } = request
    answer('200 OK', respond({ method, path, body, client }), keepsConnection)
  }
  const addHead = (data: Buffer): void => {
    head += data.toString('latin1')
    const end = head.indexOf(END_OF_HEAD)
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) answer('431 Request Header Fields Too Large', 'request head too long\n')
      return
    }
    begun = readHead(head.slice(0, end + 2))
    if (begun === null) answer('400 Bad Request', 'not an HTTP request\n')
    else addBody(begun, Buffer.from(head.slice(end + END_OF_HEAD.length), 'latin1'))
  }
  connection.onData = (bytes) => {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (answered) return
    if (begun === null) addHead(data)
    else addBody(begun, data)
  }
  connection.onEnd = () => connection.close()
}

/** `malformed`: the answer isn't HTTP or ends before its announced length. `no-answer`: the time limit passed. */
export type HttpFailure = TcpFailure | 'malformed' | 'no-answer'

export interface HttpAnswer {
  /** Null until it is known how the request ended, and where it failed. */
  status: number | null
  /** The body as text. */
  readonly body: string
  content: Uint8Array
  failure: HttpFailure | null
  /** Milliseconds from the call to the end. */
  durationMs: number
  readonly connection: TcpConnection
}

export interface HttpOptions extends ConnectOptions {
  readonly path?: string
  /** Makes it a POST. */
  readonly body?: Uint8Array
  /** Default 60 s. */
  readonly timeoutMs?: number
}

/** Asks a server for a page, or sends it a body. The result is filled in while simulated time passes; `onDone` is called once, when it is final. */
export function httpRequest(
  host: Host,
  address: AddressLike,
  port: number,
  options: HttpOptions = {},
  onDone?: (answer: HttpAnswer) => void,
): HttpAnswer {
  const startMs = host.clock.nowMs
  const connection = host.tcp.connect(address, port, options)
  const answer: HttpAnswer = {
    status: null,
    get body() {
      return Buffer.from(this.content).toString()
    },
    content: NOTHING,
    failure: null,
    durationMs: 0,
    connection,
  }
  const pieces: Buffer[] = []
  let done = false
  const finish = (failure: HttpFailure | null): void => {
    if (done) return
    done = true
    answer.durationMs = host.clock.nowMs - startMs
    answer.failure = failure ?? readResponse(answer, Buffer.concat(pieces))
    onDone?.(answer)
  }
  connection.onOpen = () => {
    const { path = '/', body } = options
    const [method, fields] = body === undefined ? ['GET', ''] : ['POST', `Content-Length: ${body.length}\r\n`]
    connection.send(Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: ${address}:${port}\r\n${fields}\r\n`))
    if (body !== undefined) connection.send(body)
  }
  connection.onData = (data) => pieces.push(Buffer.from(data))
  connection.onEnd = () => {
    connection.close()
    finish(null)
  }
  connection.onClose = finish
  host.clock.after((options.timeoutMs ?? 60_000) * 1000, () => {
    if (done) return
    connection.abort()
    finish('no-answer')
  })
  return answer
}

function readResponse(answer: HttpAnswer, bytes: Buffer): HttpFailure | null {
  const headEnd = bytes.indexOf(END_OF_HEAD)
  const head = bytes.subarray(0, Math.max(headEnd, 0)).toString('latin1')
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
  if (status === undefined) return 'malformed'
  const announced = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  const content = bytes.subarray(headEnd + END_OF_HEAD.length)
  if (announced !== undefined && content.length !== Number(announced)) return 'malformed'
  answer.status = Number(status)
  answer.content = content
  return null
}
