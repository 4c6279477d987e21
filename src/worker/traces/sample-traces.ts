import { StepscopeError } from '../../core/errors.ts'
import { bareStep, endedStep } from '../../core/step-text.ts'
import { writtenSteps } from '../../rewards/grow-responses.ts'
import { monteCarloLabels } from '../../rewards/monte-carlo-labels.ts'
import { sampleResponses } from '../../rewards/sample-responses.ts'
import type { Policy } from '../../search/models.ts'
import { makeProblems } from '../../tasks/generate-problems.ts'
import { checkerFor, problemOf, promptOf, taskById } from '../../tasks/registry.ts'
import type { ParamsOf, ResultOf } from '../protocol.ts'
import type { TaskTrace } from './page-of-traces.ts'
import { describeTrace } from './trace-reader.ts'

/** Traces that a policy samples to problems `from` … `to − 1` of a set: the same whatever part of the set is asked for. */
export async function sampleTraces(
  policy: Policy,
  { task: id, difficulty, seed, perProblem, temperature, from, to }: ParamsOf<'sampleTraces'>,
  nextTask: () => Promise<void>,
  signal: AbortSignal,
): Promise<ResultOf<'sampleTraces'>> {
  const task = taskById(id)
  const set = { count: to, difficulty, seed, split: 'held-out' as const }
  const problems = await makeProblems(task, set, nextTask, signal)
  const asked = problems.map((problem) => ({ prompt: promptOf(task, problem), ...checkerFor(task, problem) }))
  const traces: TaskTrace[] = []
  const options = { n: perProblem, seed, sampling: { temperature }, from, signal }
  for await (const { problem: index, responses } of sampleResponses(policy, asked, options)) {
    const problem = problems[index]
    for (const response of responses) {
      const trace = {
        id: `${index}-${response.sample}`,
        problem: task.format(problem),
        steps: writtenSteps(response.steps).map((step) => bareStep(step, policy.info.stepEnds)),
        labels: null,
        firstError: null,
        answer: task.gold(problem),
        correct: response.verdict.correct,
        subset: difficulty,
        generator: policy.info.id,
        scores: null,
        origin: { format: 'sampled', line: index * perProblem + response.sample + 1, row: null, index: 0 },
      }
      traces.push(describeTrace(trace, { task: id, problem: trace.problem, fields: task.fields(problem) }))
    }
  }
  return traces
}

/**
 * Monte Carlo labels of every step of traces, by completions of a policy.
 * @throws StepscopeError `bad-problem` for a trace whose task is not known
 */
export async function labelTraces(
  policy: Policy,
  { traces, k, seed }: ParamsOf<'labelTraces'>,
  signal: AbortSignal,
): Promise<ResultOf<'labelTraces'>> {
  const problems = traces.map(({ asked, steps }) => {
    if (asked === null) throw withoutTask()
    const { task, problem } = problemOf(asked)
    const { label } = task
    const ended = steps.map((step) => endedStep(step, policy.info.stepEnds))
    return {
      prompt: promptOf(task, problem),
      ...checkerFor(task, problem),
      ...(label ? { isValid: (prefix: readonly string[]) => label(problem, prefix).valid } : {}),
      responses: [{ steps: ended, ended: task.isFinal(ended), tokens: 0 }],
    }
  })
  const labels: ResultOf<'labelTraces'>[number][] = []
  for await (const { problem, values } of monteCarloLabels(policy, problems, { k, seed, signal })) {
    labels[problem] = (values[0] ?? []).map(({ right, runs }) => ({ right, runs }))
  }
  return labels
}

function withoutTask(): StepscopeError {
  return new StepscopeError({
    code: 'bad-problem',
    message:
      'Nothing says whether a completion of this trace is right: its problem belongs to no task that is known here',
    expected: 'a trace of a task',
    nextStep: 'Label it by hand, or choose traces of a bundled task.',
  })
}
