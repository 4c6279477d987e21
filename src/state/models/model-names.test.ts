import { expect, it } from 'vitest'
import { differencesOf } from '../search/belonging.ts'
import { runTitle, shownTitle } from '../search/run-files.ts'
import { trainingRig } from '../testing/training-rig.ts'
import { BUNDLED_CHOICES } from './bundled-models.ts'
import { choiceWords, loadedName, modelName } from './model-names.ts'

const NAME = /^SFT of Countdown policy, \d+ \p{L}+ \d\d:\d\d( \(\d+\))?$/u

/** Every text of a value, but for what is for files and commands: ids. */
function textsOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return /^(id|of|training|active|run)$/.test(key) ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => textsOf(part, name))
}

it('a training run, its model, its file, its notices and its branch are named, never by an id', async () => {
  const { rig, training, run, start } = await trainingRig()
  const id = await start()
  await rig.until(({ training: { runs } }) => runs[0]?.status === 'finished')
  const { title, savedStep } = run(id)
  expect(title).toMatch(NAME)
  expect(await training.use(id)).toBe(true)
  expect(rig.state().engine.policy.name).toBe(`${title}, step ${savedStep}`)
  const file = await training.exportZip(id, 'model')
  expect(file?.name).toMatch(/^sft-of-countdown-policy-\d+-\p{L}+-\d\d-\d\d-step-60\.zip$/u)

  training.adopt(id, 'branch')
  const branch = await start()
  await rig.until(({ training: { runs } }) => runs[0]?.status === 'finished')
  expect(run(branch).title).toMatch(NAME)
  expect(run(branch).title).not.toBe(title)
  expect(run(branch).parent).toMatchObject({ id, title })
  const { runs, draft } = rig.state().training
  const { notices, engine } = rig.state()
  for (const text of textsOf([runs.map(({ title: name, parent, models }) => [name, parent, models]), draft.from]))
    expect(text).not.toContain(id)
  for (const text of textsOf([notices, engine.ownModels, engine.policy])) {
    expect(text).not.toContain(id)
    expect(text).not.toContain(branch)
  }
  await rig.store.dispose()
})

it('a name that a person gives is the name everywhere, also of what is chosen, and survives a reload', async () => {
  const { rig, training, run, start, texts } = await trainingRig()
  const id = await start()
  await training.rename(id, ' my first ')
  expect(run(id).title).toBe('my first')
  await rig.until(({ training: { runs } }) => runs[0]?.status === 'finished')
  expect(run(id).title).toBe('my first')
  await training.use(id)
  await training.rename(id, 'SFT, long')
  await training.rename(id, '  ')
  const { engine } = rig.state()
  expect(engine.policy).toMatchObject({ id, name: 'SFT, long, step 60' })
  expect(engine.ownModels).toMatchObject([{ id, name: 'SFT, long, step 60' }])
  expect(await rig.store.actions.runs.start()).not.toBeNull()
  expect((await training.exportZip(id, 'model'))?.name).toBe('sft-long-step-60.zip')
  await training.refresh()
  expect(run(id)).toMatchObject({ title: 'SFT, long', status: 'finished', savedStep: 60 })
  await training.rename('none', 'x')
  expect(texts().at(-1)).toBe('The run keeps its name')
  await rig.store.dispose()
})

it('a model is named by the id that a search has of it', async () => {
  const { rig, training, run, start } = await trainingRig()
  const id = await start()
  await rig.until(({ training: { runs } }) => runs[0]?.status === 'finished')
  const { engine } = rig.state()
  const { title } = run(id)
  expect(modelName(BUNDLED_CHOICES.policy[0]?.id ?? '', engine)).toBe('Countdown policy')
  // It may have been another step of it.
  expect(modelName(id, engine)).toBe(title)
  expect(modelName('Qwen/Qwen3-0.6B', engine)).toBe('Qwen/Qwen3-0.6B')
  expect(modelName('grpo-0a1b2c', engine)).toBe('unknown GRPO run')
  expect(choiceWords(`β 0.05 against ${id} (0123456789abcdef)`, engine)).toBe(
    `β 0.05 against ${title} (0123456789abcdef)`,
  )
  expect(choiceWords('tile 8 × 16', engine)).toBe('tile 8 × 16')
  await training.use(id)
  expect(loadedName(id, rig.state().engine)).toBe(`${title}, step 60`)

  await rig.store.actions.runs.start()
  await rig.until(({ runs }) => runs.byId[runs.active ?? '']?.status === 'finished')
  const made = rig.active()
  const [started, ...rest] = made.events
  if (started?.type !== 'started') throw new Error('no start')
  const events = [{ ...started, policy: { ...started.policy, id, hash: 'another' } }, ...rest]
  const said = (setup = made.setup) =>
    differencesOf({ setup, events }, rig.state()).map(({ what, run: then, now }) => [what, then, now])
  expect(said()).toEqual([['policy', `${title} with other weights (another)`, `${title}, step 60`]])
  await rig.store.actions.models.chooseModel('policy', { kind: 'bundled', id: 'countdown-policy' })
  expect(said({ ...made.setup, strategy: 'best-of-n-prm' })).toEqual([
    ['strategy', 'Best of N, PRM', 'Beam search'],
    ['policy', title, 'Countdown policy'],
  ])
  await rig.store.dispose()
})

it('a recipe or a link that names a run of elsewhere is told by its objective', async () => {
  const { rig, training, start } = await trainingRig()
  training.setField('model', 'dpo-0a1b2c')
  await expect(start()).rejects.toThrow('The model “unknown DPO run” is not in this browser')
  rig.store.actions.link.apply('#policy=sft-0a1b2c')
  expect(rig.state().notices.at(-1)).toMatchObject({
    text: 'The model “unknown SFT run” is not in this browser',
    error: { message: 'The link asks for “unknown SFT run”; “Countdown policy” is used instead' },
  })
  await rig.store.dispose()
})

it('a search is named by its strategy in words, those of earlier versions too', () => {
  const setup = {
    task: 'countdown',
    problem: '3 5 > 15',
    strategy: 'greedy-tree',
    prefix: ['3*5=15\n'],
    seed: 0,
  } as unknown as Parameters<typeof runTitle>[0]
  expect(runTitle(setup)).toBe('3 5 > 15 · Greedy tree search after 1 given')
  expect(shownTitle({ title: '3 5 > 15 · greedy-tree after 1 given', setup })).toBe(runTitle(setup))
  expect(shownTitle({ title: 'greedy-tree', setup })).toBe('greedy-tree')
})
