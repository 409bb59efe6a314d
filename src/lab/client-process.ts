/**
 * The process that is a lab client where commands are not enough: real TCP sockets, in the client's namespace. It takes one request a line on
 * standard input, `open ADDRESS:PORT`, `reuse`, `transfer URL BYTES` or `close`, and answers each with a line of JSON.
 *
 * It outlives its standard input as long as it holds connections: a world that is kept has them.
 */
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { contentOf, describeContent } from './content.ts'
import { pageOf, pageRequest } from './held-page.ts'
import { parseEndpoint, parseUrl } from './scenario.ts'
import { downloadPath, readReceipt } from './site.ts'
import type { Fetched, Transferred } from './world.ts'

const LIMIT_MS = 10_000
const TRANSFER_LIMIT_MS = 30_000

/** Open connections and where they lead. */
const held = new Map<Socket, string>()

export function runClient(): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    void answerLine(line.split(' ')).then((answer) => {
      process.stdout.write(`${JSON.stringify(answer)}\n`)
    })
  })
}

function answerLine([word, target = '', bytes]: readonly string[]): Promise<unknown> {
  switch (word) {
    case 'open':
      return open(target)
    case 'reuse':
      return reuse()
    case 'transfer':
      return transfer(target, Number(bytes))
    default:
      return closeAll()
  }
}

/** Fulfils once the page has come, or it is certain that it will not. */
async function open(endpoint: string): Promise<Fetched> {
  const { address, port } = parseEndpoint(endpoint)
  const socket = connect(port, address)
  const fetched = await fetchBy(socket, endpoint)
  if ('body' in fetched) {
    held.set(socket, endpoint)
    socket.once('close', () => held.delete(socket))
  }
  return fetched
}

async function reuse(): Promise<Fetched[]> {
  const answers: Fetched[] = []
  for (const [socket, endpoint] of held) answers.push(await fetchBy(socket, endpoint))
  return answers
}

/** Asks for a page by a connection; one that fails is destroyed. */
function fetchBy(socket: Socket, endpoint: string): Promise<Fetched> {
  let answer = ''
  return new Promise((resolve) => {
    const finish = (fetched: Fetched): void => {
      socket.setTimeout(0)
      socket.off('data', onData).off('error', onError).off('close', onClose).off('timeout', onTimeout)
      // Later errors show as a connection that has closed.
      socket.on('error', () => undefined)
      if ('problem' in fetched) socket.destroy()
      resolve(fetched)
    }
    const onData = (piece: Buffer): void => {
      answer += piece.toString()
      const body = pageOf(answer)
      if (body !== null) finish({ body })
    }
    const onError = ({ message }: Error): void => finish({ problem: message })
    const onClose = (): void => finish({ problem: 'closed without an answer' })
    const onTimeout = (): void => finish({ problem: `no answer in ${LIMIT_MS / 1000} s` })
    socket.on('data', onData).on('error', onError).on('close', onClose).on('timeout', onTimeout)
    socket.setTimeout(LIMIT_MS)
    socket.write(pageRequest(endpoint))
  })
}

async function transfer(url: string, bytes: number): Promise<Transferred> {
  const content = contentOf(bytes)
  try {
    const uploaded = readReceipt((await exchange(url, 'POST', content)).toString())
    const downloaded = describeContent(await exchange(new URL(downloadPath(bytes), url).href, 'GET'))
    return { sent: describeContent(content), uploaded, downloaded }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

/** The answer's body. Rejects where there is none, or none in time. */
function exchange(url: string, method: string, body?: Buffer): Promise<Buffer> {
  const { address: host, port, path } = parseUrl(url)
  const headers = body === undefined ? {} : { 'Content-Length': body.length }
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TRANSFER_LIMIT_MS)
    const asked = request({ host, port, path, method, headers, signal, agent: false }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.once('error', reject)
      response.once('end', () => resolve(Buffer.concat(pieces)))
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

/** Fulfils once the peers have closed too. */
async function closeAll(): Promise<number> {
  const sockets = [...held.keys()]
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  for (const socket of sockets) socket.end()
  await Promise.all(closed)
  return sockets.length
}
