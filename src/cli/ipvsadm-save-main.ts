/** `ipvsadm-save`. */
import { runProcess } from './ipvsadm/process.ts'
import { runSave } from './ipvsadm/save-restore.ts'

await runProcess(runSave)
