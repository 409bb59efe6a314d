/**
 * The network namespaces of a run, by their names: <prefix>-<host> for each host, <prefix>-switch for the bridges that are the segments.
 * The prefix is weir-lab-<scenario>-<pid of the lab>, or without the pid if they are kept.
 *
 * The names are all that says what is there, so any later process can remove it.
 */
import { readdirSync } from 'node:fs'
import { mustRun, runProgram } from './command.ts'
import { directorOf, LabError, type Scenario, type Topology } from './scenario.ts'

const FOLDER = '/run/netns'
/** The namespace of the segments. */
export const SWITCH = 'switch'

export function keptPrefix(scenario: Scenario): string {
  return `weir-lab-${scenario.name}`
}

export function runPrefix(scenario: Scenario): string {
  return `${keptPrefix(scenario)}-${process.pid}`
}

function existing(): string[] {
  try {
    return readdirSync(FOLDER)
  } catch {
    // Nobody has made a namespace since the machine started.
    return []
  }
}

/** Those of a run's namespaces that exist. */
export function namespacesOf(prefix: string, topology: Topology): string[] {
  const names = [...topology.hosts.map(({ name }) => name), SWITCH].map((name) => `${prefix}-${name}`)
  const there = new Set(existing())
  return names.filter((name) => there.has(name))
}

/** Prefixes of all that a scenario has left: what was kept, and runs whose process was killed. */
export function leftovers(scenario: Scenario): string[] {
  const pattern = new RegExp(`^${keptPrefix(scenario)}-(\\d+)-`)
  const pids = existing().flatMap((name) => pattern.exec(name)?.[1] ?? [])
  const dead = [...new Set(pids)].filter((pid) => !isAlive(Number(pid)))
  const prefixes = [keptPrefix(scenario), ...dead.map((pid) => `${keptPrefix(scenario)}-${pid}`)]
  return prefixes.filter((prefix) => namespacesOf(prefix, scenario.topology).length > 0)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Removes a run's namespaces: ends every process in them, undoes what makes servers real servers, unloads the director, deletes them. Goes on past a failure and throws the
 * first in the end.
 */
export async function removeNamespaces(prefix: string, topology: Topology, weir: readonly string[]): Promise<void> {
  const failures: unknown[] = []
  const attempt = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => failures.push(error))
  }
  const names = namespacesOf(prefix, topology)
  for (const name of names) await attempt(endProcesses(name))
  const director = `${prefix}-${directorOf(topology).name}`
  const inside = (name: string, ...words: string[]): Promise<void> =>
    attempt(mustRun(['ip', 'netns', 'exec', name, ...weir, ...words]))
  const servers = topology.hosts.filter(({ role }) => role === 'server').map(({ name }) => `${prefix}-${name}`)
  await Promise.all(servers.filter((name) => names.includes(name)).map((name) => inside(name, 'real-server', 'undo')))
  if (names.includes(director)) await inside(director, 'unload')
  for (const name of names) await attempt(mustRun(['ip', 'netns', 'del', name]))
  if (failures.length > 0)
    throw new LabError(`${prefix}-* could not be removed: ${(failures[0] as Error).message}`, { cause: failures[0] })
}

async function endProcesses(namespace: string): Promise<void> {
  const { stdout } = await runProgram(['ip', 'netns', 'pids', namespace])
  for (const pid of stdout.split(/\s+/).filter((text) => text !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch (error) {
      // It has ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
