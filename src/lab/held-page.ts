/**
 * HTTP over a connection that stays open (RFC 9112 §9.3), as far as clients of the lab need it to learn which server a connection leads
 * to: one request, and an answer whose length is announced.
 */

export function pageRequest(endpoint: string): string {
  return `GET / HTTP/1.1\r\nHost: ${endpoint}\r\nConnection: keep-alive\r\n\r\n`
}

/** The body of an answer, or null as long as it isn't complete. */
export function pageOf(answer: string): string | null {
  const [head = '', body] = answer.split('\r\n\r\n')
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  return body !== undefined && length !== undefined && body.length >= Number(length) ? body : null
}
