import { nextTask } from '../../engine/scheduler/next-task.ts'

/** Milliseconds of work before others have their turn. */
const TURN_MS = 50

/**
 * Works through `count` things. Others have their turn meanwhile, and the signal ends it.
 * @param report told how many are done, after every turn
 */
export async function inTurns(
  count: number,
  signal: AbortSignal,
  work: (index: number) => void,
  report: (done: number) => void = () => {},
): Promise<void> {
  signal.throwIfAborted()
  let began = Date.now()
  for (let index = 0; index < count; index++) {
    work(index)
    if (Date.now() - began < TURN_MS) continue
    report(index + 1)
    await nextTask()
    signal.throwIfAborted()
    began = Date.now()
  }
}
