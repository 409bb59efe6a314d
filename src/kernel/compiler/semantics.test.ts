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
import { BpfError, BpfObject, testRun } from '../libbpf.ts'
import { whyNoKernel } from '../testing/namespaces.ts'
import { CLANG } from '../testing/small-object.ts'
import { compileToC } from './compile.ts'
import { formatDiagnostic } from './diagnostics.ts'
import { layoutRecords } from './layout.ts'
import { Dice, randomFunctions, type RandomFunctions } from './testing/random-functions.ts'
import { printViews } from './views.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MODULE = 'src/engine/random-functions.ts'
const PLATFORM = 'src/kernel/compiler/fixtures/platform.ts'
/** Always the same in CI, where a change is judged; another one each time elsewhere, which is how the compiler is explored. */
const SEED = Number(process.env['WEIR_SEED'] ?? (process.env['CI'] === 'true' ? 1 : Date.now() % 2 ** 32))
/** Modules that are compared, each a program of its own, and functions in each. */
const MODULES = 8
const FUNCTIONS = 30
const ARGUMENTS = 160
/**
 * The verifier gives up on programs with too many paths (ENOSPC, E2BIG, ENOMEM) and, in Linux 6.18, on some through a fault of
 * its own (EFAULT, "backtracking call unexpected regs"). Such a module is passed over and another one drawn.
 */
const GAVE_UP = ['ENOSPC', 'E2BIG', 'ENOMEM', 'EFAULT']

const EDGES = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
const SIGNED_EDGES = [0, 1, -1, -(2 ** 31), 2 ** 31 - 1]

type Arguments = readonly [a: number, b: number, c: number]
type NodeFunction = (a: number, b: number, c: number, record?: object) => number

/** Node's side: the module as it is, and the view of its record, both stripped of their types. */
function evaluateInNode({ source }: RandomFunctions): (name: string, values: Arguments) => bigint {
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

/** The kernel's side: a program that evaluates all functions on the arguments in its context. */
function printProgram({ functions }: RandomFunctions): string {
  const calls = functions.map(({ name, record }, index) => {
    const result = `run->results[${index}]`
    if (!record) return `\t${result} = ${name}(run->a, run->b, run->c);`
    return `\t{ struct probe record = {}; ${result} = ${name}(run->a, run->b, run->c, &record); }`
  })
  return `#include "records.h"
struct packet { s64 length; };
struct run { s64 a, b, c, results[${FUNCTIONS}]; };
#include "engine.c"
SEC("syscall") int evaluate(struct run *context)
{
	volatile struct run *run = context;

${calls.join('\n')}
	return 0;
}
char _license[] SEC("license") = "GPL";
`
}

function buildObject(module: RandomFunctions, folder: string): Uint8Array {
  const { records, engine, diagnostics } = compileToC({
    root: ROOT,
    entry: MODULE,
    functions: module.functions.map(({ name }) => name),
    records: MODULE,
    tables: MODULE,
    platform: PLATFORM,
    memory: new Map([[MODULE, module.source]]),
  })
  expect(diagnostics.map(formatDiagnostic)).toEqual([])
  writeFileSync(join(folder, 'records.h'), records)
  writeFileSync(join(folder, 'engine.c'), engine)
  writeFileSync(join(folder, 'main.c'), printProgram(module))
  const include = `-I/usr/include/${machine()}-linux-gnu`
  // Random expressions compare and shift in ways that clang warns of.
  const args = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-w', include, '-c', 'main.c', '-o', 'main.o']
  execFileSync(CLANG, args, { cwd: folder })
  return readFileSync(join(folder, 'main.o'))
}

/** Null where the verifier gave up. */
function load(bytes: Uint8Array): BpfObject | null {
  const object = BpfObject.open(bytes, 'semantics')
  try {
    object.load()
    return object
  } catch (error) {
    object.close()
    if (error instanceof BpfError && GAVE_UP.includes(error.code)) return null
    throw error
  }
}

function runInKernel(program: number, values: Arguments): bigint[] {
  const context = Buffer.alloc(8 * (3 + FUNCTIONS))
  values.forEach((value, index) => context.writeBigInt64LE(BigInt(value), 8 * index))
  const after = Buffer.from(testRun(program, { context }).context)
  return Array.from({ length: FUNCTIONS }, (_, index) => after.readBigInt64LE(8 * (3 + index)))
}

function randomArguments(seed: number): Arguments[] {
  const dice = new Dice(seed)
  const word = (): number => (dice.below(3) === 0 ? dice.pick(EDGES) : dice.word() >>> dice.below(32))
  const signed = (): number => (dice.below(3) === 0 ? dice.pick(SIGNED_EDGES) : (dice.word() | 0) >> dice.below(32))
  return Array.from({ length: ARGUMENTS }, () => [word(), word(), signed()] as const)
}

function compare(module: RandomFunctions, object: BpfObject, seed: number): void {
  const inNode = evaluateInNode(module)
  const program = object.programFd('evaluate')
  for (const values of randomArguments(seed)) {
    const results = runInKernel(program, values)
    module.functions.forEach(({ name }, index) => {
      const expected = inNode(name, values)
      if (results[index] === expected) return
      const text = module.source.slice(module.source.indexOf(`export function ${name}(`)).split('\n}\n')[0] ?? ''
      expect.fail(`${name}(${values.join(', ')}) is ${expected} in Node and ${results[index]} in the kernel:\n${text}`)
    })
  }
}

const reason = whyNoKernel()

describe.skipIf(reason !== null)(`the subset's integers${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-semantics-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it(`give the same results in Node and in the kernel: ${MODULES * FUNCTIONS} functions, ${ARGUMENTS} arguments each, seed ${SEED}`, () => {
    let compared = 0
    for (let draw = 0; compared < MODULES; draw++) {
      expect(draw, 'the verifier gives up on most modules').toBeLessThan(2 * MODULES)
      const seed = (SEED + draw * 0x9e3779b9) >>> 0
      const module = randomFunctions(seed, FUNCTIONS)
      const object = load(buildObject(module, folder))
      if (object === null) continue
      compare(module, object, seed)
      object.close()
      compared++
    }
  }, 180_000)
})
