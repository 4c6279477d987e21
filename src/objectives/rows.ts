/**
 * Rows that objectives learn from, under TRL's names (huggingface/trl, docs/source/dataset_formats.md) in their standard
 * form, texts without roles. Their schemas are in `src/formats/trl.ts`.
 */

/** Supervised fine-tuning. */
export interface SftRow {
  readonly prompt: string
  readonly completion: string
}

/** Preference learning and ranked reward models. */
export interface PreferenceRow {
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
}

/** A response and whether it came out right. */
export interface UnpairedRow {
  readonly prompt: string
  readonly completion: string
  readonly label: boolean
}

/** A step's label: right or wrong, or the chance that it leads to a right answer, from 0 to 1. */
export type StepLabel = boolean | number

/** Process reward models: steps without their step ends, and one label each. */
export interface StepwiseRow {
  readonly prompt: string
  readonly completions: readonly string[]
  readonly labels: readonly StepLabel[]
}

export interface Rows {
  readonly 'prompt-completion': SftRow
  readonly preference: PreferenceRow
  readonly unpaired: UnpairedRow
  readonly stepwise: StepwiseRow
}

export type RowKind = keyof Rows

/** The part of a recipe that says how steps are labelled. */
export interface LabelSettings {
  readonly method: 'soft' | 'hard' | 'exact'
  readonly balance: 'none' | 'depth' | 'problem'
  /** Share of traces with planted mistakes. */
  readonly planted: number
}

/** What a task can be asked for (members of `Task`), that making data needs. */
export type TaskCapability = 'generator' | 'traces' | 'label'

interface RowKindDescription {
  /** As TRL calls them, in words. */
  readonly name: string
  /** Token sequences of one row. */
  readonly sequences: number
  /** Whether rows are made of a policy's samples; else the task writes them. */
  sampled(labels: LabelSettings): boolean
  /** What of the task rows are made by. */
  needs(labels: LabelSettings): readonly TaskCapability[]
  /** How rows are made from generated problems, for people. */
  madeWords(labels: LabelSettings): string
}

export const ROW_KINDS: { readonly [K in RowKind]: RowKindDescription } = {
  'prompt-completion': {
    name: 'prompt-completion rows',
    sequences: 1,
    sampled: () => false,
    needs: () => ['generator', 'traces'],
    madeWords: () => 'Problems with a solution that the task writes itself.',
  },
  preference: {
    name: 'preference rows',
    sequences: 2,
    sampled: () => true,
    needs: () => ['generator'],
    madeWords: () => 'Pairs of the model’s own samples, one right and one wrong, made before the first step.',
  },
  unpaired: {
    name: 'unpaired preference rows',
    sequences: 1,
    sampled: () => true,
    needs: () => ['generator'],
    madeWords: () => 'The policy’s own samples, judged by the verifier, made before the first step.',
  },
  stepwise: {
    name: 'stepwise rows',
    sequences: 1,
    sampled: ({ method }) => method !== 'exact',
    needs: ({ method, planted }) =>
      method === 'exact' || planted > 0 ? ['generator', 'traces', 'label'] : ['generator'],
    madeWords: ({ method }) =>
      method === 'exact'
        ? 'Traces with planted mistakes, labelled by the task.'
        : 'The policy’s own traces, each step labelled by how many completions from it end right. This takes a while before the first step.',
  },
}
