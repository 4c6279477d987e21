import { mkdir } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { StepscopeError } from '../../core/errors.ts'
import { readManifest } from '../../engine/checkpoint/manifest.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import { recipeWords } from '../../formats/used-fields.ts'
import type { ObjectiveId } from '../../objectives/registry.ts'
import { OBJECTIVE_IDS } from '../../objectives/registry.ts'
import { IMPLICIT_BETA, withPreset } from '../../search/readings.ts'
import { exportRun } from '../../training/run/export-run.ts'
import type { RewardFiles } from '../../training/run/load-reward.ts'
import { hasSaves } from '../../training/run/saves.ts'
import { runTraining } from '../../training/run/training-run.ts'
import type { TrainingEvent } from '../../training/run-events.ts'
import { openCheckpointDirectory } from '../checkpoint-directory.ts'
import type { Command } from '../command.ts'
import { BACKEND_OPTION, BUNDLED_FOLDERS, openCommandBackend } from '../engine.ts'
import { fileError, readJsonFile, readTextFile, writeOutputFile } from '../files.ts'
import { oneOf, readChoice } from '../options.ts'
import type { Output } from '../output.ts'
import { ProgressLine } from '../output.ts'
import { openRunDirectory } from '../run-directory.ts'

export const train: Command = {
  name: 'train',
  usage: '--objective NAME --config FILE.json --out DIR [--resume] [options]',
  summary: 'Trains a policy or a reward model; saves as it goes, and can go on from a save.',
  options: {
    objective: {
      ...oneOf(OBJECTIVE_IDS),
      value: 'NAME',
      required: true,
      description: `One of ${OBJECTIVE_IDS.join(', ')}.`,
    },
    config: {
      type: 'string',
      value: 'FILE.json',
      required: true,
      description: 'The recipe; every field but "model" has a default for the objective (docs/training.md).',
    },
    out: {
      type: 'string',
      value: 'DIR',
      required: true,
      description: 'Gets run/ (saves, data, history) and, at the end, model/ (a Hugging Face folder) or adapter/.',
    },
    resume: { type: 'boolean', description: 'Goes on from the last save in DIR/run.' },
    ...BACKEND_OPTION,
  },
  notes: [
    `Metrics go to stdout, a JSON object a step. "model", "reference" and "rewardModel" are folders, relative to the recipe, or of the app: ${[...BUNDLED_FOLDERS.keys()].join(', ')}.`,
    'Interrupted, a run loses at most the steps since its last save; the same recipe on the same adapter gives the same weights, interrupted or not.',
  ],
  run: async (options, output, signal) => {
    const objective: ObjectiveId = readChoice('objective', options.required('objective'), OBJECTIVE_IDS)
    const config = options.required('config')
    const directory = options.required('out')
    const given = await readJsonFile(config)
    checkObjective(given, objective, config)
    const recipe = readRecipe(isRecord(given) ? { ...given, objective } : given, config)
    const folder = async (field: 'model' | 'reference' | 'rewardModel', id: string) => {
      try {
        return await openCheckpointDirectory(BUNDLED_FOLDERS.get(id) ?? beside(config, id))
      } catch (error) {
        throw inRecipe(error, config, field)
      }
    }
    /** An implicit reward model names the model that it was trained from. */
    const rewarding = async (id: string): Promise<RewardFiles> => {
      const files = await folder('rewardModel', id)
      const { id: named, reference, beta } = withPreset((await readManifest(files)).reading ?? {})
      if (named !== 'implicit' || typeof reference !== 'string') return { files, implicit: null }
      return { files, implicit: { reference: await folder('rewardModel', reference), beta: beta ?? IMPLICIT_BETA } }
    }
    const store = await openRunDirectory(join(directory, 'run'))
    if (!options.flag('resume') && (await hasSaves(store))) throw begun(directory)
    const model = await folder('model', recipe.model)
    const data = recipe.data.source === 'file' ? await readData(beside(config, recipe.data.file)) : null
    const backend = await openCommandBackend(options, output)
    const progress = new ProgressLine(output)
    try {
      const context = {
        backend,
        model,
        reference: recipe.reference === undefined ? null : await folder('reference', recipe.reference),
        rewardModel: recipe.rewardModel === undefined ? null : await rewarding(recipe.rewardModel),
        data,
        store,
        signal,
        gate: () => Promise.resolve(),
        clock: () => performance.now(),
      }
      const words = recipeWords(recipe)
      const times: number[] = []
      for await (const event of runTraining(context, recipe)) {
        tell(event, recipe.steps, times, output, progress)
        if (event.type === 'started' && words !== null) output.err(`stepscope: ${words}\n`)
        const saved = event.type === 'saved' ? event.step : event.type === 'started' ? event.step - 1 : 0
        if (saved > 0) output.kept?.(describeSave(directory, saved))
      }
      progress.clear()
      await writeFolder(join(directory, 'model'), await exportRun({ model, store }, 'model'))
      if (recipe.method.kind === 'low-rank') {
        await writeFolder(join(directory, 'adapter'), await exportRun({ model, store }, 'adapter'))
      }
      output.err(`stepscope: the trained model is in ${join(directory, 'model')}\n`)
    } catch (error) {
      throw ofRecipe(error, config)
    } finally {
      progress.clear()
      backend.dispose()
    }
  },
}

function tell(event: TrainingEvent, steps: number, times: number[], output: Output, progress: ProgressLine): void {
  switch (event.type) {
    case 'started':
      output.err(`stepscope: from step ${event.step} on ${event.adapter}, ${event.trainedWeights} weights\n`)
      return
    case 'skipped':
      output.err(
        `stepscope: the save of step ${event.step} is not whole (${event.reason}); going on from step ${event.from}\n`,
      )
      return
    case 'phase':
      progress.show(`${event.name}: ${event.done} of ${event.total}`)
      return
    case 'step': {
      const { step, metrics, learningRate, tokens, seconds } = event
      times.push(seconds)
      const left = (times.reduce((sum, time) => sum + time, 0) / times.length) * (steps - step)
      output.out(`${JSON.stringify({ step, learning_rate: learningRate, tokens, seconds, ...metrics })}\n`)
      progress.show(`Step ${step} of ${steps}, about ${Math.ceil(left / 60)} min left`)
      return
    }
    case 'evaluated':
      output.out(`${JSON.stringify({ step: event.step, ...event.metrics })}\n`)
      return
    case 'saved':
      progress.show(`Saved at step ${event.step}`)
      return
    case 'finished':
      return
  }
}

/** Said of a run that ends early. */
function describeSave(directory: string, step: number): string {
  return `${join(directory, 'run')} holds the save of step ${step}: go on by the same command with --resume.`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The recipe names an objective of its own, which must be the one asked for. */
function checkObjective(given: unknown, objective: ObjectiveId, file: string): void {
  const own = isRecord(given) ? (given.objective ?? objective) : objective
  if (own === objective) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'The recipe is for another objective than --objective',
    expected: objective,
    found: JSON.stringify(own),
    place: { file, field: 'objective' },
    nextStep: 'Give the same in both, or leave it out of the recipe.',
  })
}

/** A setting that turns out wrong later is one of the recipe's file. */
function ofRecipe(error: unknown, file: string): unknown {
  if (!(error instanceof StepscopeError)) return error
  const { place } = error.details
  if (place?.field === undefined || place.file !== undefined) return error
  return new StepscopeError({ ...error.details, place: { ...place, file } }, { cause: error })
}

/** What a field of the recipe names cannot be opened. */
function inRecipe(error: unknown, file: string, field: string): unknown {
  if (!(error instanceof StepscopeError)) return error
  return new StepscopeError({ ...error.details, place: { file, field } }, { cause: error })
}

function beside(config: string, path: string): string {
  return isAbsolute(path) ? path : resolve(dirname(config), path)
}

async function readData(path: string): Promise<{ readonly name: string; readonly text: string }> {
  try {
    return { name: basename(path), text: await readTextFile(path) }
  } catch (cause) {
    const { details } = fileError(path, 'The data file cannot be read', cause)
    throw new StepscopeError({ ...details, place: { file: path, field: 'data.file' } }, { cause })
  }
}

async function writeFolder(directory: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
  } catch (cause) {
    throw fileError(directory, 'The folder cannot be made', cause)
  }
  for (const [name, bytes] of files) await writeOutputFile(join(directory, name), bytes)
}

function begun(directory: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: 'There is a run in this folder already',
    place: { file: directory, field: 'out' },
    nextStep: 'Go on with it by --resume, or choose another folder.',
  })
}
