import type { Reading, ReadingId } from './reading.ts'

/** A reading by name: all of it but what differs between models of its kind. */
export interface ReadingPreset {
  /** For people. */
  readonly name: string
  /** One sentence: what the model is given, and where its score comes from. */
  readonly summary: string
  /** Models that are read so. */
  readonly models: string
  readonly role: 'process-reward-model' | 'outcome-reward-model'
  /** Why numbers of other programs may differ, or mislead: sentences. */
  readonly caution?: string
  readonly reading: Partial<Reading>
  /** What a chat begins with, where the model was trained with it. */
  readonly system?: string
}

/** How a text is put together where a preset does not say. */
export const PLAIN_WRITING = {
  input: 'prompt',
  bos: 'never',
  afterProblem: '',
  beforeStep: '',
  betweenSteps: '',
  trimsSteps: false,
  answer: '',
  readAt: 'score-at',
  candidates: null,
  beta: null,
  reference: null,
} as const satisfies Partial<Reading>

/** β of an implicit reward model where nothing else is said (Yuan et al., arXiv 2412.01981). */
export const IMPLICIT_BETA = 0.05

/** The rows of docs/reward-models.md. */
export const READINGS: Readonly<Record<ReadingId, ReadingPreset>> = {
  'step-end': {
    name: 'At the step’s end',
    summary: 'Problem and steps as a policy writes them; the score is read at the token that ends each step.',
    models: 'models trained here',
    role: 'process-reward-model',
    reading: {},
  },
  'two-labels': {
    name: 'Two labels at a separator',
    summary:
      'Problem, each step and each separator are tokenized alone, without a template; softmax of label 1 at the separator’s last token.',
    models: 'TRL’s process reward models, e.g. HuggingFaceH4/Qwen2.5-Math-1.5B-Instruct-PRM-0.2',
    caution:
      'TRL before December 2024 turned ignored labels into “right”: checkpoints of those days say “right” nearly always. Steps that end in a blank line and are split at single line ends give empty steps, which have scores too.',
    role: 'process-reward-model',
    reading: { input: 'pieces', bos: 'if-any', activation: 'softmax', aggregation: 'min' },
  },
  'two-layer-head': {
    name: 'Two-layer head at an extra token',
    summary:
      'A chat whose answer has <extra_0> after each step; score.0, ReLU, score.2, and softmax of label 1 at each <extra_0>.',
    models: 'Qwen/Qwen2.5-Math-PRM-7B, -72B',
    role: 'process-reward-model',
    system: 'Please reason step by step, and put your final answer within \\boxed{}.',
    reading: { input: 'chat', scoreAt: '<extra_0>', activation: 'softmax', aggregation: 'min' },
  },
  'value-head': {
    name: 'Value head at line ends',
    summary:
      'Beginning of sequence, problem and a line end, then each step tokenized alone and one line end; sigmoid of the value head there.',
    models: 'Skywork-o1-Open-PRM-Qwen-2.5-1.5B, -7B',
    caution:
      'One project calls a step of this model right unless its score falls by 0.05 or more from the step before, another takes an absolute threshold. Here the threshold is absolute.',
    role: 'process-reward-model',
    reading: {
      input: 'pieces',
      bos: 'always',
      afterProblem: '\n',
      scoreAt: '\n',
      activation: 'sigmoid',
      aggregation: 'mean',
    },
  },
  'step-tag': {
    name: 'Two tokens at a step tag',
    summary:
      'One text, “problem Step 1: … ки”, a line a step; softmax over the logits of + and − at each tag, which is the language model’s own head.',
    models: 'peiyi9979/math-shepherd-mistral-7b-prm',
    role: 'process-reward-model',
    reading: {
      input: 'text',
      bos: 'always',
      afterProblem: ' ',
      beforeStep: 'Step {n}: ',
      betweenSteps: '\n',
      trimsSteps: true,
      scoreAt: ' ки',
      activation: 'candidates',
      candidates: [' +', ' -'],
      aggregation: 'min',
    },
  },
  'chat-turns': {
    name: 'Two tokens in a chat of steps',
    summary:
      'A user turn for each step, the first behind the problem, and “+” as the assistant’s turn; softmax over the logits of + and − before each “+”.',
    models: 'RLHFlow/Llama3.1-8B-PRM-Mistral-Data, -Deepseek-Data',
    caution:
      'ProcessBench’s script for these models asks whether the greedy token is “+”, over the whole vocabulary. Here + is held against − alone.',
    role: 'process-reward-model',
    reading: {
      input: 'turns',
      afterProblem: ' ',
      scoreAt: '',
      answer: '+',
      readAt: 'answer',
      activation: 'candidates',
      candidates: ['+', '-'],
      aggregation: 'min',
    },
  },
  outcome: {
    name: 'One number for the response',
    summary:
      'A chat with the problem and the whole response; one raw number at the last token, and its sigmoid where a score from 0 to 1 is wanted.',
    models: 'Skywork-Reward-V2-Qwen3-0.6B, and other sequence classifiers with one label',
    caution:
      'In a search it says of each step what it would say if the response ended there, which it was not trained for: best-of-N and votes are where it belongs.',
    role: 'outcome-reward-model',
    reading: {
      input: 'chat',
      betweenSteps: '\n',
      scoreAt: '',
      readAt: 'end',
      activation: 'sigmoid',
      aggregation: 'last',
    },
  },
  implicit: {
    name: 'Implicit, against a reference',
    summary:
      'A language model and the one that it was trained from: σ(β Σ(log π − log π_ref)) over the response up to the step’s end.',
    models: 'PRIME, and implicit process reward models of your own',
    role: 'process-reward-model',
    reading: { scoreAt: '\n', activation: 'sigmoid', aggregation: 'last', beta: IMPLICIT_BETA },
  },
}

/** Given fields over those of the reading's preset; without a name it is `step-end`. */
export function withPreset(given: Partial<Reading>): Partial<Reading> {
  const id = given.id ?? 'step-end'
  return { ...PLAIN_WRITING, ...READINGS[id].reading, ...given, id }
}
