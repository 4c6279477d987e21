import { RandomStream } from '../core/random.ts'
import { mean } from '../core/statistics.ts'
import type { CountedShare } from './threshold-curve.ts'
import { countedShare } from './threshold-curve.ts'

/** Ways to change a response, after the kinds of PRMBench (Song et al., arXiv 2501.03124). */
export const PROBE_KINDS = ['swap-numbers', 'delete-step', 'repeat-step', 'paraphrase', 'pad'] as const
export type ProbeKind = (typeof PROBE_KINDS)[number]

/** A changed response, and where its scores should tell. */
export interface Probe {
  readonly kind: ProbeKind
  readonly steps: readonly string[]
  /** The step whose score is looked at, in the changed response and in the original. */
  readonly at: number
  readonly before: number
  /** Whether a good judge calls that step wrong now: as the task says where it can, else as the kind means it. */
  readonly expects: 'lower' | 'same'
}

export interface ProbeTools {
  /** Another way to say a step that means the same; null where the task has no rule for it. */
  paraphrase?(steps: readonly string[], index: number): string | null
  /** Whether the last of these steps is right, by exact labels; null where they do not know. */
  isRight?(steps: readonly string[]): boolean | null
}

/** A step that says nothing. */
const PADDING = 'Let us look at what we have so far.'

/** What each kind means for the step behind the change, where no task knows. */
const MEANT: Readonly<Record<ProbeKind, Probe['expects']>> = {
  'swap-numbers': 'lower',
  'delete-step': 'lower',
  'repeat-step': 'same',
  paraphrase: 'same',
  pad: 'same',
}

/**
 * One probe of each kind that the response allows, at a step drawn by the seed: two numbers of a step exchanged, a step left out, a
 * step said twice, said in other words, or a step that says nothing put in.
 * @param steps without step ends
 */
export function probesOf(steps: readonly string[], seed: number, tools: ProbeTools = {}): readonly Probe[] {
  return PROBE_KINDS.flatMap((kind, stream) => {
    const random = new RandomStream(seed, stream)
    const order = shuffled(
      steps.map((_, index) => index),
      random,
    )
    for (const index of order) {
      const changed = CHANGE[kind](steps, index, random, tools)
      if (changed === null) continue
      const right = tools.isRight?.(changed.steps.slice(0, changed.at + 1)) ?? null
      return [{ kind, ...changed, expects: right === null ? MEANT[kind] : right ? 'same' : 'lower' } as const]
    }
    return []
  })
}

type Change = Pick<Probe, 'steps' | 'at' | 'before'>

const CHANGE: Readonly<
  Record<ProbeKind, (steps: readonly string[], index: number, random: RandomStream, tools: ProbeTools) => Change | null>
> = {
  'swap-numbers': swapNumbers,
  'delete-step': (steps, index) =>
    // What is left out is missed by the step behind it.
    index + 1 < steps.length ? { steps: steps.toSpliced(index, 1), at: index, before: index + 1 } : null,
  'repeat-step': (steps, index) => ({
    steps: steps.toSpliced(index, 0, steps[index] ?? ''),
    at: index + 1,
    before: index,
  }),
  paraphrase: (steps, index, _, { paraphrase }) => {
    const text = paraphrase?.(steps, index) ?? null
    return text === null || text === steps[index] ? null : { steps: steps.with(index, text), at: index, before: index }
  },
  pad: (steps, index) => ({ steps: steps.toSpliced(index, 0, PADDING), at: index + 1, before: index }),
}

/** Exchanges two different numbers of a step; where the task can tell, two that make a right step wrong. */
function swapNumbers(
  steps: readonly string[],
  index: number,
  random: RandomStream,
  { isRight }: ProbeTools,
): Change | null {
  const text = steps[index] ?? ''
  const numbers = [...text.matchAll(/\d+(?:[.,]\d+)*/g)].map((match) => ({ text: match[0], at: match.index }))
  const pairs = numbers.flatMap((first, i) =>
    numbers.slice(i + 1).flatMap((second) => (first.text === second.text ? [] : [{ first, second }])),
  )
  for (const { first, second } of shuffled(pairs, random)) {
    const between = text.slice(first.at + first.text.length, second.at)
    const behind = text.slice(second.at + second.text.length)
    const changed = steps.with(index, text.slice(0, first.at) + second.text + between + first.text + behind)
    if (isRight?.(changed.slice(0, index + 1)) === true) continue
    return { steps: changed, at: index, before: index }
  }
  return null
}

function shuffled<T>(items: readonly T[], random: RandomStream): T[] {
  const list = [...items]
  for (let at = list.length - 1; at > 0; at--) {
    const other = random.integer(0, at)
    const [a, b] = [list[at], list[other]]
    if (a !== undefined && b !== undefined) [list[at], list[other]] = [b, a]
  }
  return list
}

/** What a probe did to the scores of one reward model. */
export interface ProbeResult extends Pick<Probe, 'kind' | 'expects'> {
  /** Of the step that is looked at. */
  readonly before: number
  readonly after: number
  /** Lowest score of the path. */
  readonly lowestBefore: number
  readonly lowestAfter: number
}

export interface ProbeSummary {
  readonly kind: ProbeKind
  readonly count: number
  /** Mean change of the step's score, and of the path's lowest. */
  readonly change: number
  readonly lowestChange: number
  /** Of probes that should be called wrong, those whose step still has a score at the threshold or above; null without such. */
  readonly fooled: CountedShare | null
  /** Of probes that change nothing and whose step was called right, those that are called wrong now; null without such. */
  readonly alarmed: CountedShare | null
}

/** Probes of many traces by kind, in the order of the kinds. */
export function summarizeProbes(results: readonly ProbeResult[], threshold: number): readonly ProbeSummary[] {
  return PROBE_KINDS.flatMap((kind) => {
    const own = results.filter((result) => result.kind === kind)
    if (own.length === 0) return []
    const wrong = own.filter(({ expects }) => expects === 'lower')
    const same = own.filter(({ expects, before }) => expects === 'same' && before >= threshold)
    return [
      {
        kind,
        count: own.length,
        change: mean(own.map(({ before, after }) => after - before)),
        lowestChange: mean(own.map(({ lowestBefore, lowestAfter }) => lowestAfter - lowestBefore)),
        fooled: countedShare(wrong.filter(({ after }) => after >= threshold).length, wrong.length),
        alarmed: countedShare(same.filter(({ after }) => after < threshold).length, same.length),
      },
    ]
  })
}
