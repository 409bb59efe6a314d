/** `weir`. */
import { run } from './weir/run.ts'

// `weir status | head` closes the pipe early, and that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
const io = { out: (text: string) => process.stdout.write(text), err: (text: string) => process.stderr.write(text) }
process.exitCode = await run(process.argv.slice(2), io, process.env['WEIR_DEBUG'] === '1')
