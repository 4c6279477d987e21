import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../../core/errors.ts'
import { STEPS, trainingRig } from '../testing/training-rig.ts'

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe('a training run whose worker dies', () => {
  it('goes on by itself from its last save, and says so', async () => {
    const { rig, run, start, texts } = await trainingRig()
    const id = await start()
    await rig.until(() => run(id).step >= 12)
    rig.ports[0]?.crash()
    expect(run(id).status).toBe('interrupted')
    await rig.until(() => run(id).status === 'running')
    const from = run(id).savedStep ?? 0
    expect(from).toBeGreaterThanOrEqual(10)
    await rig.until(() => run(id).status === 'finished')
    expect(texts()).toContain(`${run(id).title} went on by itself from step ${from}, its last save`)
    expect(run(id).points.map(({ step }) => step)).toEqual(upTo(STEPS))
    await rig.store.dispose()
  })

  it('goes on every time that it was saved since, and else waits for the person', async () => {
    const { rig, run, start, texts } = await trainingRig()
    const id = await start()
    await rig.until(() => run(id).savedStep === 5)
    rig.ports[0]?.crash()
    await rig.until(() => run(id).savedStep === 10)
    rig.ports[1]?.crash()
    await rig.until(() => run(id).status === 'running')
    rig.ports[2]?.crash()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(run(id)).toMatchObject({ status: 'interrupted', savedStep: 10 })
    expect(rig.ports).toHaveLength(3)
    const { title } = run(id)
    expect(texts().filter((text) => text.startsWith(title))).toEqual([
      `${title} went on by itself from step 5, its last save`,
      `${title} went on by itself from step 10, its last save`,
    ])
    await rig.store.dispose()
  })

  it('waits for the person where it was paused', async () => {
    const { rig, training, run, start } = await trainingRig()
    const id = await start()
    await rig.until(() => run(id).step >= 6)
    training.pause(id)
    await rig.until(() => run(id).status === 'paused')
    rig.ports[0]?.crash()
    await rig.until(({ engine }) => engine.phase === 'ready')
    expect(run(id)).toMatchObject({ status: 'interrupted', savedStep: 5 })
    await training.continue(id)
    expect(run(id).status).toBe('running')
    await rig.until(() => run(id).status === 'finished')
    expect(run(id).points.map(({ step }) => step)).toEqual(upTo(STEPS))
    await rig.store.dispose()
  })

  it('stays where it was saved when it is stopped while its worker hangs, and continues when asked', async () => {
    const { rig, training, run, start } = await trainingRig()
    const id = await start()
    await rig.until(() => run(id).savedStep === 5)
    const [port] = rig.ports
    if (port) port.hung = true
    const stopped = training.stop(id)
    expect(run(id).status).toBe('stopping')
    await rig.until(({ engine }) => engine.phase === 'lost')
    await stopped
    expect(port?.terminated).toBe(true)
    const saved = run(id).savedStep
    expect(saved).toBeGreaterThanOrEqual(5)
    expect(run(id).status).toBe('interrupted')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(rig.ports).toHaveLength(1)
    expect(run(id)).toMatchObject({ status: 'interrupted', savedStep: saved })
    await training.continue(id)
    await rig.until(() => run(id).status === 'finished')
    expect(run(id).points.map(({ step }) => step)).toEqual(upTo(STEPS))
    await rig.store.dispose()
  })

  it('is not begun where a person cancels while its worker hangs', async () => {
    const { rig, training } = await trainingRig()
    const [port] = rig.ports
    if (port) port.hung = true
    const begun = training.start()
    await rig.until((state) => state.training.starting)
    await new Promise((resolve) => setTimeout(resolve, 10))
    training.cancelStart()
    expect(await begun).toBeNull()
    expect(rig.state().training).toMatchObject({ starting: false, refused: null })
    await rig.until(({ engine }) => engine.phase === 'lost')
    expect(rig.state().training.runs).toEqual([])
    const id = await training.start()
    expect(rig.state().training.runs.map((run) => run.id)).toEqual([id])
    await rig.store.dispose()
  })

  it('is left alone where it is another tab’s', async () => {
    const { rig, training, folders, elsewhere, run, start } = await trainingRig()
    const id = await start()
    await rig.until(() => run(id).status === 'finished')
    const record = folders.files.get(`${id}/notes/run.json`)
    const text = new TextDecoder().decode(record).replace('"finished"', '"running"')
    folders.files.set(`${id}/notes/run.json`, new TextEncoder().encode(text))
    elsewhere.add(id)
    await training.refresh()
    expect(run(id)).toMatchObject({ status: 'running', elsewhere: true })
    rig.ports[0]?.crash()
    await rig.until(({ engine }) => engine.phase === 'ready')
    expect(run(id)).toMatchObject({ status: 'running', elsewhere: true })
    await rig.store.dispose()
  })
})

it('a training run whose device alone is lost goes on by itself', async () => {
  let lost = false
  const { rig, run, start, texts } = await trainingRig((tools) => ({
    ...tools,
    run: async function* (context, recipe) {
      for await (const event of tools.run(context, recipe)) {
        if (event.type === 'step' && event.step === 8 && !lost) {
          lost = true
          throw new StepscopeError({ code: 'device-lost', message: 'The graphics device was lost.' })
        }
        yield event
      }
    },
  }))
  const id = await start()
  await rig.until(() => run(id).status === 'failed')
  await rig.until(() => run(id).status === 'finished')
  expect(texts()).toContain(`${run(id).title} went on by itself from step 5, its last save`)
  expect(run(id).points.map(({ step }) => step)).toEqual(upTo(STEPS))
  await rig.store.dispose()
})

describe('trees beside a trained model', () => {
  it('before is the model that the run started from; another is named for what it is', async () => {
    const { rig, training, run, start } = await trainingRig()
    rig.store.actions.session.setConfig({ n: 2, m: 2, maxRounds: 1 })
    const policy = await start()
    await rig.until(() => run(policy).status === 'finished')
    await training.compareTrees(policy)
    expect(rig.state().training.trees).toMatchObject({ beside: 'start', names: { before: 'Countdown policy' } })

    training.setObjective('process-reward')
    const prm = await start()
    await rig.until(() => run(prm).status === 'finished')
    await training.compareTrees(prm)
    // Trained from the policy, which scores nothing: the bundled reward model is not what it was before.
    expect(rig.state().training.trees).toMatchObject({
      beside: 'other',
      start: 'Countdown policy',
      names: { before: 'Countdown PRM' },
    })
    await rig.store.dispose()
  })
})
