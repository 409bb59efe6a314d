/** The installation for tests that need namespaces and the kernel, built if only that is missing; or why they are skipped. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findInstallation, type Installation, isInstallation } from '../installation.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

function buildIfMissing(): string | null {
  if (['weir.js', 'weir.bpf.o', 'weir-xdp.bpf.o'].every((file) => existsSync(`${ROOT}dist/${file}`))) return null
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? null : `npm run build failed: ${stdout}${stderr}`
}

/** Null where there can be no namespaces; `reason` then says why, for the name of the skipped tests. */
export function installationForTests(): { installation: Installation | null; reason: string } {
  const isRoot = process.platform === 'linux' && process.geteuid?.() === 0
  const failure = isRoot ? buildIfMissing() : 'needs root on Linux'
  if (failure !== null) return { installation: null, reason: ` (skipped: ${failure})` }
  const found = findInstallation()
  if (isInstallation(found)) return { installation: found, reason: '' }
  return { installation: null, reason: ` (skipped: ${found.join('; ')})` }
}
