/** Reads the transcripts of conformance/facts: commands with their output, packets sent with those received, waits, remarks. */

export type Step =
  | {
      readonly kind: 'command'
      readonly words: readonly string[]
      readonly output: readonly string[]
      readonly line: number
    }
  | {
      readonly kind: 'send'
      /** In `packet-notation.ts`'s words. */
      readonly packet: string
      readonly times: number
      /** `client receives …`, `server receives …`, in order. */
      readonly received: readonly string[]
      /** State and server of the connection afterwards, where the transcript tells. */
      readonly entries: string | null
      readonly line: number
    }
  | { readonly kind: 'wait'; readonly seconds: number; readonly line: number }
  | {
      /** A datagram of a new client port to the service, some time after the one before. */
      readonly kind: 'flow'
      readonly clientPort: number
      /** The ICMP error that refused it, or null where a server took it. */
      readonly refusal: string | null
      /** ActiveConn and InActConn of the server afterwards. */
      readonly counters: readonly [active: number, inactive: number]
      readonly line: number
    }
  | { readonly kind: 'remark'; readonly text: string; readonly line: number }

const SEND = /^> (?:client|server|router) sends (.*?)(?: x(\d+))?$/
const ENTRIES = /^ {3}entries now: (.*)$/
const WAIT = /^(?:-- | {3})(\d+) s later$/
const FLOW = /^ {3}new flow (\d+): (?:taken|refused: \['(.*)'\]); counters \((\d+), (\d+)\)$/
/** Lines that belong to the step above them. */
const BODY = /^ {4}|^ {3}entries now: /

function readStep(head: string, body: readonly string[], line: number): Step {
  if (head.startsWith('# '))
    return { kind: 'command', words: head.slice(2).split(' '), output: body.map((text) => text.slice(4)), line }
  const [, seconds] = WAIT.exec(head) ?? []
  if (seconds !== undefined) return { kind: 'wait', seconds: Number(seconds), line }
  const [, clientPort, refusal, active, inactive] = FLOW.exec(head) ?? []
  if (clientPort !== undefined) {
    const counters = [Number(active), Number(inactive)] as const
    return { kind: 'flow', clientPort: Number(clientPort), refusal: refusal ?? null, counters, line }
  }
  const [, packet, times] = SEND.exec(head) ?? []
  if (packet === undefined) return { kind: 'remark', text: head.replace(/^(--|==) /, ''), line }
  const entries = body.map((text) => ENTRIES.exec(text)?.[1]).find((text) => text !== undefined) ?? null
  const received = body.filter((text) => !ENTRIES.test(text)).map((text) => text.trim())
  return { kind: 'send', packet, times: Number(times ?? 1), received, entries, line }
}

/** The first line and the blank one after it say what the transcript is about and are left out. */
export function parseTranscript(text: string): Step[] {
  const lines = text.split('\n')
  const steps: Step[] = []
  for (let at = 1; at < lines.length;) {
    const head = lines[at] ?? ''
    let end = at + 1
    while (end < lines.length && BODY.test(lines[end] ?? '')) end += 1
    if (head !== '') steps.push(readStep(head, lines.slice(at + 1, end), at + 1))
    at = end
  }
  return steps
}
