import { createHash } from 'node:crypto'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import type { Backend } from '../../compute/backend.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { RecipeInput, TrainingRecipe } from '../../formats/training-recipe.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import type { RewardFiles } from '../run/load-reward.ts'
import type { RunStore } from '../run/run-store.ts'
import { readSave } from '../run/saves.ts'
import { runTraining } from '../run/training-run.ts'
import type { TrainingEvent } from '../run-events.ts'

/** Folder of the model that small runs train. */
export const SMALL_POLICY = 'public/checkpoints/countdown-policy'

/** A recipe of few steps on few problems. */
export function smallRecipe(given: Partial<RecipeInput>): TrainingRecipe {
  return readRecipe({
    objective: 'sft',
    model: 'countdown-policy',
    steps: 4,
    batch: 2,
    saveEvery: 2,
    evaluateEvery: 100,
    evaluateProblems: 1,
    maxTokens: 80,
    passTokens: 256,
    data: { source: 'generated', problems: 8 },
    rollout: { samples: 3 },
    ...given,
  })
}

interface SmallRunOptions {
  readonly model?: CheckpointFiles
  readonly signal?: AbortSignal
  /** Where the recipe's reward model is an implicit one. */
  readonly implicit?: RewardFiles['implicit']
  /** Rows of the data file, where the recipe takes one. */
  readonly data?: string
}

export async function openSmallRun(
  backend: Backend,
  recipe: TrainingRecipe,
  store: RunStore,
  { model, signal, data, implicit }: SmallRunOptions = {},
): Promise<AsyncGenerator<TrainingEvent>> {
  const { rewardModel } = recipe
  return runTraining(
    {
      backend,
      model: model ?? (await openCheckpointDirectory(SMALL_POLICY)),
      reference: null,
      rewardModel:
        rewardModel === undefined
          ? null
          : { files: await openCheckpointDirectory(`public/checkpoints/${rewardModel}`), implicit: implicit ?? null },
      data: data === undefined ? null : { name: 'rows.jsonl', text: data },
      store,
      signal: signal ?? new AbortController().signal,
      gate: () => Promise.resolve(),
      clock: () => 0,
    },
    recipe,
  )
}

/** Trains to the end, or until a step was told: like a closed tab, nobody asks for the next event any more. */
export async function runSmall(
  backend: Backend,
  recipe: TrainingRecipe,
  store: RunStore,
  options: SmallRunOptions & { readonly stopAfter?: number } = {},
): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = []
  for await (const event of await openSmallRun(backend, recipe, store, options)) {
    events.push(event)
    if (event.type === 'step' && event.step === options.stopAfter) break
  }
  return events
}

/** Bits of each tensor of the last save, as their hash: quick to compare. */
export async function savedBits(store: RunStore): Promise<(readonly [name: string, hash: string])[]> {
  const { weights = [] } = (await readSave(store)) ?? {}
  return [...weights].map(([name, { data }]) => [name, createHash('sha256').update(data).digest('hex')] as const)
}
