/** `ipvsadm-restore`. */
import { runProcess } from './ipvsadm/process.ts'
import { runRestore } from './ipvsadm/save-restore.ts'

await runProcess(runRestore)
