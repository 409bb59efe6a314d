/** Compiles the benchmark's own BPF programs, with the options that the build gives Weir's. About 100 ms each. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { machine, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BpfObject } from '../src/kernel/libbpf.ts'
import { onCleanUp } from './cleanup.ts'

const CLANGS = ['clang', 'clang-19', 'clang-18', 'clang-17', 'clang-16', 'clang-15', 'clang-14']
const OPTIONS = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', `-I/usr/include/${machine()}-linux-gnu`]

/** The first clang that makes BPF objects; null where there is none. */
export function findClang(): string | null {
  const makesBpf = (clang: string): boolean =>
    /^\s*bpf\b/m.test(spawnSync(clang, ['--print-targets'], { encoding: 'utf8' }).stdout)
  return CLANGS.find(makesBpf) ?? null
}

/** Opens the object made from `<name>.bpf.c` of this folder, not loaded yet; closed when the benchmark ends. */
export function compile(name: string): BpfObject {
  const clang = findClang()
  if (clang === null) throw new Error('no clang that makes BPF objects: apt install clang-14')
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const object = join(folder, `${name}.o`)
    const source = fileURLToPath(new URL(`${name}.bpf.c`, import.meta.url))
    const { status, stderr } = spawnSync(clang, [...OPTIONS, '-c', source, '-o', object], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${clang} does not compile ${name}.bpf.c:\n${stderr}`)
    const opened = BpfObject.open(readFileSync(object), name)
    onCleanUp(`the BPF object ${name}`, () => opened.close())
    return opened
  } finally {
    rmSync(folder, { recursive: true })
  }
}
