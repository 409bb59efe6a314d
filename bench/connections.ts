/**
 * `connections`: new TCP connections a second (wrk asks nginx for a page, one connection each), requests a second over connections that
 * stay (wrk again), and bulk TCP both ways (iperf3), through plain routing, nftables, HAProxy and Weir in turns. The endpoints share the
 * machine and take most of it: only large differences show.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Benchmark, hasContender, hasTool, type Output } from './benchmark.ts'
import { withDirectReplies } from './direct-replies.ts'
import {
  DIRECT_ROUTING,
  type Forwarder,
  FULLNAT,
  loadWeir,
  NAT,
  nftables,
  ROUTING,
  through,
  TUNNELING,
} from './forwarders.ts'
import { haproxy } from './haproxy.ts'
import {
  acceptMany,
  BACKLOG,
  connectMany,
  MOST_CONNECTIONS,
  outputOf,
  pause,
  READY_MS,
  serve,
  temporaryFolder,
} from './processes.ts'
import { whyNoKernel } from './requirements.ts'
import { compare } from './samples.ts'
import { makeNetwork, SERVER_ADDRESSES, SERVERS } from './topology.ts'

const ROUNDS = 5
const SECONDS = 1
const HTTP_PORT = 8080
const BULK_PORT = 5201
/** More than one, so that no single client sets the limit. */
const CLIENTS = 2
/** Connections that a client has open at a time. */
const CONCURRENCY = 32
/** More than a connection carries in a sample. */
const KEPT_REQUESTS = 1_000_000
/** One server: two addresses to send to would let plain routing alone spread over the processors. */
const [SERVER] = SERVERS
const [SERVER_ADDRESS] = SERVER_ADDRESSES
const SERVICES = [HTTP_PORT, BULK_PORT].map((port) => ({ port, servers: [SERVER_ADDRESS] }))
const PACKAGES = { wrk: 'wrk', nginx: 'nginx-light', iperf3: 'iperf3' }

function nginxConfiguration(folder: string): string {
  const file = join(folder, 'nginx.conf')
  const listen = `server { listen ${HTTP_PORT} backlog=${BACKLOG}; return 200 "ok\\n"; }`
  const http = `access_log off; keepalive_requests ${KEPT_REQUESTS}; ${listen}`
  const main = `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/errors;`
  writeFileSync(file, `${main}\nevents { worker_connections ${MOST_CONNECTIONS}; }\nhttp { ${http} }\n`)
  return file
}

async function startServers(): Promise<void> {
  const folder = temporaryFolder()
  acceptMany(SERVER)
  await serve(SERVER, HTTP_PORT, 'nginx', ['-p', folder, '-c', nginxConfiguration(folder)])
  await serve(SERVER, BULK_PORT, 'iperf3', ['-s', '-4', '-p', String(BULK_PORT)])
  connectMany('client')
}

async function wrk(address: string, options: readonly string[]): Promise<number> {
  const shape = ['-t1', `-c${CONCURRENCY}`, `-d${SECONDS}s`, ...options]
  const text = await outputOf('client', 'wrk', [...shape, `http://${address}:${HTTP_PORT}/`])
  if (/Socket errors: connect [1-9]|timeout [1-9]/.test(text)) throw new Error(`connections failed:\n${text}`)
  return Number(/^Requests\/sec:\s*([\d.]+)$/m.exec(text)?.[1] ?? Number.NaN)
}

/** Measures what is reached at an address. */
type Measure = (address: string) => Promise<number>

/** Requests a second of both clients together. */
function requestRate(...options: readonly string[]): Measure {
  return async (address) => {
    const rates = await Promise.all(Array.from({ length: CLIENTS }, () => wrk(address, options)))
    return rates.reduce((sum, rate) => sum + rate, 0)
  }
}

interface BulkResult {
  readonly error?: string
  readonly end: { readonly sum_received: { readonly bits_per_second: number } }
}

/** Gbit/s of one connection. The server takes one client at a time, and HAProxy tells it a moment late that the last one has gone. */
function bulkRate(...options: readonly string[]): Measure {
  return async (address) => {
    const words = ['-c', address, '-p', String(BULK_PORT), '-t', String(SECONDS), '-J', ...options]
    for (const deadline = performance.now() + READY_MS; ;) {
      const { error, end } = JSON.parse(await outputOf('client', 'iperf3', words)) as BulkResult
      if (error === undefined) return end.sum_received.bits_per_second / 1e9
      if (!error.includes('busy') || performance.now() > deadline)
        throw new Error(`iperf3 ${words.join(' ')}: ${error}`)
      await pause()
    }
  }
}

async function makeForwarders(output: Output): Promise<Forwarder[]> {
  loadWeir(SERVICES)
  const selfAnswering = [withDirectReplies(DIRECT_ROUTING, 'dr'), withDirectReplies(TUNNELING, 'tun')]
  const forwarders: Forwarder[] = [ROUTING, NAT, ...selfAnswering, FULLNAT]
  if (hasContender(output, 'nft', 'nftables')) forwarders.push(nftables(SERVICES))
  if (hasContender(output, 'haproxy', 'haproxy')) forwarders.push(await haproxy(SERVICES))
  return forwarders
}

async function run(output: Output): Promise<void> {
  makeNetwork()
  await startServers()
  const forwarders = await makeForwarders(output)
  const table = async (what: string, unit: string, measure: Measure): Promise<void> => {
    const samplers = forwarders.map((forwarder) => {
      const sampler = () => through(forwarder, () => measure(forwarder.addresses[0] ?? ''))
      return [forwarder.name, sampler] as const
    })
    output.comparison(await compare(what, unit, ROUNDS, Object.fromEntries(samplers)))
  }
  await table('new connections, wrk to one nginx', 'connections/s', requestRate('-H', 'Connection: close'))
  await table('over connections that stay, wrk to one nginx', 'requests/s', requestRate())
  await table('bulk TCP to the server, one connection, iperf3', 'Gbit/s', bulkRate())
  await table('bulk TCP from the server, one connection, iperf3', 'Gbit/s', bulkRate('-R'))
}

export const connections: Benchmark = {
  name: 'connections',
  title: 'TCP connections and bulk TCP, beside plain routing',
  whyNot() {
    const missing = Object.entries(PACKAGES).filter(([tool]) => !hasTool(tool))
    if (missing.length > 0)
      return `needs ${missing.map(([tool]) => tool).join(', ')}: apt install ${missing.map(([, name]) => name).join(' ')}`
    return whyNoKernel()
  },
  run,
}
