import { checkDataFile } from '../../training/run/check-data.ts'
import { estimateRun } from '../../training/run/estimate-run.ts'
import { exportRun } from '../../training/run/export-run.ts'
import { branchSave, lastSave, listedSave } from '../../training/run/saves.ts'
import { runTraining } from '../../training/run/training-run.ts'
import type { TrainingTools } from './training-tools.ts'

/** Training on our own kernels; large, and loaded when a run needs it. */
export const tools: TrainingTools = {
  run: runTraining,
  branch: branchSave,
  lastSave,
  listedSave,
  checkData: checkDataFile,
  exportRun,
  estimate: estimateRun,
}
