/** Writes what passes the devices of a namespace to a file, by tcpdump. tcpdump writes to a file that the lab has opened: it drops root. */
import type { ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import { startProgram, waitForLine } from './command.ts'

export class PacketCapture {
  private constructor(
    private readonly tcpdump: ChildProcess,
    private readonly ended: Promise<void>,
  ) {}

  /** Captures until `stop`. Takes over the descriptor `file`. */
  static async start(namespace: string, file: number): Promise<PacketCapture> {
    // The Linux “any” device: one file for all devices. Immediate: what has passed is written when the run ends.
    const words = ['tcpdump', '-i', 'any', '-n', '-U', '--immediate-mode', '-w', '-']
    const tcpdump = startProgram(['ip', 'netns', 'exec', namespace, ...words], { stdout: file })
    closeSync(file)
    const ended = new Promise<void>((resolve) => tcpdump.once('close', () => resolve()))
    await waitForLine(tcpdump, tcpdump.stderr, 'listening on')
    return new PacketCapture(tcpdump, ended)
  }

  async stop(): Promise<void> {
    this.tcpdump.kill('SIGINT')
    await this.ended
  }
}
