import { StepscopeError } from '../core/errors.ts'
import { itemSeed } from '../core/item-seed.ts'
import { RandomStream } from '../core/random.ts'
import { bareStep } from '../core/step-text.ts'
import type { OmegaNode } from '../formats/omega-file.ts'
import type { StepLabel, StepwiseRow } from '../objectives/rows.ts'
import { exactLabels } from '../rewards/exact-labels.ts'
import { monteCarloLabels } from '../rewards/monte-carlo-labels.ts'
import type { OmegaSettings } from '../rewards/omega-prm.ts'
import { omegaLabels } from '../rewards/omega-prm.ts'
import type { PairSettings } from '../rewards/preference-pairs.ts'
import { preferencePairs } from '../rewards/preference-pairs.ts'
import { hardLabel, softLabel } from '../rewards/prefix-values.ts'
import type { SetOptions } from '../rewards/problem-set.ts'
import { scoreResponses } from '../rewards/score-responses.ts'
import { NO_USAGE } from '../rewards/usage.ts'
import type { ValueTree } from '../rewards/value-tree.ts'
import { treeRows } from '../rewards/value-tree.ts'
import { aggregate } from '../search/aggregate.ts'
import type { Policy, RewardModel, Usage } from '../search/models.ts'
import { labelsOf } from '../tasks/registry.ts'
import type { LabelRow, RolloutGroup } from './label-rows.ts'

/** The lines that one problem's responses give. */
export interface LabelledGroup {
  readonly problem: number
  readonly rows: readonly LabelRow[]
  readonly usage: Usage
}

/** Labels of one method for all problems, in their order, from the first one to work on. */
export type LabelMethod = (groups: readonly RolloutGroup[], set: SetOptions) => AsyncIterable<LabelledGroup>

export interface CompletionSettings {
  readonly k: number
  readonly seed: number
  /** Fractions, or whether any completion is right. */
  readonly soft: boolean
}

/** Monte Carlo labels: a stepwise row per response. */
export function byMonteCarlo(policy: Policy, { k, seed, soft }: CompletionSettings): LabelMethod {
  return async function* (groups, set) {
    for await (const { problem, values, usage } of monteCarloLabels(policy, groups, { ...set, k, seed })) {
      const group = groups[problem]
      const rows = values.map((own, index) =>
        stepwise(
          group?.text ?? '',
          group?.responses[index]?.steps ?? [],
          own.map((value) => (soft ? softLabel(value) : hardLabel(value))),
        ),
      )
      yield { problem, rows: rows.flat(), usage }
    }
  }
}

/** OmegaPRM: a stepwise row per path from node to node, or the tree itself. */
export function byOmega(
  policy: Policy,
  { k, seed, soft }: CompletionSettings,
  { asTree, ...limits }: Partial<OmegaSettings> & { readonly asTree: boolean },
): LabelMethod {
  return async function* (groups, set) {
    const settings = { ...limits, k }
    for await (const { problem, tree, usage } of omegaLabels(policy, groups, { ...set, seed, settings })) {
      const text = groups[problem]?.text ?? tree.text
      const rows = asTree
        ? [omegaNode({ ...tree, text })]
        : treeRows(tree).flatMap(({ completions, values }) =>
            stepwise(
              text,
              completions,
              values.map((value) => (soft ? value : value > 0)),
            ),
          )
      yield { problem, rows, usage }
    }
  }
}

/** The task's own labels: a stepwise row per response. Throws a StepscopeError where the task has none. */
export function byTask(): LabelMethod {
  return (groups, set) =>
    eachGroup(groups, set, ({ text, responses, task, label }) => {
      if (label === undefined) labelsOf(task)
      return responses.flatMap(({ steps }) => (label ? stepwise(text, steps, exactLabels(steps, label)) : []))
    })
}

/**
 * The task's own labels of so many steps. Whole responses are taken, each up to its first wrong step: in an order drawn by the seed, or
 * with a reward model those first that have a score nearest to ½.
 */
export function byChosenSteps(
  { steps: budget, seed }: { readonly steps: number; readonly seed: number },
  reward: RewardModel | null,
): LabelMethod {
  return async function* (groups, set) {
    const random = new RandomStream(seed)
    const scores: (readonly (readonly number[])[])[] = []
    if (reward !== null) {
      const problems = groups.map(({ prompt, responses }) => ({
        prompt,
        responses: responses.map(({ steps }) => steps),
      }))
      const { signal } = set
      for await (const { problem, scores: own } of scoreResponses(reward, problems, signal ? { signal } : {})) {
        scores[problem] = own
      }
    }
    const order = groups
      .flatMap(({ responses }, group) =>
        responses.map((_, index) => {
          const own = scores[group]?.[index]?.map((score) => Math.abs(score - 0.5)) ?? []
          return { group, index, apart: Math.min(...own), drawn: random.integer(0, 0x7fffffff) }
        }),
      )
      .sort((a, b) => (reward === null ? 0 : a.apart - b.apart) || a.drawn - b.drawn)
    const chosen = new Map<number, StepwiseRow[]>()
    let left = budget
    for (const { group, index } of order) {
      const { text, task, responses, label } = groups[group] as RolloutGroup
      if (label === undefined) labelsOf(task)
      const steps = responses[index]?.steps ?? []
      const labels = label ? exactLabels(steps, label) : []
      const firstError = labels.indexOf(false)
      const count = Math.min(left, firstError < 0 ? labels.length : firstError + 1)
      left -= count
      const rows = stepwise(text, steps.slice(0, count), labels.slice(0, count))
      chosen.set(group, [...(chosen.get(group) ?? []), ...rows])
      if (left === 0) break
    }
    yield* eachGroup(groups, set, (_, group) => chosen.get(group) ?? [])
  }
}

/** The verdict on each response: an unpaired row per response. */
export function byOutcome(): LabelMethod {
  return (groups, set) =>
    eachGroup(groups, set, (group) =>
      group.rows.flatMap(({ steps, verdict }) => {
        const completion = steps.map(({ text }) => text).join('')
        return completion === '' ? [] : [{ prompt: group.text, completion, label: isRight(group, verdict) }]
      }),
    )
}

/** Preference rows among the responses to each problem; with a reward model, by its path scores. */
export function byPairs(settings: PairSettings, reward: RewardModel | null): LabelMethod {
  const pairsOf = (group: RolloutGroup, index: number, scores: readonly number[] | null): LabelRow[] => {
    const ranked = group.rows.map(({ steps, verdict }, row) => ({
      text: steps.map(({ text }) => text).join(''),
      correct: isRight(group, verdict),
      ...(scores === null ? {} : { score: scores[row] ?? 0 }),
    }))
    const written = ranked.filter(({ text }) => text !== '')
    const pairs = preferencePairs(written, { ...settings, seed: itemSeed(settings.seed, index) })
    return pairs.map(({ chosen, rejected }) => ({ prompt: group.text, chosen, rejected }))
  }
  if (reward === null) return (groups, set) => eachGroup(groups, set, (group, index) => pairsOf(group, index, null))
  return async function* (groups, set) {
    const problems = groups.map(({ prompt, responses }) => ({ prompt, responses: responses.map(({ steps }) => steps) }))
    for await (const { problem, scores, usage } of scoreResponses(reward, problems, set)) {
      const group = groups[problem]
      const paths = scores.map((own) => aggregate(reward.info.aggregation, own))
      yield { problem, rows: group ? pairsOf(group, problem, paths) : [], usage }
    }
  }
}

/** What needs no model. */
async function* eachGroup(
  groups: readonly RolloutGroup[],
  { from = 0, onProgress, signal }: SetOptions,
  rowsOf: (group: RolloutGroup, index: number) => LabelRow[],
): AsyncGenerator<LabelledGroup, void> {
  for (const [problem, group] of groups.entries()) {
    if (problem < from) continue
    signal?.throwIfAborted()
    yield { problem, rows: rowsOf(group, problem), usage: NO_USAGE }
    onProgress?.({ done: problem + 1, total: groups.length, usage: NO_USAGE })
  }
}

/** A row, or none where the response has no step. */
function stepwise(prompt: string, steps: readonly string[], labels: readonly StepLabel[]): StepwiseRow[] {
  return steps.length === 0 ? [] : [{ prompt, completions: steps.map((step) => bareStep(step)), labels }]
}

function omegaNode({ text, value, children }: ValueTree): OmegaNode {
  return { text, mc_value: value, children: children.map(omegaNode) }
}

/** @throws StepscopeError `bad-file` where the verdict of a line says nothing: its problem has no gold answer */
function isRight({ place }: RolloutGroup, { correct }: { readonly correct: boolean | null }): boolean {
  if (correct !== null) return correct
  throw new StepscopeError({
    code: 'bad-file',
    message: 'The problem has no gold answer, so nothing says which responses are right',
    expected: 'a verdict that is true or false',
    found: 'null',
    place: { ...place, field: 'verdict.correct' },
    nextStep: 'Sample problems with gold answers, or leave these lines out.',
  })
}
