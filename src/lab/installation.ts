/**
 * What the lab needs for network namespaces of this machine, and what of it is missing. A missing thing is said with its remedy, before
 * anything is started.
 */
import { existsSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KernelError } from '../kernel/errors.ts'
import { call } from '../kernel/libbpf-call.ts'
import { requireSystem } from '../kernel/system.ts'
import { hasProgram } from './command.ts'
import type { Downloader } from './world.ts'

/** The built commands that the lab runs in namespaces, as words of a command line. */
export interface Installation {
  readonly ipvsadm: readonly string[]
  readonly weir: readonly string[]
  readonly pageServer: readonly string[]
  readonly client: readonly string[]
  readonly downloader: Downloader
}

/** A command as a person in this folder types it: its name where `weir` has been put on the path, else the built file. */
export function typed(command: readonly string[]): string {
  const [, file = ''] = command
  return hasProgram('weir') ? basename(file, '.js') : `node ${relative('', file)}`
}

/** Null where the commands are not built. */
function findBuild(): string | null {
  // This module is in a bundle's folder, in its chunks, or run from source.
  const candidates = ['./', '../', '../../dist/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  return candidates.find((folder) => existsSync(`${folder}weir.js`) && existsSync(`${folder}weir.bpf.o`)) ?? null
}

/** The installation, or why there can be no namespaces: all that is missing, each with its remedy. */
export function findInstallation(): Installation | readonly string[] {
  const build = findBuild()
  const downloader = (['curl', 'wget'] as const).find(hasProgram)
  const missing = [
    ...missingOfSystem(),
    ...(hasProgram('ip') ? [] : ['the command ip is missing (apt install iproute2)']),
  ]
  if (downloader === undefined) missing.push('curl or wget is missing (apt install curl)')
  if (build === null) missing.push('the commands are not built (npm run build)')
  if (build === null || downloader === undefined || missing.length > 0) return missing
  const command = (name: string): readonly string[] => [process.execPath, `${build}${name}.js`]
  return {
    ipvsadm: command('ipvsadm'),
    weir: command('weir'),
    pageServer: command('weir-lab-server'),
    client: command('weir-lab-client'),
    downloader,
  }
}

export function isInstallation(found: Installation | readonly string[]): found is Installation {
  return 'ipvsadm' in found
}

function missingOfSystem(): string[] {
  if (process.platform !== 'linux') return [`this is ${process.platform}, and not Linux`]
  // The second is any function of libbpf: calling it loads the library.
  return [requireSystem, () => void call('libbpf_num_possible_cpus')].flatMap((check) => {
    try {
      check()
      return []
    } catch (error) {
      if (error instanceof KernelError) return [error.message]
      throw error
    }
  })
}
