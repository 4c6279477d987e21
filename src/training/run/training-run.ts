import type { AdamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import { StepscopeError } from '../../core/errors.ts'
import { promptText } from '../../core/prompt.ts'
import { inFolder } from '../../engine/checkpoint/checkpoint-files.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { loadPolicy } from '../../engine/load-model.ts'
import type { EnginePolicy } from '../../engine/policy.ts'
import { checkSameRun } from '../../formats/recipe-difference.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { Metrics } from '../../objectives/loss.ts'
import { objectiveById } from '../../objectives/registry.ts'
import { promptOf } from '../../tasks/registry.ts'
import type { HistoryEntry, TrainingEvent } from '../run-events.ts'
import { learningRate } from '../schedule.ts'
import { checkDataFile } from './check-data.ts'
import { estimateRun } from './estimate-run.ts'
import { LivePolicy } from './live-policy.ts'
import { loadReward } from './load-reward.ts'
import type { Report } from './make-rows.ts'
import type { ModelInTraining } from './model-in-training.ts'
import { loadModelInTraining } from './model-in-training.ts'
import { offlineTrainer } from './offline-trainer.ts'
import { onlineTrainer } from './online-trainer.ts'
import { recipeTask } from './recipe-task.ts'
import type { DataFile, DataRecord } from './run-rows.ts'
import { missingFile } from './run-rows.ts'
import type { SaveManifest } from './saves.ts'
import { earlierRecipes, readSave, writeSave } from './saves.ts'
import type { Trainer } from './trainer.ts'
import type { TrainingContext } from './training-context.ts'
import { withEvents } from './with-events.ts'

/**
 * Trains a model as a recipe says, from the store's last save where it has one. The same recipe on the same adapter gives
 * the same weights bit for bit, whether it was interrupted or not. What is not saved when the run ends in whatever way is
 * lost, and nothing else.
 * @throws StepscopeError naming the setting, file, row or example that is wrong; saves stay as they are
 */
export async function* runTraining(context: TrainingContext, recipe: TrainingRecipe): AsyncGenerator<TrainingEvent> {
  const { backend, store, signal, gate, clock } = context
  const saved = await readSave(store)
  if (saved !== null) {
    checkSameRun(saved.manifest.recipe, recipe)
    for (const skipped of saved.skipped) yield { type: 'skipped', ...skipped, from: saved.manifest.step }
  }
  // What is wrong is told before anything large is loaded.
  recipeTask(recipe)
  yield* checkedData(context, recipe)
  const creating = inFolder(context.model, () => loadModelInTraining(backend, context.model, recipe, signal))
  const trained = await creating.catch(async (error: unknown) => {
    throw await withWayOut(error, context, recipe)
  })
  const parts = new Parts(context, recipe, trained)
  try {
    if (saved !== null) {
      await trained.model.write('weights', saved.weights)
      await trained.model.write('first', saved.first)
      await trained.model.write('second', saved.second)
    }
    const history: HistoryEntry[] = [...(saved?.history ?? [])]
    let step = saved?.manifest.step ?? 0
    let updates = saved?.manifest.updates ?? 0
    const trainer = yield* withEvents<TrainingEvent, Trainer>(
      (tell, making) => parts.trainer((name, done, total) => tell({ type: 'phase', name, done, total }), making),
      signal,
    )
    if (saved !== null) checkSameData(saved.manifest, trainer.data, context.data)
    yield {
      type: 'started',
      recipe,
      step: step + 1,
      trainedWeights: trained.model.trainedWeights,
      adapter: backend.adapter,
      bytes: backend.memory.liveByPurpose(),
      history: [...history],
    }
    const evaluated = async (): Promise<TrainingEvent> => {
      const { metrics, samples } = await trainer.evaluate(step, signal)
      history.push({ step, metrics })
      return { type: 'evaluated', step, metrics, samples }
    }
    let savedStep = step
    const earlier = saved === null ? [] : earlierRecipes(saved.manifest, recipe)
    const record = {
      recipe,
      ...(earlier.length === 0 ? {} : { earlier }),
      ...(trainer.data ? { data: trainer.data } : {}),
    }
    const save = async (): Promise<TrainingEvent> => {
      const savedAt = new Date().toISOString()
      await writeSave(store, trained.model, { step, updates, savedAt, ...record }, history)
      savedStep = step
      return { type: 'saved', step }
    }
    if (step === 0) yield await evaluated()
    while (step < recipe.steps) {
      await gate()
      // Stopped between two steps, nothing is lost.
      if (signal.aborted && step > savedStep) yield await save()
      signal.throwIfAborted()
      const started = clock()
      const plan = await trainer.plan(step + 1, signal)
      const settings = adamwSettingsOf(recipe, step)
      const found: Metrics[] = []
      for (const one of plan.updates) {
        const metrics = await one.run(settings, updates + 1, signal)
        found.push(metrics)
        // What taught nothing changed nothing: AdamW has had one step fewer.
        if (metrics.grad_norm !== 0) updates++
      }
      step++
      const metrics = { ...averaged(found), ...plan.metrics }
      history.push({ step, metrics })
      yield {
        type: 'step',
        step,
        metrics,
        learningRate: settings.learningRate,
        tokens: plan.updates.reduce((sum, { tokens }) => sum + tokens, 0),
        seconds: (clock() - started) / 1000,
      }
      const last = step === recipe.steps
      if (last || step % recipe.evaluateEvery === 0) yield await evaluated()
      if (last || step % recipe.saveEvery === 0) yield await save()
    }
    yield { type: 'finished', step }
  } finally {
    parts.dispose()
  }
}

function adamwSettingsOf({ optimizer, steps }: TrainingRecipe, step: number): AdamwSettings {
  const { schedule: kind, learningRate: peak, warmupSteps, minimumRatio, ...settings } = optimizer
  const rate = learningRate({ kind, peak, warmupSteps, totalSteps: steps, minimumRatio }, step)
  return { ...settings, learningRate: rate }
}

/** Means over a step's updates. */
function averaged(found: readonly Metrics[]): Metrics {
  const names = new Set(found.flatMap((metrics) => Object.keys(metrics)))
  return Object.fromEntries(
    [...names].map((name) => {
      const values = found.flatMap((metrics) => metrics[name] ?? [])
      return [name, values.reduce((sum, value) => sum + value, 0) / values.length]
    }),
  )
}

/** Everything of a run that has to be freed. */
class Parts {
  private readonly context: TrainingContext
  private readonly recipe: TrainingRecipe
  private readonly trained: ModelInTraining
  private live: LivePolicy | null = null
  private sampler: EnginePolicy | null = null
  private reward: Awaited<ReturnType<typeof loadReward>> | null = null

  constructor(context: TrainingContext, recipe: TrainingRecipe, trained: ModelInTraining) {
    this.context = context
    this.recipe = recipe
    this.trained = trained
  }

  async trainer(report: Report, signal: AbortSignal): Promise<Trainer> {
    const { backend, store, data, model, reference, rewardModel } = this.context
    const { recipe, trained } = this
    const task = recipeTask(recipe)
    if (trained.role === 'policy') this.live = await LivePolicy.create(backend, trained)
    const shared = {
      trained,
      task,
      recipe,
      data,
      store,
      reference: reference ?? model,
      maker: {
        task,
        recipe,
        report,
        signal,
        policy: () => this.policy(signal),
        rowPrompt: (problem: unknown) =>
          trained.form === 'notation' ? promptText(promptOf(task, problem)) : task.question(problem),
      },
      live: this.live,
    }
    const objective = objectiveById(recipe.objective)
    if (!objective.online) {
      const trainer = await offlineTrainer(shared, objective)
      this.freeSampler()
      return trainer
    }
    if (this.live === null) throw new RangeError('a policy without its engine')
    if (rewardModel !== null) this.reward = await loadReward(backend, rewardModel, signal)
    return onlineTrainer({ ...shared, live: this.live }, objective, this.reward?.model ?? null)
  }

  dispose(): void {
    this.freeSampler()
    this.reward?.dispose()
    this.live?.dispose()
    this.trained.model.dispose()
  }

  /** The model before training, whose samples the data is made of; for reward models, the reference. */
  private async policy(signal: AbortSignal): Promise<EnginePolicy> {
    const { backend, model, reference } = this.context
    const files = reference ?? model
    this.sampler ??= await inFolder(files, () => loadPolicy(backend, files, { signal }, createDecoder))
    return this.sampler
  }

  private freeSampler(): void {
    this.sampler?.model.dispose()
    this.sampler = null
  }
}

async function* checkedData(
  { model, data, signal }: TrainingContext,
  recipe: TrainingRecipe,
): AsyncGenerator<TrainingEvent> {
  if (recipe.data.source === 'generated') return
  if (data === null) throw missingFile(recipe.data.file)
  yield* withEvents<TrainingEvent, unknown>((tell, checking) => {
    const report = (done: number, total: number) => tell({ type: 'phase', name: 'Rows of the file', done, total })
    return checkDataFile(model, recipe, data, checking, report)
  }, signal)
}

/** @throws StepscopeError where a run would go on with other rows than those that it was begun with */
function checkSameData(saved: SaveManifest, now: DataRecord | null, file: DataFile | null): void {
  if (saved.data === undefined || saved.data.sha256 === now?.sha256) return
  throw new StepscopeError({
    code: file === null ? 'storage' : 'bad-setting',
    message:
      file === null
        ? 'The made data of this run is damaged, and could not be made again as it was'
        : 'The data file is not the one that the run was begun with',
    expected: `SHA-256 ${saved.data.sha256}`,
    found: now?.sha256 ?? 'no rows',
    place: file === null ? { field: 'data' } : { file: file.name, field: 'data.file' },
    nextStep: 'Start another run; the saves of this one stay.',
  })
}

/** Where a run does not fit the device, the setting that takes most of its memory. */
async function withWayOut(
  error: unknown,
  { backend, model }: TrainingContext,
  recipe: TrainingRecipe,
): Promise<unknown> {
  if (!(error instanceof StepscopeError) || error.details.code !== 'out-of-memory') return error
  const { activations = 0, ...others } = (await estimateRun(backend, model, recipe)).bytes
  const rest = Object.values(others).reduce((sum, bytes) => sum + bytes, 0)
  const { passTokens, maxTokens, method } = recipe
  const [field, nextStep] =
    activations <= rest && method.kind === 'full'
      ? ['method', 'Train low-rank updates (method), which need gradients and moments for few weights.']
      : passTokens > 2 * maxTokens
        ? ['passTokens', `Lower passTokens (${passTokens} now): a step takes more passes and gives the same.`]
        : ['maxTokens', `Lower maxTokens (${maxTokens} now), or set recompute.`]
  return new StepscopeError({ ...error.details, place: { field }, nextStep }, { cause: error })
}
