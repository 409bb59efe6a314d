/**
 * Integers mean the same in Node and in the kernel: random functions of the subset are evaluated in Node as they are, and in the
 * kernel after our compiler and clang, on the same arguments and records, and the results are compared.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { machine, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BpfObject, testRun } from '../libbpf.ts'
import { whyNoKernel } from '../testing/namespaces.ts'
import { compileToC } from './compile.ts'
import { formatDiagnostic } from './diagnostics.ts'
import { layoutRecords } from './layout.ts'
import { Dice, randomFunctions } from './testing/random-functions.ts'
import { printViews } from './views.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MODULE = 'src/engine/random-functions.ts'
const PLATFORM = 'src/kernel/compiler/fixtures/platform.ts'
const SEED = Number(process.env.WEIR_SEED ?? Date.now() % 2 ** 32)
const FUNCTIONS = 240
/** Functions in one BPF program. */
const PER_PROGRAM = 40
const ARGUMENTS = 160

const EDGES = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
const SIGNED_EDGES = [0, 1, -1, -(2 ** 31), 2 ** 31 - 1]

type Arguments = readonly [a: number, b: number, c: number]
type NodeFunction = (a: number, b: number, c: number, record?: object) => number

const { source, functions } = randomFunctions(SEED, FUNCTIONS)

/** Node's side: the module as it is, and the view of its record, both stripped of their types. */
function evaluateInNode(): (name: string, values: Arguments) => bigint {
  const run = (text: string): Record<string, unknown> => {
    const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
    const exports = {}
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- it is our own text
    new Function('exports', ts.transpileModule(text, { compilerOptions: options }).outputText)(exports)
    return exports
  }
  const file = ts.createSourceFile(MODULE, source, ts.ScriptTarget.ES2022, true)
  const layouts = layoutRecords(file, (node, code) => expect.fail(`${code} at ${node.getText()}`))
  const { ProbeView } = run(printViews(layouts, './random-functions.ts')) as {
    ProbeView: { SIZE: number; from(bytes: Uint8Array): object }
  }
  const module = run(source) as Record<string, NodeFunction>
  return (name, [a, b, c]) => BigInt(module[name]?.(a, b, c, ProbeView.from(new Uint8Array(ProbeView.SIZE))) ?? NaN)
}

/** The kernel's side: for every `PER_PROGRAM` functions a program that evaluates them on the arguments in its context. */
function printPrograms(): string {
  const programs: string[] = []
  for (let first = 0; first < FUNCTIONS; first += PER_PROGRAM) {
    const calls = functions.slice(first, first + PER_PROGRAM).map(({ name, record }, index) => {
      const result = `run->results[${index}]`
      if (!record) return `\t${result} = ${name}(run->a, run->b, run->c);`
      return `\t{ struct probe record = {}; ${result} = ${name}(run->a, run->b, run->c, &record); }`
    })
    programs.push(`SEC("syscall") int program${first}(struct run *context)
{
	volatile struct run *run = context;

${calls.join('\n')}
	return 0;
}
`)
  }
  return `struct packet { s64 length; };
struct run { s64 a, b, c, results[${PER_PROGRAM}]; };
#include "engine.c"
${programs.join('\n')}
char _license[] SEC("license") = "GPL";
`
}

function buildObject(folder: string): Uint8Array {
  const { records, engine, diagnostics } = compileToC({
    root: ROOT,
    entry: MODULE,
    functions: functions.map(({ name }) => name),
    records: MODULE,
    tables: MODULE,
    platform: PLATFORM,
    memory: new Map([[MODULE, source]]),
  })
  expect(diagnostics.map(formatDiagnostic)).toEqual([])
  writeFileSync(join(folder, 'records.h'), records)
  writeFileSync(join(folder, 'engine.c'), engine)
  writeFileSync(join(folder, 'main.c'), `#include "records.h"\n${printPrograms()}`)
  const include = `-I/usr/include/${machine()}-linux-gnu`
  // Random expressions compare and shift in ways that clang warns of.
  const args = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-w', include, '-c', 'main.c', '-o', 'main.o']
  execFileSync('clang-14', args, { cwd: folder })
  return readFileSync(join(folder, 'main.o'))
}

/** The results of the functions from `first` on. */
function runInKernel(object: BpfObject | null, first: number, values: Arguments): bigint[] {
  const context = Buffer.alloc(8 * (3 + PER_PROGRAM))
  values.forEach((value, index) => context.writeBigInt64LE(BigInt(value), 8 * index))
  const after = Buffer.from(testRun(object?.programFd(`program${first}`) ?? -1, { context }).context)
  return Array.from({ length: PER_PROGRAM }, (_, index) => after.readBigInt64LE(8 * (3 + index)))
}

function randomArguments(): Arguments[] {
  const dice = new Dice(SEED ^ 0x5eed)
  const word = (): number => (dice.below(3) === 0 ? dice.pick(EDGES) : dice.word() >>> dice.below(32))
  const signed = (): number => (dice.below(3) === 0 ? dice.pick(SIGNED_EDGES) : (dice.word() | 0) >> dice.below(32))
  return Array.from({ length: ARGUMENTS }, () => [word(), word(), signed()] as const)
}

const reason = whyNoKernel()

describe.skipIf(reason !== null)(`the subset's integers${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let folder = ''
  let object: BpfObject | null = null
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-semantics-'))
    object = BpfObject.open(buildObject(folder), 'semantics')
    object.load()
  }, 120_000)
  afterAll(() => {
    object?.close()
    rmSync(folder, { recursive: true })
  })

  it(`give the same results in Node and in the kernel: ${FUNCTIONS} functions, ${ARGUMENTS} arguments, seed ${SEED}`, () => {
    const inNode = evaluateInNode()
    for (const values of randomArguments()) {
      for (let first = 0; first < FUNCTIONS; first += PER_PROGRAM) {
        const results = runInKernel(object, first, values)
        functions.slice(first, first + PER_PROGRAM).forEach(({ name }, index) => {
          const expected = inNode(name, values)
          if (results[index] === expected) return
          const text = source.slice(source.indexOf(`export function ${name}(`)).split('\n}\n')[0] ?? ''
          expect.fail(
            `${name}(${values.join(', ')}) is ${expected} in Node and ${results[index]} in the kernel:\n${text}`,
          )
        })
      }
    }
  })
})
