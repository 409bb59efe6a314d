/**
 * What the lab's web servers answer, in every world. `GET /download/1000` gives 1000 bytes, a POST says what has arrived, everything
 * else is answered with the server's name.
 */
import { type Content, contentOf, describeContent } from './content.ts'

export function respond(name: string, method: string, path: string, body: Uint8Array): string | Uint8Array {
  if (method === 'POST') return JSON.stringify(describeContent(body))
  const bytes = /^\/download\/(\d+)$/.exec(path)?.[1]
  return bytes === undefined ? `${name}\n` : contentOf(Number(bytes))
}

/** The path that gives so many bytes. */
export function downloadPath(bytes: number): string {
  return `/download/${bytes}`
}

/** Reads the answer to a POST. */
export function readReceipt(answer: string): Content {
  return JSON.parse(answer) as Content
}
