/**
 * What the lab's web servers answer, in every world. `GET /download/1000` gives 1000 bytes, a POST says what has arrived, everything
 * else is answered with the server's name, and with the client's address where a PROXY header has told it.
 */
import { type Content, contentOf, describeContent } from './content.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: Uint8Array
  /** Null where no PROXY header tells. */
  readonly client: string | null
}

export function respond(name: string, { method, path, body, client }: Asked): string | Uint8Array {
  if (method === 'POST') return JSON.stringify(describeContent(body))
  const bytes = /^\/download\/(\d+)$/.exec(path)?.[1]
  if (bytes !== undefined) return contentOf(Number(bytes))
  return client === null ? `${name}\n` : `${name} for ${client}\n`
}

/** Reads a page: the names of the server and of the client, the latter null where it isn't told. */
export function readPage(page: string): { server: string; client: string | null } {
  const [server = '', client = null] = page.trim().split(' for ')
  return { server, client }
}

/** The path that gives so many bytes. */
export function downloadPath(bytes: number): string {
  return `/download/${bytes}`
}

/** Reads the answer to a POST. */
export function readReceipt(answer: string): Content {
  return JSON.parse(answer) as Content
}
