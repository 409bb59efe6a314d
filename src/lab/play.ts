/** Carries out a scenario's steps in a world, tells the narrator of each, and returns what was seen. */
import type { Answer, Observations } from './expectations.ts'
import type { Narrator } from './narrator.ts'
import { directorOf, LabError, type Scenario, type Step } from './scenario.ts'
import { commandOf, type World } from './world.ts'

/** Throws a `LabError` where a command of the scenario fails: what follows would mean nothing. */
export async function play(
  scenario: Scenario,
  world: World,
  narrator: Narrator,
  signal?: AbortSignal,
): Promise<Observations> {
  const answers: Answer[] = []
  let table = ''
  for (const step of scenario.steps) {
    signal?.throwIfAborted()
    const { host, command } = commandOf(step, directorOf(scenario.topology).name, world.downloader)
    narrator.command(host, command, step.do === 'fetch' ? step.times : 1)
    switch (step.do) {
      case 'forward':
        await world.enableForwarding(step.on)
        break
      case 'ipvsadm': {
        const output = await ipvsadm(world, step.words)
        narrator.output(output)
        if (output !== '') table = output
        break
      }
      case 'fetch':
        answers.push(...(await fetchAll(scenario, step, world, narrator, signal)))
        break
    }
  }
  return { answers, table }
}

async function ipvsadm(world: World, words: string): Promise<string> {
  const { stdout, stderr, status } = await world.ipvsadm(words.split(' '))
  if (status !== 0) throw new LabError(`"ipvsadm ${words}" failed with status ${status}: ${stderr.trim()}`)
  return stdout
}

async function fetchAll(
  { topology }: Scenario,
  { from, url, times }: Extract<Step, { do: 'fetch' }>,
  world: World,
  narrator: Narrator,
  signal?: AbortSignal,
): Promise<Answer[]> {
  const answers: Answer[] = []
  while (answers.length < times) {
    signal?.throwIfAborted()
    const fetched = await world.fetch(from, url)
    const body = 'body' in fetched ? fetched.body.trim() : null
    const server = topology.hosts.find(({ name, role }) => role === 'server' && name === body)?.name ?? null
    const problem = server !== null ? '' : 'problem' in fetched ? fetched.problem : `an unknown page: ${body}`
    answers.push({ server, problem })
    narrator.answer(answers.length, server ?? `no answer: ${problem}`, server !== null)
  }
  return answers
}
