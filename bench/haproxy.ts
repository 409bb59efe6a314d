/**
 * HAProxy in TCP mode on the director: what a balancer costs that ends the clients' connections and makes its own to the servers. It has
 * a thread for each of two processors, keeps no log, and has the kernel splice, which by its own choice (`splice-auto`) it seldom does:
 * bulk TCP then takes it almost twice the processor time.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Forwarder, type Service, VIRTUAL_ADDRESS } from './forwarders.ts'
import { acceptMany, BACKLOG, connectMany, MOST_CONNECTIONS, serve, temporaryFolder } from './processes.ts'
import { ip } from './topology.ts'

const THREADS = 2

function configuration(services: readonly Service[]): string {
  const timeouts = ['connect 5s', 'client 30s', 'server 30s'].map((timeout) => ` timeout ${timeout}`)
  const listeners = services.flatMap(({ port, servers }) => [
    `listen port${port}`,
    ` bind :${port} backlog ${BACKLOG}`,
    ' balance roundrobin',
    ...servers.map((address, index) => ` server server${index} ${address}:${port}`),
  ])
  return [
    'global',
    ` nbthread ${THREADS}`,
    ` maxconn ${MOST_CONNECTIONS}`,
    'defaults',
    ' mode tcp',
    ' option splice-request',
    ' option splice-response',
    ` maxconn ${MOST_CONNECTIONS}`,
    ...timeouts,
    ...listeners,
    '',
  ].join('\n')
}

/** Started at once; it waits for clients while the virtual address is not the director's own. */
export async function haproxy(services: readonly Service[]): Promise<Forwarder> {
  const file = join(temporaryFolder(), 'haproxy.cfg')
  writeFileSync(file, configuration(services))
  acceptMany('director')
  connectMany('director')
  await serve('director', services[0]?.port ?? 0, 'haproxy', ['-db', '-q', '-f', file])
  const address = (what: 'add' | 'del') => () =>
    void ip('director', 'address', what, `${VIRTUAL_ADDRESS}/32`, 'dev', 'lo')
  return { name: 'HAProxy, TCP mode', addresses: [VIRTUAL_ADDRESS], use: address('add'), leave: address('del') }
}
