/** Why benchmarks of the kernel host can't run here. */
import { existsSync } from 'node:fs'
import { requireSystem } from '../src/kernel/system.ts'
import { findClang } from './compile.ts'
import { hasTool } from './benchmark.ts'
import { OBJECT_FILE } from './loaded-director.ts'

/** Null where they can. */
export function whyNoKernel(): string | null {
  if (process.platform !== 'linux') return 'needs Linux'
  try {
    requireSystem()
  } catch (error) {
    return (error as Error).message
  }
  if (!existsSync(OBJECT_FILE)) return 'needs dist/weir.bpf.o: npm run build'
  if (!hasTool('ip')) return 'needs ip: apt install iproute2'
  return findClang() === null ? 'needs a clang that makes BPF objects: apt install clang-14' : null
}
