import type { ErrorDetails } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import type { TrainingSummary } from '../../worker/protocol.ts'
import type { SliceContext } from '../slice-context.ts'
import type { TrainingRun } from './training-state.ts'
import { isUnderWay } from './training-view.ts'

/** A run whose device is lost while the engine stays has ended this long before. */
const LOSS_MS = 1000
/** A run that is lost twice within this time, without a save between, waits for the person. */
const CONTINUE_GUARD_MS = 60_000

interface RecoveryDeps {
  find(id: string): TrainingRun | undefined
  /** Null where it is refused, for this reason. */
  goOn(id: string): Promise<TrainingSummary | null>
  refused(): ErrorDetails | null
}

export interface Recovery {
  /** A run ended for want of a device; whether the engine is lost as well is told apart from it, before or after. */
  onFallen(id: string): void
  /** The engine is gone, with the runs in it. */
  onLost(running: string | undefined): void
  dispose(): void
}

/** Takes runs up again that were lost with their worker or device. */
export function createRecovery(
  { deps, notify }: SliceContext,
  { find, goOn, refused: refusal }: RecoveryDeps,
): Recovery {
  let recovered: { readonly id: string; readonly step: number | null; readonly at: number } | null = null
  let fallen: { readonly id: string; readonly cancel: () => void } | null = null

  /** Takes a run up again that was lost with its worker or device, and tells from where. */
  const recover = async (id: string): Promise<void> => {
    const run = find(id)
    if (!run || isUnderWay(run)) return
    const { title, savedStep: step } = run
    const at = deps.now()
    if (recovered?.id === id && recovered.step === step && at - recovered.at < CONTINUE_GUARD_MS) return
    recovered = { id, step, at }
    const summary = await goOn(id)
    const refused = refusal()
    if (summary) {
      const { savedStep } = summary
      notify({
        tone: 'warning',
        text:
          savedStep === null
            ? `${plainText(title, 80)} started again: it had not been saved yet`
            : `${plainText(title, 80)} went on by itself from step ${savedStep}, its last save`,
      })
    } else if (refused)
      notify({ tone: 'error', text: `${plainText(title, 80)} did not go on by itself`, error: refused })
  }

  return {
    onFallen: (id) => {
      const recoverIt = () => {
        fallen = null
        void recover(id)
      }
      fallen = { id, cancel: deps.later(recoverIt, LOSS_MS) }
    },
    onLost: (running) => {
      fallen?.cancel()
      // One that the person has paused or is stopping stays where it is.
      const lost = running ?? fallen?.id
      fallen = null
      if (lost !== undefined) void recover(lost)
    },
    dispose: () => fallen?.cancel(),
  }
}
