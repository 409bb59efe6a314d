/** Carries out a scenario's steps in a world, tells the narrator of each, and judges what was seen. */
import { type Answer, type Finding, judgeAnswers, judgeNeighbour, judgeTable, judgeTransfer } from './expectations.ts'
import type { Narrator } from './narrator.ts'
import { directorOf, LabError, type Scenario, type Step } from './scenario.ts'
import { readPage } from './site.ts'
import { type CommandResult, describeStep, type Fetched, type World } from './world.ts'

const NO_CONNECTION: Fetched = { problem: 'no connection' }

/** A finding for each expectation, in the order of the steps. Throws a `LabError` where a command of the scenario fails. */
export async function play(
  scenario: Scenario,
  world: World,
  narrator: Narrator,
  signal?: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const step of scenario.steps) {
    signal?.throwIfAborted()
    const text = describeStep(step, directorOf(scenario.topology).name, world.downloader)
    if ('action' in text) narrator.action(text.action)
    else narrator.command(text.host, text.command, step.do === 'fetch' ? step.times : 1)
    findings.push(...(await carryOut(scenario, step, world, narrator, signal)))
  }
  return findings
}

async function carryOut(
  scenario: Scenario,
  step: Step,
  world: World,
  narrator: Narrator,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const ask = (fetchOne: (time: number) => Promise<Fetched>, times: number): Promise<Answer[]> =>
    askAll(scenario, fetchOne, times, narrator, signal)
  switch (step.do) {
    case 'forward':
      await world.enableForwarding(step.on, step.family ?? 'ipv4')
      return []
    case 'real-server':
      narrator.output(mustSucceed('weir real-server', await world.makeRealServer(step)))
      return []
    case 'ipvsadm': {
      const table = mustSucceed(`ipvsadm ${step.words}`, await world.ipvsadm(step.words.split(' ')))
      narrator.output(table)
      return (step.expect ?? []).map((expectation) => judgeTable(expectation, table))
    }
    case 'mark':
      narrator.output(mustSucceed('weir mark', await world.mark(step)))
      return []
    case 'fetch': {
      const answers = await ask(() => world.fetch(step.from, step.url), step.times)
      return step.expect.map((expectation) => judgeAnswers(expectation, answers))
    }
    case 'hold': {
      const client = (time: number): string => step.from[time % step.from.length] ?? ''
      const answers = await ask((time) => world.hold(client(time), step.to), step.times)
      return step.expect.map((expectation) => judgeAnswers(expectation, answers))
    }
    case 'reuse': {
      const fetched: Fetched[] = []
      for (const client of step.from) fetched.push(...(await world.reuse(client)))
      const answers = await ask((time) => Promise.resolve(fetched[time] ?? NO_CONNECTION), fetched.length)
      return step.expect.map((expectation) => judgeAnswers(expectation, answers))
    }
    case 'transfer': {
      const finding = judgeTransfer(step, await world.transfer(step.from, step.url, step.bytes))
      narrator.line(finding.found)
      return [finding]
    }
    case 'neighbour': {
      const neighbour = await world.neighbour(step.on, step.address)
      narrator.line(neighbour === null ? 'none' : `${step.address} lladdr ${neighbour.mac}`)
      return [judgeNeighbour(step, neighbour)]
    }
    case 'close':
      await world.release(step.from)
      return []
  }
}

function mustSucceed(command: string, { stdout, stderr, status }: CommandResult): string {
  if (status !== 0) throw new LabError(`"${command}" failed with status ${status}: ${stderr.trim()}`)
  return stdout
}

/** Fetches pages one after the other, and tells of them in lines. */
async function askAll(
  { topology }: Scenario,
  fetchOne: (time: number) => Promise<Fetched>,
  times: number,
  narrator: Narrator,
  signal: AbortSignal | undefined,
): Promise<Answer[]> {
  const servers = topology.hosts.filter(({ httpPort }) => httpPort !== undefined).map(({ name }) => name)
  const answers: Answer[] = []
  const row = narrator.answers(times)
  while (answers.length < times) {
    signal?.throwIfAborted()
    const fetched = await fetchOne(answers.length)
    const page = 'body' in fetched ? fetched.body.trim() : ''
    const read = readPage(page)
    const server = servers.find((name) => name === read.server) ?? null
    const problem = server !== null ? '' : 'problem' in fetched ? fetched.problem : `an unknown page: ${page}`
    answers.push({ server, client: read.client, problem })
    row(server === null ? `no answer: ${problem}` : page, server !== null)
  }
  return answers
}
