import { pcg4d } from '../../core/random.ts'
import { bareStep } from '../../core/step-text.ts'
import { nextTask } from '../../engine/scheduler/next-task.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { PreferenceRow, RowKind, Rows, SftRow, StepwiseRow, UnpairedRow } from '../../objectives/rows.ts'
import { givenResponse } from '../../rewards/given-response.ts'
import { writtenSteps } from '../../rewards/grow-responses.ts'
import { monteCarloLabels } from '../../rewards/monte-carlo-labels.ts'
import { preferencePairs } from '../../rewards/preference-pairs.ts'
import { hardLabel, softLabel } from '../../rewards/prefix-values.ts'
import type { SampledResponse } from '../../rewards/sample-responses.ts'
import { sampleResponses } from '../../rewards/sample-responses.ts'
import type { Policy } from '../../search/models.ts'
import type { GeneratedSet } from '../../tasks/generate-problems.ts'
import { generateProblems, makeProblems } from '../../tasks/generate-problems.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { checkerFor, labelsOf, promptOf, tracesOf } from '../../tasks/registry.ts'
import type { Split } from '../../tasks/split.ts'
import { inTurns } from './in-turns.ts'

/** Pairs of one problem at most, so that problems with many different samples do not outweigh the others. */
const PAIRS_PER_PROBLEM = 4
/** Traces with planted mistakes per problem. */
const ATTEMPTS_PER_PROBLEM = 4

export type MakeRows<Row> = (maker: RowMaker, split: Split, count: number) => Promise<Row[]>

/** How far making the data is. */
export type Report = (phase: string, done: number, total: number) => void

export interface RowMaker {
  readonly task: AnyTask
  readonly recipe: TrainingRecipe
  /** The model before training, where rows are made from its samples. */
  readonly policy: () => Promise<Policy>
  /** A problem as rows for the model in training have it: in the task's notation, or in words. */
  readonly rowPrompt: (problem: unknown) => string
  readonly report: Report
  readonly signal: AbortSignal
}

/** Problems of the recipe's difficulties in turn, of one split; for few of them. */
export function recipeProblems(task: AnyTask, recipe: TrainingRecipe, split: Split, count: number): unknown[] {
  return inTurn(recipeSets(task, recipe, split, count).map((set) => generateProblems(task, set)))
}

/** As `recipeProblems`, for any number: others have their turn meanwhile, and the signal ends it. */
export async function makeRecipeProblems(
  { task, recipe, signal }: Pick<RowMaker, 'task' | 'recipe' | 'signal'>,
  split: Split,
  count: number,
): Promise<unknown[]> {
  const each: unknown[][] = []
  for (const set of recipeSets(task, recipe, split, count)) each.push(await makeProblems(task, set, nextTask, signal))
  return inTurn(each)
}

function recipeSets(task: AnyTask, recipe: TrainingRecipe, split: Split, count: number): GeneratedSet[] {
  const all = task.generator?.difficulties.map(({ id }) => id) ?? []
  // Problems to look at a model with, where it learns from a file: none of a task that makes none.
  const difficulties = recipe.data.source === 'generated' ? recipe.data.difficulties : all.slice(0, 1)
  return difficulties.map((difficulty, index) => {
    const share = Math.floor((count + difficulties.length - 1 - index) / difficulties.length)
    return { count: share, difficulty, seed: recipe.seed, split }
  })
}

function inTurn(each: readonly (readonly unknown[])[]): unknown[] {
  const longest = each.reduce((most, { length }) => Math.max(most, length), 0)
  return Array.from({ length: longest }, (_, round) => each.flatMap((list) => list.slice(round, round + 1))).flat()
}

async function makeSftRows(maker: RowMaker, split: Split, count: number): Promise<SftRow[]> {
  const { task, recipe, report, signal } = maker
  const problems = await makeRecipeProblems(maker, split, count)
  const rows: SftRow[] = []
  const traces = tracesOf(task)
  const demonstrate = (index: number) => {
    const problem = problems[index]
    const steps = traces.demonstrate(problem, pcg4d(recipe.seed, index, 1, 0)[0])
    if (steps !== null) rows.push({ prompt: maker.rowPrompt(problem), completion: steps.join('') })
  }
  await inTurns(problems.length, signal, demonstrate, (done) => report('Solutions', done, problems.length))
  return rows
}

/** Traces with planted mistakes, labelled by the task; or the model's own samples, labelled by completions, with some of those. */
async function makeStepwiseRows(maker: RowMaker, split: Split, count: number): Promise<StepwiseRow[]> {
  const { task, recipe, report, signal } = maker
  const problems = await makeRecipeProblems(maker, split, count)
  if (recipe.labels.method === 'exact') return plantedRows(maker, problems, problems.length * ATTEMPTS_PER_PROBLEM)
  const sampled = await sample(maker, problems)
  const policy = await maker.policy()
  const { label } = task
  const rows: StepwiseRow[] = []
  const labelled = monteCarloLabels(
    policy,
    problems.map((problem, index) => ({
      prompt: promptOf(task, problem),
      ...checkerFor(task, problem),
      ...(label ? { isValid: (steps: readonly string[]) => label(problem, steps).valid } : {}),
      responses: different(sampled[index] ?? []).map(givenResponse),
    })),
    {
      k: recipe.labels.completions,
      seed: recipe.seed,
      signal,
      onProgress: ({ done, total }) => report('Labels by completions', done, total),
    },
  )
  for await (const { problem: index, values } of labelled) {
    const responses = different(sampled[index] ?? [])
    values.forEach((perStep, response) => {
      const steps = writtenSteps(responses[response]?.steps ?? [])
      rows.push({
        prompt: maker.rowPrompt(problems[index]),
        completions: steps.map((step) => bareStep(step)),
        labels: perStep.map((value) => (recipe.labels.method === 'hard' ? hardLabel(value) : softLabel(value))),
      })
    })
  }
  // What is held out tells how the model judges the policy's own samples.
  const share = split === 'train' ? recipe.labels.planted : 0
  return [...(await plantedRows(maker, problems, Math.round((rows.length * share) / (1 - share)))), ...rows]
}

/** Solutions with mistakes planted in them, and the task's labels: as many as asked for, of the first problems. */
async function plantedRows(
  { task, recipe, rowPrompt, report, signal }: RowMaker,
  problems: readonly unknown[],
  count: number,
): Promise<StepwiseRow[]> {
  const most = Math.min(count, problems.length * ATTEMPTS_PER_PROBLEM)
  const rows: StepwiseRow[] = []
  const traces = tracesOf(task)
  const label = labelsOf(task)
  const plant = (row: number) => {
    const index = Math.floor(row / ATTEMPTS_PER_PROBLEM)
    const steps = traces.attempt(problems[index], pcg4d(recipe.seed, index, 2, row % ATTEMPTS_PER_PROBLEM)[0])
    rows.push({
      prompt: rowPrompt(problems[index]),
      completions: steps.map((step) => bareStep(step)),
      labels: steps.map((_, step) => label(problems[index], steps.slice(0, step + 1)).label),
    })
  }
  await inTurns(most, signal, plant, (done) => report('Traces with planted mistakes', done, most))
  return rows
}

async function makePreferenceRows(maker: RowMaker, split: Split, count: number): Promise<PreferenceRow[]> {
  const { recipe } = maker
  const problems = await makeRecipeProblems(maker, split, count)
  const sampled = await sample(maker, problems)
  return sampled.flatMap((responses, index) => {
    const ranked = responses.map(({ text, verdict }) => ({ text, correct: verdict.correct === true }))
    const settings = {
      by: 'verifier',
      minMargin: 0,
      maxPairs: PAIRS_PER_PROBLEM,
      seed: pcg4d(recipe.seed, index, 3, 0)[0],
    } as const
    return preferencePairs(ranked, settings).map(({ chosen, rejected }) => ({
      prompt: maker.rowPrompt(problems[index]),
      chosen,
      rejected,
    }))
  })
}

async function makeUnpairedRows(maker: RowMaker, split: Split, count: number): Promise<UnpairedRow[]> {
  const problems = await makeRecipeProblems(maker, split, count)
  const sampled = await sample(maker, problems)
  return sampled.flatMap((responses, index) =>
    different(responses).map(({ text, verdict }) => ({
      prompt: maker.rowPrompt(problems[index]),
      completion: text,
      label: verdict.correct === true,
    })),
  )
}

async function sample(
  { task, recipe, policy, report, signal }: RowMaker,
  problems: readonly unknown[],
): Promise<SampledResponse[][]> {
  const { samples: n, temperature, topP, maxSteps, maxStepTokens } = recipe.rollout
  const set = problems.map((problem) => ({ prompt: promptOf(task, problem), ...checkerFor(task, problem) }))
  const sampled: SampledResponse[][] = []
  const rollouts = sampleResponses(await policy(), set, {
    n,
    seed: recipe.seed,
    // An end of the sequence may be added when a response is learned from.
    sampling: { temperature, topP, maxSteps, maxStepTokens, maxTokens: recipe.maxTokens - 1 },
    signal,
    onProgress: ({ done, total }) => report('Samples of the model', done, total),
  })
  for await (const { problem, responses } of rollouts) {
    sampled[problem] = responses.filter(({ text }) => text !== '')
  }
  return problems.map((_, index) => sampled[index] ?? [])
}

/** Each text once. */
function different(responses: readonly SampledResponse[]): SampledResponse[] {
  return [...new Map(responses.map((response) => [response.text, response])).values()]
}

/** How rows of each kind are made from a task's problems. */
export const ROW_MAKERS: { readonly [Kind in RowKind]: MakeRows<Rows[Kind]> } = {
  'prompt-completion': makeSftRows,
  preference: makePreferenceRows,
  unpaired: makeUnpairedRows,
  stepwise: makeStepwiseRows,
}
