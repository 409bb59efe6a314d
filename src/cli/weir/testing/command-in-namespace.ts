/**
 * `weir` and `ipvsadm`, bundled as `npm run build` does and run as processes in network namespaces of their own; `remove`
 * unloads and removes all that was made. A stand-in takes the place of the compiled engine (`kernel/testing/small-object.ts`).
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { ip } from '../../../kernel/testing/namespaces.ts'
import { compileC, compileSmallObject } from '../../../kernel/testing/small-object.ts'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export class CommandInNamespace {
  readonly namespace = `weircli-${process.pid}`
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-cli-'))

  static async create(): Promise<CommandInNamespace> {
    const made = new CommandInNamespace()
    // Packages that stay outside the bundle are looked for from where it is.
    symlinkSync(source('../../../../node_modules'), join(made.folder, 'node_modules'))
    compileSmallObject(join(made.folder, 'weir.bpf.o'))
    compileC(
      readFileSync(source('../../../kernel/platform/decapsulate.bpf.c'), 'utf8'),
      join(made.folder, 'decapsulate.bpf.o'),
    )
    await build({
      entryPoints: { weir: source('../../weir-main.ts'), ipvsadm: source('../../ipvsadm-main.ts') },
      outdir: made.folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['koffi', 'commander'],
      logLevel: 'warning',
    })
    ip('netns', 'add', made.namespace)
    return made
  }

  /** Runs a command line of words without quotes. */
  run(line: string, prefix: readonly string[] = []): Ended {
    const [command = '', ...words] = line.split(' ')
    const program = [process.execPath, join(this.folder, `${command}.mjs`)]
    const args = ['netns', 'exec', this.namespace, ...prefix, ...program, ...words]
    const { status, stdout, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
    return { status, out: stdout, err: stderr }
  }

  sysctl(assignment: string): void {
    ip('netns', 'exec', this.namespace, 'sysctl', '-q', '-w', assignment)
  }

  remove(): void {
    this.run('weir unload')
    ip('netns', 'del', this.namespace)
    rmSync(this.folder, { recursive: true })
  }
}
