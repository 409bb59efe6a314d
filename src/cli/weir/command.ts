/**
 * The subcommands of `weir`, their options and their help. Actions load what they need when they run: `weir --help` loads
 * nothing of the kernel.
 */
import { Command, InvalidArgumentError } from 'commander'
import { version } from '../../../package.json'
import type { MarkRule, SettingValues } from '../../control/model.ts'
import { LAYOUT_VERSION } from '../../engine/records.ts'
import { DEFAULT_CONNECTIONS } from '../../engine/tables.ts'
import { addDoctor } from './doctor/command.ts'
import { addLab } from './lab.ts'
import { addRealServer } from './real-server.ts'
import { type MarkOptions, readMarkRule, renderMarkRules, withoutRules } from './mark.ts'
import { readAssignment, renderSettings } from './settings.ts'

export interface WeirIo {
  out(text: string): void
  err(text: string): void
}

const VERSION = `weir ${version}, table layout ${LAYOUT_VERSION}`

const EXIT_STATUS = `
Exit status: 0 done, 1 failed, 2 wrong command line.`

/** Help below the options: what else to know, and examples. */
function notes(text: string, examples: readonly (readonly [command: string, effect: string])[]): string {
  const width = Math.max(...examples.map(([command]) => command.length))
  const lines = examples.map(([command, effect]) => `  ${command.padEnd(width)}  ${effect}`)
  return `\n${text}\n\nExamples:\n${lines.join('\n')}\n${EXIT_STATUS}`
}

/** The command with all its subcommands. Parsing throws a `CommanderError` where others would end the process. */
export function weirCommand(io: WeirIo): Command {
  const weir = new Command('weir')
    .description(
      'Weir, a layer-4 load balancer: the director of this network namespace. Services are set up with ipvsadm.',
    )
    .version(VERSION, '-V, --version', 'the version, and that of the table layout')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'weir: ')),
    })
    .helpCommand('help [command]', 'the help of a command')
    .helpOption('-h, --help', 'this help')
    .addHelpText(
      'after',
      notes('Run as root. Each network namespace has a director of its own: "ip netns exec NAME weir …".', [
        ['weir status', 'is it well, and what is it doing'],
        ['weir doctor', 'what is wrong, and how to mend it'],
        ['weir help attach', 'how to attach devices'],
      ]),
    )
  addStatus(weir, io)
  addDoctor(weir, io)
  addDevices(weir, io)
  addAttach(weir, io)
  addDetach(weir)
  addLoad(weir, io)
  addUnload(weir, io)
  addSet(weir, io)
  addMark(weir, io)
  addRealServer(weir, io)
  addLab(weir, io)
  weir
    .command('version')
    .description('print the version')
    .addHelpText('after', EXIT_STATUS)
    .action(() => io.out(`${VERSION}\n`))
  return weir
}

function addStatus(weir: Command, io: WeirIo): void {
  weir
    .command('status')
    .description('show how the director is and what it does')
    .option('--json', 'one JSON object, for programs')
    .option('--all', 'also the reasons for which no packet was refused')
    .addHelpText(
      'after',
      notes(
        'Warnings first, each with its remedy; then devices, services with their servers, connections, and packets that\n' +
          'were not forwarded, by reason. Conns and packets are totals, /S averages over some seconds. Warnings, or that\n' +
          'no director is loaded, do not change the exit status: ask --json for "warnings" and "loaded".',
        [
          ['weir status', 'everything that has happened'],
          ['weir status --json | jq .warnings', 'only what is wrong'],
        ],
      ),
    )
    .action(async ({ json = false, all = false }: { json?: boolean; all?: boolean }) => {
      const { readSnapshot } = await import('./read-snapshot.ts')
      const { renderStatus, statusJson } = await import('./render-status.ts')
      const snapshot = readSnapshot()
      io.out(json ? statusJson(snapshot) : renderStatus(snapshot, { all }))
    })
}

function addDevices(weir: Command, io: WeirIo): void {
  weir
    .command('devices')
    .description('list network devices, attached or not, and why')
    .option('--json', 'one JSON array, for programs')
    .addHelpText(
      'after',
      notes('The director forwards what comes in on devices that carry its program, and sees nothing of the others.', [
        ['weir devices', 'names, attached or not, why'],
      ]),
    )
    .action(async ({ json = false }: { json?: boolean }) => {
      const { devices } = await import('../../kernel/commands.ts')
      const { renderDevices } = await import('./devices.ts')
      io.out(json ? `${JSON.stringify(devices(), null, 2)}\n` : renderDevices(devices()))
    })
}

function addAttach(weir: Command, io: WeirIo): void {
  const attach = weir
    .command('attach')
    .description('attach new devices, and those named')
    .argument('[device...]', 'devices to take back that "weir detach" has excluded, or that are at XDP')
    .option('--xdp', 'the devices named at XDP, the accelerator in the driver, instead of at tcx')
    .addHelpText(
      'after',
      notes(
        'Every Ethernet device carries the program unless it was detached. A device that appears later is attached by the\n' +
          'next command that changes anything, or by this one. Prints the devices that are attached in the end.\n\n' +
          'At XDP packets are forwarded before the kernel makes anything of them, where the driver has native XDP. Packets that\n' +
          'leave by a device whose driver takes no redirected frames go through tcx; a warning then says what to do. A device\n' +
          'stays at XDP, also when it is gone and comes back, until "weir attach DEVICE" or "weir detach DEVICE".',
        [
          ['weir attach', 'all that are not excluded'],
          ['weir attach eth1', 'eth1 as well, from now on, at tcx'],
          ['weir attach --xdp eth0 eth1', 'both at XDP'],
        ],
      ),
    )
    .action(async (names: string[], { xdp = false }: { xdp?: boolean }) => {
      if (xdp && names.length === 0)
        attach.error("error: missing argument 'device': --xdp is for devices that are named")
      const commands = await import('../../kernel/commands.ts')
      commands.attach(names, { xdp })
      await sayAttached(io)
      if (!xdp) return
      const { redirectNotes } = await import('./warnings.ts')
      for (const note of redirectNotes(commands.devices())) io.err(`weir: ${note}\n`)
    })
}

function addDetach(weir: Command): void {
  weir
    .command('detach')
    .description('detach devices, and keep them detached')
    .argument('<device...>', 'devices to exclude')
    .addHelpText(
      'after',
      notes(
        'What comes in on a detached device goes to the host as if there were no director; connections stay in the table.\n' +
          'The device stays excluded, also when it is gone and comes back, until "weir attach DEVICE" or "weir unload".',
        [['weir detach eth1', 'eth1 is for management only']],
      ),
    )
    .action(async (names: string[]) => {
      const { detach } = await import('../../kernel/commands.ts')
      detach(names)
    })
}

function addLoad(weir: Command, io: WeirIo): void {
  weir
    .command('load')
    .description('load the director and attach it')
    .option('--connections <n>', `connections it can hold (default ${DEFAULT_CONNECTIONS})`, wholeNumber)
    .addHelpText(
      'after',
      notes(
        'The first change with ipvsadm loads it too, with the defaults. The director then needs no process: it stays until\n' +
          '"weir unload" or the next boot. The memory for its connections is taken now, and shown by "weir status".',
        [
          ['weir load', 'with the defaults'],
          ['weir load --connections 4000000', 'for a busy site'],
        ],
      ),
    )
    .action(async (options: { connections?: number }) => {
      const { load } = await import('../../kernel/commands.ts')
      load(options)
      await sayAttached(io)
    })
}

function addUnload(weir: Command, io: WeirIo): void {
  weir
    .command('unload')
    .description('remove the director and all that it knows')
    .addHelpText(
      'after',
      notes(
        'Nothing is kept: save the services first. Also removes a director that is damaged or of another version.',
        [['ipvsadm -S -n >rules; weir unload', 'keep the services in a file']],
      ),
    )
    .action(async () => {
      const { unload } = await import('../../kernel/commands.ts')
      if (!unload()) io.out('No director was loaded in this network namespace.\n')
    })
}

function addSet(weir: Command, io: WeirIo): void {
  weir
    .command('set')
    .description('list the settings, or change some')
    .argument('[name=value...]', 'settings to change', assignment)
    .addHelpText(
      'after',
      notes(
        'Without arguments, every setting with its value, its default and what it means; the names are those below\n' +
          '/proc/sys/net/ipv4/vs. All changes are made or none; those of timeouts are for packets from then on. They last\n' +
          'until "weir unload". The first change loads the director, as the first service does.',
        [
          ['weir set', 'all of them'],
          ['weir set timeout_tcp=3600 expire_nodest_conn=1', 'two changes'],
        ],
      ),
    )
    .action(async (given: Partial<SettingValues> | never[]) => {
      const { openDirector } = await import('../../control/open-director.ts')
      const changes = Array.isArray(given) ? null : given
      const director = openDirector({ write: changes !== null })
      try {
        if (changes === null) io.out(renderSettings(director.settings()))
        else director.set(changes)
      } finally {
        director.close()
      }
    })
}

function addMark(weir: Command, io: WeirIo): void {
  const mark = weir
    .command('mark')
    .description('list the rules that give new connections a firewall mark, or change them')
    .addHelpText(
      'after',
      notes(
        'A service by firewall mark (ipvsadm -f) takes the connections that carry its mark. Packets come to the director\n' +
          'before nftables and iptables see them: only what an earlier tc program has marked has a mark by then. Connections\n' +
          'without one get that of the first rule that fits. Rules last until "weir unload".',
        [
          ['weir mark', 'all rules, in the order in which they are tried'],
          ['weir mark add 1 --to 192.0.2.0/28 --protocol tcp --port 80', 'web of sixteen addresses'],
          ['weir mark remove 2', 'the second rule'],
        ],
      ),
    )
    .action(() => changeMarkRules(io, null))
  mark
    .command('add')
    .description('add a rule behind the others')
    .argument('<mark>', 'the mark that it gives, 1 to 4294967295')
    .option('--from <prefix>', 'source addresses, as in 10.0.0.0/8')
    .option('--to <prefix>', 'destination addresses')
    .option('--protocol <name>', 'tcp, udp or sctp')
    .option('--port <port>', 'a destination port, or a range as in 8000-8080')
    .option('-6, --ipv6', 'of IPv6, where no prefix says so')
    .action((value: string, options: MarkOptions) =>
      changeMarkRules(io, (rules) => [...rules, readMarkRule(value, options)]),
    )
  mark
    .command('remove')
    .description('remove rules by their numbers')
    .argument('<rule...>', 'numbers as "weir mark" shows them')
    .action((numbers: string[]) => changeMarkRules(io, (rules) => withoutRules(rules, numbers)))
  mark
    .command('clear')
    .description('remove all rules')
    .action(() => changeMarkRules(io, () => []))
}

/** Changes the rules, and shows what they are in the end. */
async function changeMarkRules(
  io: WeirIo,
  change: ((rules: readonly MarkRule[]) => readonly MarkRule[]) | null,
): Promise<void> {
  const { openDirector } = await import('../../control/open-director.ts')
  const director = openDirector({ write: change !== null })
  try {
    if (change !== null) director.setMarkRules(change(director.markRules()))
    io.out(renderMarkRules(director.markRules()))
  } finally {
    director.close()
  }
}

function assignment(text: string, before: Partial<SettingValues> | undefined): Partial<SettingValues> {
  try {
    return readAssignment(text, before)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

async function sayAttached(io: WeirIo): Promise<void> {
  const { devices } = await import('../../kernel/commands.ts')
  const names = devices().flatMap(({ name, mode }) =>
    mode === null ? [] : mode === 'xdp' ? [`${name} (xdp)`] : [name],
  )
  io.out(names.length === 0 ? 'Attached to no device: see "weir devices".\n' : `Attached to ${names.join(', ')}.\n`)
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}
