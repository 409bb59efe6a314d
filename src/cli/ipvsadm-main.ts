/** `ipvsadm`. */
import { runProcess } from './ipvsadm/process.ts'
import { run } from './ipvsadm/run.ts'

await runProcess(run)
