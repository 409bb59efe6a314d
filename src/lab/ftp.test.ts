/** FTP through a director in the kernel: a real server, curl, and a data connection in each way that there is to announce one. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, startProgram, waitForLine } from './command.ts'
import { NamespaceWorld } from './namespace-world.ts'
import { installationForTests } from './testing/installation-for-tests.ts'
import { unservedTopology } from './testing/unserved-topology.ts'

const VIP = '11.11.11.12'
const SERVER = '22.22.22.23'
const TEXT = 'what the server sends\n'
const PROGRAM = fileURLToPath(new URL('testing/ftp-server.mjs', import.meta.url))

const { installation, reason } = installationForTests()

describe.skipIf(installation === null)(`a file comes through the director${reason}`, () => {
  let world: NamespaceWorld

  beforeAll(async () => {
    if (installation === null) return
    world = await NamespaceWorld.create(unservedTopology, { prefix: `weir-lab-ftp-${process.pid}`, installation })
    const server = startProgram(world.inside('nginx1', process.execPath, PROGRAM, SERVER, TEXT))
    await waitForLine(server, server.stdout, 'ready')
    await world.enableForwarding('director')
    for (const words of [`-A -t ${VIP}:21 -s rr`, `-a -t ${VIP}:21 -r ${SERVER}:21 -m`]) {
      expect(await world.ipvsadm(words.split(' '))).toMatchObject({ status: 0 })
    }
  })
  afterAll(async () => {
    if (installation !== null) await world.close()
  })

  // curl takes the address of reply 227 for the server's own only where it is told to.
  it.each([
    ['PASV', ['--disable-epsv', '--no-ftp-skip-pasv-ip']],
    ['EPSV', []],
    ['PORT', ['--disable-eprt', '--ftp-port', '11.11.11.11']],
    ['EPRT', ['--eprt', '--ftp-port', '11.11.11.11']],
  ])('after %s', async (_, options) => {
    const url = `ftp://${VIP}/file`
    const curl = world.inside('client', 'curl', '-qsS', '--noproxy', '*', '--max-time', '10', ...options, url)
    expect(await runProgram(curl)).toMatchObject({ stdout: TEXT, stderr: '', status: 0 })
  })
})
