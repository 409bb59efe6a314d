/** `cli`: milliseconds from start to end of a command, beside Node's own start. A director with one service and two servers is loaded. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { unload } from '../src/kernel/commands.ts'
import type { Benchmark, Output } from './benchmark.ts'
import { onCleanUp } from './cleanup.ts'
import { whyNoKernel } from './requirements.ts'
import { compare, type Sampler } from './samples.ts'
import { testDevice } from './test-runs.ts'

const ROUNDS = 15
const VIRTUAL = '10.5.0.1:80'
const OTHER = '10.5.0.2:80'

function command(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))
}

function node(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with status ${status}: ${stderr}`)
}

/** Times `work`; `after` isn't timed. */
function timed(work: () => void, after: () => void = () => undefined): Sampler {
  return () => {
    const from = performance.now()
    work()
    const time = performance.now() - from
    after()
    return time
  }
}

async function run(output: Output): Promise<void> {
  testDevice()
  const ipvsadm = (...args: string[]): void => node(command('ipvsadm'), ...args)
  onCleanUp('the pins of a director', unload)
  ipvsadm('-A', '-t', VIRTUAL, '-s', 'rr')
  for (const server of ['10.6.0.1:80', '10.6.0.2:80']) ipvsadm('-a', '-t', VIRTUAL, '-r', server, '-m')
  const contenders: Record<string, Sampler> = {
    'node -e 0': timed(() => node('-e', '0')),
    'ipvsadm -Ln': timed(() => ipvsadm('-Ln')),
    'ipvsadm -A': timed(
      () => ipvsadm('-A', '-t', OTHER, '-s', 'rr'),
      () => ipvsadm('-D', '-t', OTHER),
    ),
  }
  if (existsSync(command('weir'))) contenders['weir status'] = timed(() => node(command('weir'), 'status'))
  else output.note('without weir status: npm run build')
  output.comparison(await compare('from start to end', 'ms', ROUNDS, contenders))
}

export const cli: Benchmark = {
  name: 'cli',
  title: 'how long a command takes, beside an empty run of Node',
  whyNot: () => (existsSync(command('ipvsadm')) ? whyNoKernel() : 'needs dist/ipvsadm.js: npm run build'),
  run,
}
