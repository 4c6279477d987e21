import { StepscopeError } from '../../../core/errors.ts'
import type { RunStore } from '../../../training/run/run-store.ts'
import type { TrainingTools } from '../training-tools.ts'

const STATE = 'state.json'
const encoder = new TextEncoder()

interface ScriptedOptions {
  /** Waits between steps: a later task by default. */
  readonly pause?: () => Promise<void>
  /** Throws after this step. */
  readonly failAt?: number
}

/** A run that learns nothing, quickly: steps, saves, evaluations and exports as a real one has them. */
export function scriptedTools(options: ScriptedOptions = {}): TrainingTools {
  const pause = options.pause ?? (() => new Promise<void>((resolve) => setTimeout(resolve, 0)))
  const lastSave = async (store: RunStore) => {
    const bytes = await store.read(STATE)
    const state = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as { step: number })
    return state && { ...state, savedAt: `step ${state.step}`, skipped: [] }
  }
  return {
    lastSave,
    listedSave: lastSave,
    checkData: async (_model, _recipe, { name, text }) => {
      const rows = text.split('\n').filter((line) => line !== '')
      const wrong = rows.indexOf('wrong')
      if (wrong < 0) return { rows: rows.length, heldOut: 0 }
      throw new StepscopeError({
        code: 'bad-file',
        message: 'The row is wrong',
        place: { file: name, line: wrong + 1 },
      })
    },
    async *run({ store, gate, signal, data }, recipe) {
      const first = ((await lastSave(store))?.step ?? 0) + 1
      yield {
        type: 'started',
        recipe,
        step: first,
        trainedWeights: 1000,
        adapter: 'script',
        bytes: { weights: 4000, moments: 8000 },
        history: [],
      }
      let saved = first - 1
      const save = async (step: number) => {
        await store.write(STATE, encoder.encode(JSON.stringify({ step })))
        saved = step
      }
      const rows = data?.text.split('\n').length ?? 4
      for (let done = 1; done <= rows; done++) yield { type: 'phase', name: 'data', done, total: rows }
      for (let step = first; step <= recipe.steps; step++) {
        await gate()
        if (signal.aborted && step > saved + 1) {
          await save(step - 1)
          yield { type: 'saved', step: step - 1 }
        }
        signal.throwIfAborted()
        await pause()
        signal.throwIfAborted()
        if (step === options.failAt) {
          throw new StepscopeError({
            code: 'bad-setting',
            message: `The loss of step ${step} is not a number`,
            place: { field: 'optimizer.learningRate' },
            nextStep: 'Go back to the last save and lower the learning rate.',
          })
        }
        const loss = 2 * Math.exp(-step / 40) + 0.1 * Math.sin(step * 12.9898)
        yield {
          type: 'step',
          step,
          metrics: {
            loss,
            grad_norm: 1 + 0.5 * Math.cos(step * 78.233),
            entropy: loss / 2,
            mean_token_accuracy: 1 - loss / 3,
            odd: Number.NaN,
          },
          learningRate: recipe.optimizer.learningRate,
          tokens: 900 + (step % 7),
          seconds: 0.05,
        }
        if (step % recipe.evaluateEvery === 0) {
          yield {
            type: 'evaluated',
            step,
            metrics: { 'pass@1': 1 - Math.exp(-step / 60) },
            samples: [
              {
                problem: '3 5 7 2 > 24',
                response: '3*7=21 : 21 5 2\n5-2=3 : 3 21\n21+3=24 : 24\nA 24\n',
                correct: true,
              },
              { problem: '1 2 3 > 9', response: '1+2=3 : 3 3\nA 6\n', correct: false },
            ],
          }
        }
        if (step % recipe.saveEvery === 0 || step === recipe.steps) {
          await save(step)
          yield { type: 'saved', step }
        }
      }
      yield { type: 'finished', step: recipe.steps }
    },
    branch: async (from, to) => {
      const save = await lastSave(from)
      if (save) await to.write(STATE, encoder.encode(JSON.stringify({ step: save.step })))
      return save
    },
    exportRun: async ({ model, store }, form) => {
      const step = (await lastSave(store))?.step
      const files = new Map<string, Uint8Array>()
      if (form === 'model') {
        for (const name of model.files) files.set(name, await model.read(name, 0, await model.size(name)))
      }
      return files.set('card.md', encoder.encode(`# Step ${step}\n`))
    },
    estimate: async (_backend, _model, recipe) => {
      if (recipe.batch > 100_000) {
        throw new StepscopeError({
          code: 'out-of-memory',
          message: 'The batch does not fit the device',
          place: { field: 'batch' },
          nextStep: 'Lower the batch.',
        })
      }
      const bytes = { weights: 4000, moments: 8000 }
      return { bytes, tokensPerStep: recipe.batch * 30, flopsPerStep: 2e9, dataFlops: 0 }
    },
  }
}
