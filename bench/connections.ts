/**
 * `connections`: new TCP connections a second (wrk asks nginx for a page, one connection each) and bulk TCP (iperf3), through plain
 * routing, nftables and Weir in turns. The endpoints share the machine and take most of it: only large differences show.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Benchmark, hasTool, type Output } from './benchmark.ts'
import { onCleanUp } from './cleanup.ts'
import { whyNoKernel } from './requirements.ts'
import { compare, type Sampler } from './samples.ts'
import {
  type Forwarder,
  type HostName,
  inside,
  makeNetwork,
  nftables,
  ROUTING,
  SERVER_ADDRESSES,
  SERVERS,
  setting,
  weir,
} from './topology.ts'

const ROUNDS = 5
const SECONDS = 1
const HTTP_PORT = 8080
const BULK_PORT = 5201
/** More than one, so that no single client sets the limit. */
const CLIENTS = 2
/** Connections that a client has open at a time. */
const CONCURRENCY = 32
const READY_MS = 5000
/** One server: two addresses to send to would let plain routing alone spread over the processors. */
const [SERVER] = SERVERS
const [SERVER_ADDRESS] = SERVER_ADDRESSES
const SERVICES = [HTTP_PORT, BULK_PORT].map((port) => ({ port, servers: [SERVER_ADDRESS] }))
const PACKAGES = { wrk: 'wrk', nginx: 'nginx-light', iperf3: 'iperf3' }

/** Starts a server in a host's namespace and waits until it listens; ended with the benchmark. */
async function serve(host: HostName, port: number, command: string, args: readonly string[]): Promise<void> {
  const child = inside(host, () => spawn(command, args, { stdio: 'ignore' }))
  onCleanUp(`${command}, process ${child.pid}`, () => child.kill('SIGTERM'))
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  failed.catch(() => undefined)
  const listening = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 0+:0000 0A `)
  for (const end = performance.now() + READY_MS; performance.now() < end;) {
    if (listening.test(inside(host, () => readFileSync('/proc/net/tcp', 'latin1')))) return
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 20))])
  }
  throw new Error(`${command} does not listen on port ${port} within ${READY_MS} ms`)
}

function nginxConfiguration(folder: string): string {
  const file = join(folder, 'nginx.conf')
  const http = `access_log off; keepalive_timeout 0; server { listen ${HTTP_PORT} backlog=8192; return 200 "ok\\n"; }`
  const main = `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/errors;`
  writeFileSync(file, `${main}\nevents { worker_connections 4096; }\nhttp { ${http} }\n`)
  return file
}

async function startServers(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  onCleanUp(folder, () => rmSync(folder, { recursive: true, force: true }))
  setting(SERVER, 'core/somaxconn', 8192)
  setting(SERVER, 'ipv4/tcp_max_syn_backlog', 8192)
  // What a server remembers of a port must not depend on the way by which its last connection came.
  setting(SERVER, 'ipv4/tcp_max_tw_buckets', 0)
  await serve(SERVER, HTTP_PORT, 'nginx', ['-p', folder, '-c', nginxConfiguration(folder)])
  await serve(SERVER, BULK_PORT, 'iperf3', ['-s', '-4', '-p', String(BULK_PORT)])
  setting('client', 'ipv4/ip_local_port_range', '1024 65535')
  setting('client', 'ipv4/tcp_tw_reuse', 1)
}

/** Runs a client to its end and returns its output. */
function clientOutput(command: string, args: readonly string[]): Promise<string> {
  const child: ChildProcess = inside('client', () => spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
  onCleanUp(`${command}, process ${child.pid}`, () => child.exitCode === null && child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (text += data.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) =>
      status === 0 ? resolve(text) : reject(new Error(`${command} ${args.join(' ')}: ${text}`)),
    )
  })
}

async function wrk(address: string): Promise<number> {
  const shape = ['-t1', `-c${CONCURRENCY}`, `-d${SECONDS}s`, '-H', 'Connection: close']
  const text = await clientOutput('wrk', [...shape, `http://${address}:${HTTP_PORT}/`])
  if (/Socket errors: connect [1-9]|timeout [1-9]/.test(text)) throw new Error(`connections failed:\n${text}`)
  return Number(/^Requests\/sec:\s*([\d.]+)$/m.exec(text)?.[1] ?? Number.NaN)
}

/** Connections a second of both clients together. */
async function connectionRate(address: string): Promise<number> {
  const rates = await Promise.all(Array.from({ length: CLIENTS }, () => wrk(address)))
  return rates.reduce((sum, rate) => sum + rate, 0)
}

/** Gbit/s of one connection. */
async function bulkRate(address: string): Promise<number> {
  const text = await clientOutput('iperf3', ['-c', address, '-p', String(BULK_PORT), '-t', String(SECONDS), '-J'])
  const result = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } }
  return result.end.sum_received.bits_per_second / 1e9
}

function through(forwarder: Forwarder, measure: (address: string) => Promise<number>): Sampler {
  return async () => {
    forwarder.use()
    try {
      return await measure(forwarder.addresses[0] ?? '')
    } finally {
      forwarder.leave()
    }
  }
}

async function run(output: Output): Promise<void> {
  makeNetwork()
  const forwarders = [ROUTING, weir(SERVICES)]
  if (hasTool('nft')) forwarders.push(nftables(SERVICES))
  else output.note('without nftables: apt install nftables')
  await startServers()
  const all = (measure: (address: string) => Promise<number>): Record<string, Sampler> =>
    Object.fromEntries(forwarders.map((forwarder) => [forwarder.name, through(forwarder, measure)]))
  output.comparison(await compare('new connections, wrk to one nginx', 'connections/s', ROUNDS, all(connectionRate)))
  output.comparison(await compare('bulk TCP, one connection, iperf3', 'Gbit/s', ROUNDS, all(bulkRate)))
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
