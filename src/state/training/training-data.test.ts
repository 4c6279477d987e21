import { describe, expect, it } from 'vitest'
import type { TrainingTools } from '../../worker/training/training-tools.ts'
import { trainingRig } from '../testing/training-rig.ts'

/** Notes which data files the worker looks at, and what it trains on. */
async function dataRig() {
  const looks: string[] = []
  const trained: (string | undefined)[] = []
  const found = await trainingRig((tools: TrainingTools) => ({
    ...tools,
    checkData: (model, recipe, data, signal) => {
      looks.push(`${recipe.objective} ${data.name}`)
      return tools.checkData(model, recipe, data, signal)
    },
    run: (context, recipe) => {
      trained.push(context.data?.text)
      return tools.run(context, recipe)
    },
  }))
  const file = (text: string): Blob => new Blob([text])
  const draft = () => found.rig.state().training.draft
  const read = () => found.rig.until(() => !draft().reading)
  return { ...found, looks, file, draft, read, trained }
}

describe('the task', () => {
  it('brings the data that it can make, else asks for a file; undo takes it back', async () => {
    const { rig, training, file, draft, read } = await dataRig()
    training.setField('data.problems', 50)
    training.setTask('maths')
    expect(draft().recipe).toMatchObject({ task: 'maths', data: { source: 'file', file: '' } })
    expect(draft().errors).toHaveProperty(['data.file'])
    training.setData('rows.jsonl', file('{}\n'))
    await read()
    expect(draft()).toMatchObject({ errors: {}, data: { rows: 1 } })
    // What samples while it learns takes a file of problems, not of rows.
    training.setObjective('grpo')
    expect(draft().recipe).toMatchObject({ task: 'maths', objective: 'grpo', data: { source: 'file', file: '' } })
    expect(draft().errors).toHaveProperty(['data.file'])
    training.setTask('countdown')
    expect(draft()).toMatchObject({
      errors: {},
      recipe: { task: 'countdown', model: 'countdown-policy', data: { source: 'generated' } },
    })
    for (let edit = 0; edit < 4; edit++) training.undo()
    expect(draft().recipe).toMatchObject({ task: 'countdown', data: { source: 'generated', problems: 50 } })
    await rig.store.dispose()
  })
})

it('a draft that nobody has edited follows the task of searches', async () => {
  const { rig, training, draft } = await dataRig()
  const { session } = rig.store.actions
  session.setTask('word-problems')
  expect(draft()).toMatchObject({
    recipe: { task: 'word-problems', model: 'words-policy' },
    canUndo: false,
    errors: {},
  })
  // No model of that task comes with the page.
  session.setTask('maths')
  expect(draft().recipe.task).toBe('word-problems')
  training.setField('steps', 77)
  session.setTask('countdown')
  expect(draft().recipe).toMatchObject({ task: 'word-problems', steps: 77 })
  await rig.store.dispose()
})

describe('a data file', () => {
  it('is looked at when it is chosen, once, whatever else is changed', async () => {
    const { rig, training, looks, file, draft, read } = await dataRig()
    training.setData('rows.jsonl', file('{}\n{}\n'))
    expect(draft()).toMatchObject({ reading: true, data: null, errors: {} })
    await read()
    expect(draft()).toMatchObject({ data: { name: 'rows.jsonl', rows: 2, heldOut: 0 }, dataError: null, errors: {} })
    training.setField('steps', 77)
    training.setField('optimizer.learningRate', 0.01)
    training.undo()
    expect(draft().reading).toBe(false)
    expect(looks).toEqual(['sft rows.jsonl'])
    // What its rows must fit is another matter.
    training.setField('maxTokens', 64)
    await read()
    training.setObjective('pretraining')
    await read()
    expect(looks).toEqual(['sft rows.jsonl', 'sft rows.jsonl', 'pretraining rows.jsonl'])
    await rig.store.dispose()
  })

  it('with a wrong row says so by file and line before anything is started', async () => {
    const { rig, training, file, draft, read } = await dataRig()
    training.setData('rows.jsonl', file('{}\nwrong\n'))
    await read()
    expect(draft().dataError).toMatchObject({ message: 'The row is wrong', place: { file: 'rows.jsonl', line: 2 } })
    expect(draft().errors).toEqual({ 'data.file': 'The file cannot be used.' })
    training.setData('rows.jsonl', file('{}\n'))
    await read()
    expect(draft()).toMatchObject({ dataError: null, errors: {}, data: { rows: 1 } })
    await rig.store.dispose()
  })

  it('of a run is a branch’s, too, until another one or generated problems are chosen', async () => {
    const { rig, training, run, start, file, draft, read, trained } = await dataRig()
    training.setData('rows.jsonl', file('{}\n{}'))
    await read()
    const id = await start()
    await rig.until(() => run(id).savedStep === 5)
    await training.stop(id)
    await rig.until(() => run(id).status === 'stopped')
    const branch = async (change: () => void): Promise<string | undefined> => {
      training.adopt(id, 'branch')
      training.setField('steps', 60)
      change()
      await read()
      expect(draft().errors).toEqual({})
      const made = await training.start()
      if (made === null) throw new Error(rig.state().training.refused?.message)
      await training.stop(made)
      await rig.until(() => run(made).status === 'stopped')
      return trained.at(-1)
    }
    training.reset()
    expect(await branch(() => {})).toBe('{}\n{}')
    expect(await branch(() => training.setData('other.jsonl', file('{"a": 1}')))).toBe('{"a": 1}')
    const problems = { source: 'generated', difficulties: ['4-numbers'], problems: 80 }
    expect(await branch(() => training.setField('data', problems))).toBeUndefined()
    await rig.store.dispose()
  })

  it('has a branch take steps after those of its save', async () => {
    const { rig, training, run, start, draft } = await dataRig()
    const id = await start()
    await rig.until(() => run(id).savedStep === 5)
    await training.stop(id)
    training.adopt(id, 'branch')
    training.setField('steps', 3)
    expect(draft().errors.steps).toMatch(/^More than \d+: the save’s steps count\.$/)
    await rig.store.dispose()
  })
})

describe('a save that is not whole', () => {
  it('is passed over with a word, and what is downloaded is named by the one before', async () => {
    const { rig, training, run, start, texts } = await trainingRig((tools) => ({
      ...tools,
      lastSave: async (store) => {
        const save = await tools.lastSave(store)
        const skipped = [{ step: 60, reason: 'save-00000060.weights.safetensors is not as it was written' }]
        return save && (save.step === 60 ? { ...save, step: 55, skipped } : save)
      },
      listedSave: async (store, broken) => {
        const save = await tools.listedSave(store, broken)
        return save && broken.has(save.step) ? { step: 55 } : save
      },
    }))
    const id = await start()
    await rig.until(() => run(id).status === 'finished')
    const zip = await training.exportZip(id, 'model')
    expect(zip?.name).toMatch(/-step-55\.zip$/)
    expect(run(id).savedStep).toBe(55)
    await training.refresh()
    expect(run(id).savedStep).toBe(55)
    const { title } = run(id)
    expect(texts()).toContain(
      `${title}: the save of step 60 is not whole (save-00000060.weights.safetensors is not as it was written), so the one of step 55 is taken`,
    )
    expect(await training.use(id)).toBe(true)
    const { policy } = rig.state().engine
    expect(policy.name).toBe(`${title}, step 55`)
    await rig.store.dispose()
  })
})
