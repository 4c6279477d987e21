import type { ObjectiveId } from '../../objectives/registry.ts'
import { objectiveById } from '../../objectives/registry.ts'
import type { Setting as ObjectiveSetting } from '../../objectives/setting.ts'
import type { TrainingRecipe } from '../../state/training/training-state.ts'
import { usesField } from '../../state/training/training-view.ts'

interface NumberSetting {
  readonly kind: 'number'
  readonly path: string
  readonly label: string
  readonly hint: string
  readonly min: number
  readonly max: number
  readonly step?: number
  readonly stops?: readonly number[]
}

interface ChoiceSetting {
  readonly kind: 'choice'
  readonly path: string
  readonly label: string
  readonly hint: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
}

interface SwitchSetting {
  readonly kind: 'switch'
  readonly path: string
  readonly label: string
  readonly hint: string
}

export type Setting = NumberSetting | ChoiceSetting | SwitchSetting

export interface SettingGroup {
  readonly title: string
  /** Folded until asked for. */
  readonly folded: boolean
  readonly settings: readonly Setting[]
}

const MANY = 1_000_000
const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
const RATES = [1e-6, 3e-6, 1e-5, 3e-5, 5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 1e-2]

const number = (
  path: string,
  label: string,
  hint: string,
  [min, max]: readonly [number, number],
  rest: Pick<NumberSetting, 'step' | 'stops'> = {},
): NumberSetting => ({ kind: 'number', path, label, hint, min, max, ...rest })

/** The settings of an objective itself, as it describes them. */
function ownSettings(id: ObjectiveId, group: ObjectiveSetting['group']): Setting[] {
  return Object.entries(objectiveById(id).settings)
    .filter(([, setting]) => setting.group === group)
    .map(([name, { field }]) => ({ ...field, path: `settings.${name}` }))
}

/**
 * Every setting of a recipe besides objective, models and data, with one sentence each; those without use in a recipe are not
 * shown.
 */
export const settingGroups = (objective: ObjectiveId): readonly SettingGroup[] => [
  {
    title: 'Training',
    folded: false,
    settings: [
      number('steps', 'Steps', 'Optimizer steps in all.', [1, MANY], {
        stops: [10, 20, 50, 100, 200, 500, 1000, 2000],
      }),
      number('batch', 'Batch', 'Examples of a step; problems of a step where the model samples.', [1, 65_536], {
        stops: POWERS,
      }),
      number(
        'optimizer.learningRate',
        'Learning rate',
        'How far a step goes. Too high, and the loss jumps or is no number.',
        [1e-6, 1],
        { step: 1e-6, stops: RATES },
      ),
      number('seed', 'Seed', 'The same seed, models and adapter give the same run, to the last bit.', [0, 0xffff_ffff]),
    ],
  },
  {
    title: 'Labels',
    folded: false,
    settings: [
      {
        kind: 'choice',
        path: 'labels.method',
        label: 'Step labels',
        hint: 'Soft: the share of completions that end right. Hard: whether any does. Exact: the task’s own.',
        options: [
          { value: 'soft', label: 'Soft, by completions' },
          { value: 'hard', label: 'Hard, by completions' },
          { value: 'exact', label: 'Exact, by the task' },
        ],
      },
      number('labels.completions', 'Completions', 'Per prefix; more give finer labels and take longer.', [1, 256], {
        stops: POWERS,
      }),
      {
        kind: 'choice',
        path: 'labels.balance',
        label: 'Balance',
        hint: 'Right and wrong labels weigh the same, so that neither a step’s place nor its problem gives it away.',
        options: [
          { value: 'none', label: 'As they come' },
          { value: 'depth', label: 'At each depth' },
          { value: 'problem', label: 'Within each problem, at each depth' },
        ],
      },
      number(
        'labels.planted',
        'Planted mistakes',
        'Share of traces with planted mistakes and exact labels.',
        [0, 0.9],
        {
          step: 0.025,
        },
      ),
    ],
  },
  {
    title: 'Samples',
    folded: false,
    settings: [
      number('rollout.samples', 'Samples', 'Responses to each problem; GRPO’s group.', [1, 256], {
        stops: POWERS,
      }),
      number('rollout.temperature', 'Temperature', 'Higher samples are more different.', [0.01, 4], {
        step: 0.1,
      }),
    ],
  },
  {
    title: 'Reward',
    folded: false,
    settings: [
      number('reward.verifier', 'Verifier', 'Earned by a response whose answer the task accepts.', [0, 100], {
        step: 0.1,
      }),
      number('reward.format', 'Format', 'Earned where every line is a step and the last one an answer.', [0, 100], {
        step: 0.1,
      }),
      number('reward.process', 'PRM', 'Weight of a process reward model’s score at each step’s end.', [0, 100], {
        step: 0.1,
      }),
      number('reward.outcome', 'ORM', 'Weight of an outcome reward model’s score of the whole response.', [0, 100], {
        step: 0.1,
      }),
    ],
  },
  {
    title: 'Objective',
    folded: false,
    settings: [...ownSettings(objective, 'Objective')],
  },
  {
    title: 'Optimizer and schedule',
    folded: true,
    settings: [
      {
        kind: 'choice',
        path: 'optimizer.schedule',
        label: 'Schedule',
        hint: 'How the learning rate goes after the warm-up.',
        options: [
          { value: 'cosine', label: 'Cosine' },
          { value: 'linear', label: 'Linear' },
          { value: 'constant', label: 'Constant' },
        ],
      },
      number('optimizer.warmupSteps', 'Warm-up', 'Steps over which the learning rate rises from 0.', [0, MANY]),
      number('optimizer.minimumRatio', 'End', 'Share of the learning rate that the schedule ends at.', [0, 1], {
        step: 0.05,
      }),
      number('optimizer.maxNorm', 'Clip norm', 'Gradients are scaled down to this norm; 0 does not.', [0, 1000], {
        step: 0.1,
      }),
      number('optimizer.weightDecay', 'Weight decay', 'Pull of every step towards 0.', [0, 1], { step: 0.01 }),
      number('optimizer.beta1', 'Beta 1', 'Memory of AdamW’s mean gradient.', [0, 0.9999], { step: 0.01 }),
      number('optimizer.beta2', 'Beta 2', 'Memory of AdamW’s mean square.', [0, 0.99999], { step: 0.01 }),
      {
        kind: 'choice',
        path: 'optimizer.decayOn',
        label: 'Decay of',
        hint: 'Norms and biases are usually left alone.',
        options: [
          { value: 'matrices', label: 'Matrices' },
          { value: 'all', label: 'All weights' },
        ],
      },
    ],
  },
  {
    title: 'Advantages',
    folded: true,
    settings: [...ownSettings(objective, 'Advantages')],
  },
  {
    title: 'Memory',
    folded: true,
    settings: [
      number(
        'passTokens',
        'Pass',
        'Tokens of one pass: more are quicker and take more memory; the result stays.',
        [16, MANY],
        {
          stops: [256, 512, 1024, 2048, 4096, 8192],
        },
      ),
      number('maxTokens', 'Longest', 'Tokens of a sequence; longer examples are refused.', [8, 32_768], {
        stops: [64, 128, 256, 512, 1024],
      }),
      {
        kind: 'switch',
        path: 'recompute',
        label: 'Recompute',
        hint: 'Runs layers again on the way back instead of keeping what they gave: slower, in less memory.',
      },
      number('rollout.maxSteps', 'Steps a sample', 'At most.', [1, 512]),
      number('rollout.maxStepTokens', 'Tokens a step', 'At most.', [1, 4096]),
    ],
  },
  {
    title: 'Saves and looks',
    folded: true,
    settings: [
      number('saveEvery', 'Save every', 'Steps; a closed tab or a lost device costs at most these.', [1, MANY], {
        stops: [5, 10, 25, 50, 100, 250],
      }),
      number('evaluateEvery', 'Look every', 'Steps between looks at held-out problems.', [1, MANY], {
        stops: [5, 10, 25, 50, 100, 250],
      }),
      number('evaluateProblems', 'Held-out problems', 'Of one look; 0 does without.', [0, 4096], {
        stops: [0, ...POWERS],
      }),
    ],
  },
]

/** Whether rewards come from a reward model. */
export function takesRewardModel(recipe: TrainingRecipe): boolean {
  return usesField(recipe, 'rewardModel') && (recipe.reward.process > 0 || recipe.reward.outcome > 0)
}

export function valueAt(recipe: TrainingRecipe, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], recipe)
}
