/** `weir doctor`: its options and help. */
import type { Command } from 'commander'
import { ExitStatus } from '../exit-status.ts'

const HELP = `
It looks at the director as "weir status" does, and at its host: addresses, devices, routes, neighbours, settings. What it finds
comes with the lines to type; words in capitals are for you to choose. A HINT may be as you want it. It changes nothing, asks for
the servers' MAC addresses and whether another machine has a virtual address, and counts for a second what is not forwarded.

Examples:
  weir doctor                                  why does it not work
  weir doctor --json | jq -r .findings[].code  only the codes, which weir(8) explains

Exit status: 0 no problem, 1 problems, or it failed, 2 wrong command line.`

export function addDoctor(weir: Command, io: { out(text: string): void }): void {
  weir
    .command('doctor')
    .description('find what is wrong with the director and its host, and say how to mend it')
    .option('--json', 'one JSON object, for programs')
    .addHelpText('after', HELP)
    .action(async ({ json = false }: { json?: boolean }) => {
      const { readSnapshot } = await import('../read-snapshot.ts')
      const { gatherFacts } = await import('./gather-facts.ts')
      const { diagnose } = await import('./diagnose.ts')
      const { diagnosesJson, exitStatusOf, renderDiagnoses } = await import('./render.ts')
      const snapshot = readSnapshot()
      const facts = snapshot.director === null ? null : await gatherFacts(snapshot.director)
      const diagnoses = diagnose(snapshot, facts)
      io.out(json ? diagnosesJson(diagnoses) : renderDiagnoses(diagnoses))
      const status = exitStatusOf(diagnoses)
      if (status !== 0) throw new ExitStatus(status)
    })
}
