import type { ErrorPlace } from '../core/errors.ts'
import { StepscopeError } from '../core/errors.ts'
import { orderedWork } from '../core/ordered-work.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Usage, Verdict } from '../search/models.ts'
import { addUsage, NO_USAGE } from './usage.ts'

/** A problem that may be known by where it was read. */
export interface PlacedProblem {
  readonly place?: ErrorPlace
}

/** A problem as models read it, with the task's word on steps and responses. */
export interface ResponseProblem extends PlacedProblem {
  readonly prompt: Prompt
  /** Does the last of these steps end the response? */
  isFinal(steps: readonly string[]): boolean
  /** Verdict on a whole response, its steps each with their step end. */
  verify(steps: readonly string[]): Verdict
}

/**
 * Whether a response is right, where that is known.
 * @throws StepscopeError `bad-problem` where the problem has no gold answer
 */
export function knownVerdict(
  { verify, place }: Pick<ResponseProblem, 'verify' | 'place'>,
  steps: readonly string[],
): boolean {
  const { correct } = verify(steps)
  if (correct !== null) return correct
  throw new StepscopeError({
    code: 'bad-problem',
    message: 'The problem has no gold answer, so nothing says which responses are right',
    expected: 'a problem with a gold answer',
    ...(place === undefined ? {} : { place }),
    nextStep: 'Give the gold answer, or leave the problem out.',
  })
}

/** How far the work on a set of problems is. */
export interface SetProgress {
  /** Problems done, those that were finished before included. */
  readonly done: number
  readonly total: number
  /** Cost of what was done in this call. */
  readonly usage: Usage
}

/** How a set of problems is worked on; changes the time it takes and never its results. */
export interface SetOptions {
  /** Problems worked on at a time; by default as many as fill the engine's batches. */
  readonly concurrency?: number
  /** The first problem to work on: the results of those before it are there already. */
  readonly from?: number
  /** Called after each problem, in the order in which they end. */
  readonly onProgress?: (progress: SetProgress) => void
  readonly signal?: AbortSignal
}

/** Responses in the making that keep the decoder's batches of 256 full while some have ended; more only need memory. */
const ENOUGH = 512

/** Problems at a time where each needs about so many responses at once. */
export function defaultConcurrency(responsesEach: number): number {
  return Math.max(1, Math.min(64, Math.floor(ENOUGH / Math.max(1, responsesEach))))
}

/**
 * Works on many problems side by side; results in the order of the problems, from the first one to work on. Throws
 * what the work threw, with the problem's place where it has none, and the signal's reason where it aborts; then nothing is
 * left running.
 * @param work gets the problem's index in the set, which keys its noise
 */
export async function* overProblems<Problem extends PlacedProblem, Result extends { readonly usage: Usage }>(
  problems: readonly Problem[],
  concurrency: number,
  { from = 0, onProgress, signal }: Omit<SetOptions, 'concurrency'>,
  work: (problem: Problem, index: number, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const open = problems.map((problem, index) => ({ problem, index })).slice(from)
  let done = problems.length - open.length
  let usage = NO_USAGE
  const one = async ({ problem, index }: (typeof open)[number], _: number, ended: AbortSignal): Promise<Result> => {
    const result = await work(problem, index, ended).catch((error: unknown) => {
      throw placed(error, problem)
    })
    done += 1
    usage = addUsage(usage, result.usage)
    onProgress?.({ done, total: problems.length, usage })
    return result
  }
  yield* orderedWork(open, concurrency, one, signal)
}

function placed(error: unknown, { place }: PlacedProblem): unknown {
  if (place === undefined || !(error instanceof StepscopeError) || error.details.place?.file !== undefined) return error
  return new StepscopeError({ ...error.details, place: { ...error.details.place, ...place } }, { cause: error })
}
