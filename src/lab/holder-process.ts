/**
 * The process that holds a lab client's connections: real TCP sockets, in the client's namespace. It takes one word a line on standard
 * input, `open ADDRESS:PORT` or `close`, and answers each with a line of JSON: a `Fetched`, or the number of connections closed.
 *
 * It outlives its standard input as long as it holds connections: a world that is kept has them.
 */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { pageOf, pageRequest } from './held-page.ts'
import type { Fetched } from './world.ts'

const LIMIT_MS = 10_000

const held = new Set<Socket>()

export function holdConnections(): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [word, endpoint = ''] = line.split(' ')
    void (word === 'open' ? open(endpoint) : closeAll()).then((answer) => {
      process.stdout.write(`${JSON.stringify(answer)}\n`)
    })
  })
}

/** Fulfils once the page has come, or it is certain that it will not. */
function open(endpoint: string): Promise<Fetched> {
  const [host = '', port = ''] = endpoint.split(':')
  const socket = connect(Number(port), host)
  let answer = ''
  return new Promise((resolve) => {
    const fail = (problem: string): void => {
      socket.destroy()
      resolve({ problem })
    }
    socket.setTimeout(LIMIT_MS, () => fail(`no answer in ${LIMIT_MS / 1000} s`))
    socket.once('error', ({ message }) => fail(message))
    socket.once('close', () => {
      held.delete(socket)
      fail('closed without an answer')
    })
    socket.on('data', (piece: Buffer) => {
      answer += piece.toString()
      const body = pageOf(answer)
      if (body === null) return
      socket.setTimeout(0)
      held.add(socket)
      resolve({ body })
    })
    socket.write(pageRequest(endpoint))
  })
}

/** Fulfils once the peers have closed too. */
async function closeAll(): Promise<number> {
  const sockets = [...held]
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  for (const socket of sockets) socket.end()
  await Promise.all(closed)
  return sockets.length
}
