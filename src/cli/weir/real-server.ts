/** `weir real-server`: its subcommands, and plans, changes and findings as text. */
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { Done, Undone } from '../../real-server/apply.ts'
import type { Finding, Situation } from '../../real-server/check.ts'
import {
  DEFAULT_GUE_PORT,
  type Method,
  METHODS,
  type Request,
  type Step,
  TUNNEL_TYPES,
  type TunnelType,
} from '../../real-server/model.ts'
import { readGateway, readVirtualAddress } from '../../real-server/usable-address.ts'
import { settingCommand } from '../../real-server/tunnel-device.ts'
import { ExitStatus } from './exit-status.ts'

interface RealServerIo {
  out(text: string): void
}

interface PlanOptions {
  readonly vip?: string[]
  readonly gateway?: string[]
  readonly device?: string
  readonly type?: TunnelType
  readonly port?: number
  readonly apply?: boolean
  readonly undo?: boolean
}

const SUMMARIES: Record<Method, string> = {
  dr: 'a server for direct routing (ipvsadm -g)',
  tun: 'a server at the end of a tunnel (ipvsadm -i)',
  nat: 'a server behind network address translation (ipvsadm -m)',
}

/** Adds `real-server` to the command `weir`. */
export function addRealServer(weir: Command, io: RealServerIo): void {
  const realServer = weir
    .command('real-server')
    .description('make this host a real server, undo that, or find out what is wrong with it')
    .addHelpText(
      'after',
      '\nRun it on the real server; no director is needed there. Without --apply and --undo it prints commands for a shell.\n' +
        'What is applied lasts until --undo or the next boot.\n' +
        '\nExamples:\n' +
        '  weir real-server dr --vip 192.0.2.1                       what has to be done\n' +
        '  weir real-server tun --vip 192.0.2.1 --type gue --apply   does it\n' +
        '  weir real-server undo                                     as it was before\n' +
        '\nExit status: 0 done, 1 failed, 2 wrong command line.',
    )
  for (const method of METHODS) addMethod(realServer, method, io)
  realServer
    .command('undo')
    .description('put back what --apply has changed, whatever it was for')
    .action(() => undoAndSay(null, [], io))
  addCheck(realServer, io)
}

function addMethod(realServer: Command, method: Method, io: RealServerIo): void {
  const command = realServer.command(method).description(SUMMARIES[method])
  if (method === 'nat') {
    command.option('--gateway <address>', "the director's address in this network; one for each family", gatewayAddress)
  } else {
    command.option('--vip <address>', 'a virtual address, IPv4 or IPv6; as often as needed', virtualAddress)
    command.option('--device <name>', "on which the director's packets arrive, where that is not the default route's")
  }
  if (method === 'tun') {
    command.addOption(
      new Option('--type <type>', 'of the tunnel, as with ipvsadm').choices(TUNNEL_TYPES).default('ipip'),
    )
    command.option('--port <n>', 'UDP port of gue', port, DEFAULT_GUE_PORT)
  }
  command
    .addOption(new Option('--apply', 'do what is not so already').conflicts('undo'))
    .option('--undo', 'put back what --apply has changed')
    .action(async (options: PlanOptions) => {
      const request = requestOf(method, options)
      if (options.undo === true) return undoAndSay(method, request.vips, io)
      const needed = method === 'nat' ? request.gateways : request.vips
      if (needed.length === 0) command.error(`error: say ${method === 'nat' ? '--gateway' : '--vip'} ADDRESS`)
      return options.apply === true ? apply(request, io) : print(request, io)
    })
}

interface CheckOptions {
  readonly vip?: string[]
  readonly gateway?: string[]
  readonly device?: string
  readonly type?: TunnelType
  readonly port?: number
  readonly json?: boolean
}

function addCheck(realServer: Command, io: RealServerIo): void {
  realServer
    .command('check')
    .description('find out what is wrong with this real server, and what mends it')
    .addArgument(new Argument('[method]', 'how the director forwards to it').choices(METHODS))
    .option('--vip <address>', 'a virtual address; as often as needed', virtualAddress)
    .option('--gateway <address>', "the director's address in this network (nat)", gatewayAddress)
    .option('--device <name>', "on which the director's packets arrive")
    .addOption(new Option('--type <type>', 'of the tunnel').choices(TUNNEL_TYPES))
    .option('--port <n>', `UDP port of gue (default ${DEFAULT_GUE_PORT})`, port)
    .option('--json', 'one JSON object, for programs')
    .addHelpText(
      'after',
      '\nWhat is not said is taken from what --apply has done, or found out.\n' +
        '\nExit status: 0 nothing wrong, 1 something wrong, or failed, 2 wrong command line.',
    )
    .action(async (method: Method | undefined, { vip, gateway, device, type, port, json = false }: CheckOptions) => {
      const { check } = await import('../../real-server/check.ts')
      const { readSituation } = await import('../../real-server/situation.ts')
      const situation = readSituation({
        method: method ?? null,
        vips: vip ?? [],
        gateways: gateway ?? [],
        device: device ?? null,
        tunnel: type === undefined ? null : { type, port: port ?? DEFAULT_GUE_PORT },
      })
      const findings = check(situation)
      io.out(
        json
          ? `${JSON.stringify({ method: situation.method, vips: situation.vips, findings, unloggedMartians: situation.martians.unlogged }, null, 2)}\n`
          : renderFindings(findings, situation),
      )
      if (findings.length > 0) throw new ExitStatus(1)
    })
}

export function renderFindings(
  findings: readonly Finding[],
  { method, vips, martians }: Pick<Situation, 'method' | 'vips' | 'martians'>,
): string {
  const subject = `a real server for ${[method, ...vips].join(' ')}`
  if (findings.length === 0) return `Nothing is wrong with ${subject}.\n${renderUnlogged(martians.unlogged)}`
  const lines = findings.map(({ what, why, remedy }) => `- ${what}:\n  ${why}.\n    ${remedy}\n`)
  return `As ${subject}, this host has ${findings.length === 1 ? 'a fault' : `${findings.length} faults`}:\n\n${lines.join('\n')}`
}

/** The kernel counts them for all network namespaces together, so they are no finding. */
function renderUnlogged(unlogged: number): string {
  if (unlogged === 0) return ''
  const subject = `${unlogged} ${unlogged === 1 ? 'packet' : 'packets'}`
  return `\nThe kernel has dropped ${subject} as martians, perhaps of another network namespace. Where clients still get no answer, do\n    ${settingCommand('net/ipv4/conf/all/log_martians', '1')}\nlet them try, and check again.\n`
}

function requestOf(method: Method, { vip, gateway, device, type, port }: PlanOptions): Request {
  return {
    method,
    vips: vip ?? [],
    gateways: gateway ?? [],
    device: device ?? null,
    tunnel: { type: type ?? 'ipip', port: port ?? DEFAULT_GUE_PORT },
  }
}

async function print(request: Request, io: RealServerIo): Promise<void> {
  const { readHost } = await import('../../real-server/host.ts')
  const { planSteps } = await import('../../real-server/plan.ts')
  const { commandsOf } = await import('../../real-server/steps.ts')
  const host = readHost()
  for (const step of planSteps(request, host)) {
    io.out(`# ${reasonOf(step)}\n`)
    for (const line of commandsOf(step, host)) io.out(`${line}\n`)
  }
}

/** With --apply it is another thing that takes the headers off. */
function reasonOf({ kind, reason }: Step): string {
  return kind === 'decapsulator' ? `${reason}; --apply takes Weir's own program, on any kernel since 6.6` : reason
}

async function apply(request: Request, io: RealServerIo): Promise<void> {
  const { applyRequest } = await import('../../real-server/apply.ts')
  io.out(renderDone(applyRequest(request)))
}

export function renderDone(done: readonly Done[]): string {
  return done.map(({ step, changed }) => `${changed ? 'done' : 'was so already'}: ${describe(step)}\n`).join('')
}

async function undoAndSay(method: Method | null, vips: readonly string[], io: RealServerIo): Promise<void> {
  const { undo } = await import('../../real-server/apply.ts')
  const undone = undo(method, vips)
  io.out(undone === null ? 'Nothing to undo.\n' : renderUndone(undone))
}

export function renderUndone(undone: readonly Undone[]): string {
  return undone.map(({ step, reverted }) => `${reverted ? 'undone' : 'no longer so'}: ${describe(step)}\n`).join('')
}

function describe(step: Step): string {
  switch (step.kind) {
    case 'setting':
      return `${step.key.replaceAll('/', '.')} = ${step.value}`
    case 'up':
      return `${step.device} up`
    case 'address':
      return `${step.address} on lo`
    case 'decapsulator':
      return `${step.tunnel.type === 'gue' ? `gue on port ${step.tunnel.port}` : step.tunnel.type} taken off on ${step.device}`
    case 'segment':
      return `advmss ${step.bytes} on the IPv${step.family} default route`
    case 'gateway':
      return `default route via ${step.gateway}`
  }
}

const gatewayAddress = listOf(readGateway)
const virtualAddress = listOf(readVirtualAddress)

/** For an option that is given once for each value: those so far, and another. */
function listOf(read: (text: string) => string): (text: string, before: string[] | undefined) => string[] {
  return (text, before = []) => {
    try {
      return [...new Set([...before, read(text)])]
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
  }
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > 65535) throw new InvalidArgumentError('Give a port from 1 to 65535.')
  return value
}
