/**
 * The least of HTTP/1.1 (RFC 9112) that a scenario needs: a server that answers every request and closes, unless it is asked to keep the
 * connection, and a client that asks for one page. Bodies end where the connection does, and must have the announced length.
 */
import type { AddressLike } from './addresses.ts'
import type { Host } from './host.ts'
import type { ConnectOptions } from './tcp-stack.ts'
import type { TcpConnection, TcpFailure } from './tcp-connection.ts'

const END_OF_HEAD = '\r\n\r\n'
/** Longer request heads are answered with 431. */
const MAX_HEAD_BYTES = 16384

export interface HttpRequest {
  readonly method: string
  readonly path: string
}

/** Answers requests on a port with `respond`'s text, by default the host's name. Returns how to stop listening. */
export function serveHttp(
  host: Host,
  port: number,
  respond: (request: HttpRequest) => string = () => `${host.name}\n`,
  address: AddressLike = 0,
): () => void {
  return host.tcp.listen(port, (connection) => serve(connection, respond), address)
}

function serve(connection: TcpConnection, respond: (request: HttpRequest) => string): void {
  let head = ''
  let answered = false
  const answer = (status: string, body: string): void => {
    const keeps = /\r\nconnection: keep-alive\r\n/i.test(head)
    const fields = `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: ${keeps ? 'keep-alive' : 'close'}`
    connection.send(Buffer.from(`HTTP/1.1 ${status}\r\n${fields}\r\n\r\n${body}`))
    head = ''
    answered = !keeps
    if (!keeps) connection.close()
  }
  connection.onData = (data) => {
    if (answered) return
    head += Buffer.from(data).toString('latin1')
    if (head.includes(END_OF_HEAD)) {
      const match = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/.exec(head)
      if (match === null) answer('400 Bad Request', 'not an HTTP request\n')
      else answer('200 OK', respond({ method: match[1] ?? '', path: match[2] ?? '' }))
    } else if (head.length > MAX_HEAD_BYTES) answer('431 Request Header Fields Too Large', 'request head too long\n')
  }
  connection.onEnd = () => connection.close()
}

/** `malformed`: the answer isn't HTTP or ends before its announced length. `no-answer`: the time limit passed. */
export type HttpFailure = TcpFailure | 'malformed' | 'no-answer'

export interface HttpAnswer {
  /** Null until it is known how the request ended, and where it failed. */
  status: number | null
  body: string
  failure: HttpFailure | null
  /** Milliseconds from the call to the end. */
  durationMs: number
  readonly connection: TcpConnection
}

export interface HttpOptions extends ConnectOptions {
  readonly path?: string
  /** Default 60 s. */
  readonly timeoutMs?: number
}

/** Asks a server for a page. The result is filled in while simulated time passes; `onDone` is called once, when it is final. */
export function httpGet(
  host: Host,
  address: AddressLike,
  port: number,
  options: HttpOptions = {},
  onDone?: (answer: HttpAnswer) => void,
): HttpAnswer {
  const startMs = host.clock.nowMs
  const connection = host.tcp.connect(address, port, options)
  const answer: HttpAnswer = { status: null, body: '', failure: null, durationMs: 0, connection }
  const pieces: Buffer[] = []
  let done = false
  const finish = (failure: HttpFailure | null): void => {
    if (done) return
    done = true
    answer.durationMs = host.clock.nowMs - startMs
    answer.failure = failure ?? readResponse(answer, Buffer.concat(pieces).toString())
    onDone?.(answer)
  }
  connection.onOpen = () => {
    connection.send(Buffer.from(`GET ${options.path ?? '/'} HTTP/1.1\r\nHost: ${address}:${port}\r\n\r\n`))
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

function readResponse(answer: HttpAnswer, text: string): HttpFailure | null {
  const headEnd = text.indexOf(END_OF_HEAD)
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]
  if (headEnd < 0 || status === undefined) return 'malformed'
  const announced = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1]
  const body = text.slice(headEnd + END_OF_HEAD.length)
  if (announced !== undefined && Buffer.byteLength(body) !== Number(announced)) return 'malformed'
  answer.status = Number(status)
  answer.body = body
  return null
}
