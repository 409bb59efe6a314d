/**
 * Builds dist/: the generated files brought up to date, the engine compiled to C (dist/kernel/), clang's BPF objects
 * (dist/*.bpf.o; not with `--without-kernel`), and the commands bundled (dist/*.js). Everything runs from the
 * project's root on relative paths, so that no path of the machine gets into the objects.
 */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { machine } from 'node:os'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { tsImport } from 'tsx/esm/api'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Every `<name>.bpf.c` in it becomes the object dist/<name>.bpf.o. */
const PROGRAMS = 'src/kernel/platform'
/** Every `<name>-main.ts` in it becomes the command dist/<name>.js. */
const COMMANDS = 'src/cli'
const INSTALL = 'apt-get install --no-install-recommends clang-14 llvm-14 libbpf-dev linux-libc-dev'
const VERSIONS = ['', '-19', '-18', '-17', '-16', '-15', '-14']

/** A build that can't go on; the message is all there is to say. */
class BuildError extends Error {}

function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { ran: error === undefined, ok: status === 0, stdout: stdout ?? '', stderr: stderr ?? '' }
}

/** The first of a tool's versions that runs and whose output satisfies `fits`; undefined where there is none. */
function findTool(name, args, fits) {
  return VERSIONS.map((version) => name + version).find((tool) => {
    const result = run(tool, args)
    return result.ok && fits(result.stdout)
  })
}

async function generate() {
  const { generatedFiles } = await tsImport('../src/kernel/compiler/generate.ts', import.meta.url)
  for (const [file, text] of await generatedFiles(ROOT)) {
    if (existsSync(file) && (await readFile(file, 'utf8')) === text) continue
    await writeFile(file, text)
    console.log(`${file} was stale`)
  }
}

async function compileEngine() {
  const { compileToC, engineOptions } = await tsImport('../src/kernel/compiler/compile.ts', import.meta.url)
  const { formatDiagnostic } = await tsImport('../src/kernel/compiler/diagnostics.ts', import.meta.url)
  const { records, engine, diagnostics } = compileToC(engineOptions(ROOT))
  if (diagnostics.length > 0) throw new BuildError(diagnostics.map(formatDiagnostic).join('\n'))
  await mkdir('dist/kernel', { recursive: true })
  await writeFile('dist/kernel/records.h', records)
  await writeFile('dist/kernel/engine.c', engine)
}

async function compilePrograms() {
  const clang = findTool('clang', ['--print-targets'], (targets) => /^\s*bpf\b/m.test(targets))
  if (clang === undefined) throw new BuildError(`clang 14 or later, with the target bpf, is missing: ${INSTALL}`)
  if (!existsSync('/usr/include/bpf/bpf_helpers.h')) throw new BuildError(`libbpf's headers are missing: ${INSTALL}`)
  // DWARF has served once BTF is made from it, and is most of an object. Without the tool objects are only larger.
  const strip = findTool('llvm-strip', ['--version'], () => true)
  for (const file of await readdir(PROGRAMS)) {
    if (file.endsWith('.bpf.c')) compileProgram(`${PROGRAMS}/${file}`, `dist/${file.replace(/c$/, 'o')}`, clang, strip)
  }
}

function compileProgram(program, object, clang, strip) {
  const result = run(clang, [
    ...['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', '-fdebug-compilation-dir=.'],
    ...['-Idist/kernel', `-I${PROGRAMS}`, `-I/usr/include/${machine()}-linux-gnu`],
    ...['-c', program, '-o', object],
  ])
  if (!result.ok) throw new BuildError(result.stderr)
  process.stderr.write(result.stderr)
  if (strip !== undefined && !run(strip, ['-g', object]).ok) throw new BuildError(`${strip} -g ${object} failed`)
}

async function bundleCommands() {
  const mains = existsSync(COMMANDS) ? (await readdir(COMMANDS)).filter((file) => file.endsWith('-main.ts')) : []
  const entryPoints = Object.fromEntries(
    mains.map((file) => [file.slice(0, -'-main.ts'.length), `${COMMANDS}/${file}`]),
  )
  await rm('dist/chunks', { recursive: true, force: true })
  if (mains.length === 0) return
  await build({
    entryPoints,
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['koffi'],
    // CommonJS packages in the bundle ask for Node's own modules by require().
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'warning',
  })
  for (const name of Object.keys(entryPoints)) {
    const file = `dist/${name}.js`
    const text = await readFile(file, 'utf8')
    if (!text.startsWith('#!')) await writeFile(file, `#!/usr/bin/env node\n${text}`)
    await chmod(file, 0o755)
  }
}

process.chdir(ROOT)
try {
  await generate()
  await compileEngine()
  if (!process.argv.includes('--without-kernel')) await compilePrograms()
  await bundleCommands()
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
