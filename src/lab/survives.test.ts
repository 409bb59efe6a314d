/**
 * What the kernel does with no process of Weir's alive: it forwards, whatever becomes of commands meanwhile, and it expires connections.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, startProgram, waitForLine } from './command.ts'
import { NamespaceWorld } from './namespace-world.ts'
import { installationForTests } from './testing/installation-for-tests.ts'
import { unservedTopology } from './testing/unserved-topology.ts'

const PREFIX = `weir-lab-survives-${process.pid}`
const VIP = '11.11.11.12'
const SLOW_PORT = 8080
const BYTES = 50_000_000
const BYTES_PER_SECOND = 10_000_000
/** The timeout of CLOSE. */
const CLOSE_MS = 10_000

const { installation, reason } = installationForTests()

async function until(what: string, limitMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await holds())) if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`)
}

describe.skipIf(installation === null)(`with no process of Weir's alive${reason}`, () => {
  let world: NamespaceWorld

  const ipvsadm = async (words: string): Promise<string> => {
    const { stdout, stderr, status } = await world.ipvsadm(words.split(' '))
    expect(status, stderr).toBe(0)
    return stdout
  }
  /** Process ids in the director's namespace: Weir has no others anywhere. */
  const alive = async (): Promise<string> => (await runProgram(['ip', 'netns', 'pids', `${PREFIX}-director`])).stdout
  /** Starts ipvsadm on the director with text on its standard input, and kills it after a while. */
  const killed = (words: string[], input: string, afterMs: number): Promise<NodeJS.Signals | null> =>
    new Promise((resolve) => {
      const [file = '', ...rest] = world.inside('director', ...(installation?.ipvsadm ?? []), ...words)
      const child = spawn(file, rest, { stdio: ['pipe', 'ignore', 'ignore'] })
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
      child.once('close', (_status, signal) => resolve(signal))
      setTimeout(() => child.kill('SIGKILL'), afterMs)
    })

  beforeAll(async () => {
    if (installation === null) return
    world = await NamespaceWorld.create(unservedTopology, { prefix: PREFIX, installation })
    const program = fileURLToPath(new URL('testing/slow-server.mjs', import.meta.url))
    const numbers = [SLOW_PORT, BYTES, BYTES_PER_SECOND].map(String)
    for (const name of ['nginx1', 'nginx2']) {
      const server = startProgram(world.inside(name, process.execPath, program, ...numbers))
      await waitForLine(server, server.stdout, 'listening')
    }
    await world.enableForwarding('director')
    await ipvsadm(`-A -t ${VIP}:80 -s rr`)
    for (const last of [23, 24]) await ipvsadm(`-a -t ${VIP}:80 -r 22.22.22.${last}:${SLOW_PORT} -m`)
  })
  afterAll(async () => {
    if (installation !== null) await world.close()
  })

  it('a download goes on, and is not disturbed by commands that are killed', { timeout: 60_000 }, async () => {
    const [file = '', ...rest] = world.inside('client', 'curl', '-qsSi', '--raw', '--max-time', '40', `http://${VIP}/`)
    const client = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    const pieces: Buffer[] = []
    let received = 0
    client.stdout.on('data', (piece: Buffer) => {
      pieces.push(piece)
      received += piece.length
    })
    const done = new Promise((resolve) => client.once('close', resolve))
    const progress = (part: number) =>
      until(`${part} of the download`, 20_000, () => tick(() => received > part * BYTES))

    await progress(0.1)
    expect(await alive()).toBe('')
    await progress(0.3)
    expect(received).toBeLessThan(BYTES)
    expect(await alive()).toBe('')

    // Rules for other addresses: the service of the download stays as it is.
    const rules = Array.from(
      { length: 200 },
      (_, index) => `-A -t 10.9.${index}.1:80 -s rr\n-a -t 10.9.${index}.1:80 -r 10.8.0.1:80 -m\n`,
    )
    const killedHow = [await killed(['-Lnc'], '', 30)]
    for (const afterMs of [40, 60, 80, 100, 120, 140]) killedHow.push(await killed(['-R'], rules.join(''), afterMs))
    expect(killedHow).toContain('SIGKILL')
    expect(received).toBeLessThan(BYTES)
    expect(await alive()).toBe('')

    expect(await done).toBe(0)
    const answer = Buffer.concat(pieces)
    const bodyAt = answer.indexOf('\r\n\r\n') + 4
    const announced = /^x-sha256: (\w+)/im.exec(answer.subarray(0, bodyAt).toString())?.[1]
    expect(createHash('sha256').update(answer.subarray(bodyAt)).digest('hex')).toBe(announced)
    expect(await ipvsadm('-Ln')).toContain(`TCP  ${VIP}:80 rr\n`)
  })

  it('a connection that was reset is gone after the timeout of CLOSE', { timeout: 60_000 }, async () => {
    const reset =
      `const s = require('node:net').connect(80, '${VIP}', () => s.write('GET / HTTP/1.0\\r\\n\\r\\n'));` +
      `s.once('data', () => s.resetAndDestroy())`
    expect((await world.run('client', process.execPath, '-e', reset)).status).toBe(0)
    const resetAt = Date.now()
    expect(await ipvsadm('-Lnc')).toMatch(/TCP +00:\d\d +CLOSE +11\.11\.11\.11:/)
    const before = inactive(await ipvsadm('-Ln'))

    // No command until the timeout is over: nothing but the kernel can expire the entry.
    expect(await alive()).toBe('')
    await until('the timeout is over', CLOSE_MS + 1000, () => tick(() => Date.now() - resetAt > CLOSE_MS + 500))
    const listed = await ipvsadm('-Ln')
    expect(await ipvsadm('-Lnc')).not.toContain('CLOSE ')
    expect(inactive(listed)).toBe(before - 1)
  })
})

/** InActConn of all servers together. */
function inactive(listing: string): number {
  return [...listing.matchAll(/-> \S+:8080 .* (\d+) *$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

function tick(holds: () => boolean): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(holds()), 20))
}
