/** `weir doctor` beside the director in the kernel, with packets that go astray: what it says is so, and mends it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NamespaceWorld } from './namespace-world.ts'
import { natRr } from './scenarios/nat-rr.ts'
import { installationForTests } from './testing/installation-for-tests.ts'

const SERVICE = '-t 11.11.11.12:80'
const LIMIT_MS = 30_000

interface Finding {
  readonly code: string
  readonly severity: string
  readonly remedy: readonly string[]
  readonly on?: string
}

const { installation, reason } = installationForTests()

describe.skipIf(installation === null)(`weir doctor finds why clients get no answer${reason}`, () => {
  let world: NamespaceWorld

  const on = async (host: string, line: string): Promise<string> => {
    const built = { weir: installation?.weir, ipvsadm: installation?.ipvsadm }
    const [command = '', ...words] = line.split(' ')
    const program = command === 'weir' || command === 'ipvsadm' ? (built[command] ?? []) : [command]
    const { stdout, stderr, status } = await world.run(host, ...program, ...words)
    expect({ line, stderr, status }).toEqual({ line, stderr: '', status: 0 })
    return stdout
  }
  const isAnswered = async (): Promise<boolean> =>
    (await world.run('client', 'curl', '-qsS', '--max-time', '3', 'http://11.11.11.12/')).status === 0
  const problems = async (): Promise<Finding[]> => {
    const { stdout } = await world.run('director', ...(installation?.weir ?? []), 'doctor', '--json')
    return (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ severity }) => severity === 'problem')
  }
  /** The only problem, whose remedy is typed where it says; clients get answers again, and it is gone. */
  const mendOnly = async (code: string): Promise<void> => {
    expect(await isAnswered()).toBe(false)
    const found = await problems()
    expect(found.map((each) => each.code)).toEqual([code])
    for (const { remedy, on: place } of found)
      for (const line of remedy) await on(place === 'server' ? 'nginx1' : 'director', line)
    expect(await isAnswered()).toBe(true)
    expect(await problems()).toEqual([])
  }

  beforeAll(async () => {
    if (installation === null) return
    const prefix = `weir-lab-doctor-${process.pid}`
    world = await NamespaceWorld.create(natRr.topology, { prefix, installation })
    await world.enableForwarding('director')
    await on('director', `ipvsadm -A ${SERVICE} -s rr`)
    await on('director', `ipvsadm -a ${SERVICE} -r 22.22.22.23:80 -m`)
  }, LIMIT_MS)
  afterAll(async () => {
    if (installation !== null) await world.close()
  })

  it('which is nothing as long as they get one', { timeout: LIMIT_MS }, async () => {
    expect(await isAnswered()).toBe(true)
    expect(await problems()).toEqual([])
  })

  it('where the server by masquerading has another gateway', { timeout: LIMIT_MS }, async () => {
    await on('nginx1', 'ip route delete default')
    await on('director', 'ipvsadm -Z')
    await mendOnly('no-answers')
  })

  it('where the director does not forward', { timeout: LIMIT_MS }, async () => {
    await on('director', 'sysctl -qw net.ipv4.ip_forward=0')
    await mendOnly('forwarding-off')
  })

  it('where forwarding was switched off, which FullNAT needs of lo alone', { timeout: LIMIT_MS }, async () => {
    await on('director', `ipvsadm -e ${SERVICE} -r 22.22.22.23:80 --fullnat`)
    await on('director', `ipvsadm -P ${SERVICE} -z 22.22.22.22`)
    await on('director', 'sysctl -qw net.ipv4.ip_forward=0')
    await mendOnly('loopback-forwarding-off')
  })

  it("where FullNAT's local address is not the director's", { timeout: LIMIT_MS }, async () => {
    await on('director', `ipvsadm -P ${SERVICE} -z 22.22.22.99`)
    await on('director', `ipvsadm -Q ${SERVICE} -z 22.22.22.22`)
    await mendOnly('local-address-missing')
  })
})
