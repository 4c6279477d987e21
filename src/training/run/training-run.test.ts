import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import type { Backend } from '../../compute/backend.ts'
import { LONG, RUN_BACKENDS } from '../../compute/testing/node-backends.ts'
import { onEachBackend } from '../../compute/testing/on-each-backend.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { headOutputs } from '../../engine/head-outputs.ts'
import { loadModel } from '../../engine/load-model.ts'
import { memoryFiles } from '../../engine/testing/memory-files.ts'
import type { ObjectiveId } from '../../objectives/registry.ts'
import type { TrainingEvent } from '../run-events.ts'
import { memoryStore } from '../testing/memory-store.ts'
import { openSmallRun, runSmall, SMALL_POLICY, savedBits, smallRecipe } from '../testing/node-small-run.ts'
import { exportRun } from './export-run.ts'
import { lastSave } from './saves.ts'

/** What a run computes is compared on every backend in reference-case.test.ts; a whole run is the same TypeScript on each. */
onEachBackend(
  'training runs',
  (backend) => {
    // Of pairs and by PPO it is long: their parts are those of the others.
    goesOn(backend, LONG ? ['sft', 'dpo', 'grpo', 'ppo'] : ['sft', 'grpo'])

    test('a task without problems of its own is trained for from a file, and looked at by its held-out rows alone', async () => {
      const rows = Array.from(
        { length: 20 },
        () => `${JSON.stringify({ prompt: 'Q 3 5 > 8\n', completion: 'A 8\n' })}\n`,
      )
      const recipe = smallRecipe({ task: 'maths', steps: 1, data: { source: 'file', file: 'rows.jsonl' } })
      const events = await runSmall(backend(), recipe, memoryStore(), { data: rows.join('') })
      const evaluated = events.filter((event) => event.type === 'evaluated')
      expect(evaluated.map(({ step }) => step)).toEqual([0, 1])
      for (const { metrics, samples } of evaluated) {
        expect(metrics['eval/loss']).toBeGreaterThan(0)
        expect(metrics).not.toHaveProperty(['eval/pass@1'])
        expect(samples).toEqual([])
      }
    })

    test('balanced step labels that are all alike teach nothing; told apart at their depth they do', async () => {
      const stepwise = (labels: readonly boolean[]) =>
        `${JSON.stringify({ prompt: 'Q 3 5 > 8\n', completions: labels.map((right) => `3+5=${right ? 8 : 9}`), labels })}\n`
      const [good, late] = [stepwise([true, true]), stepwise([true, false])]
      const normOf = async (balance: 'none' | 'depth', data: string) => {
        const recipe = smallRecipe({
          objective: 'process-reward',
          steps: 1,
          batch: 4,
          data: { source: 'file', file: 'rows.jsonl' },
          labels: { balance },
        })
        const events = await runSmall(backend(), recipe, memoryStore(), { data })
        return events.find((event) => event.type === 'step')?.metrics.grad_norm ?? Number.NaN
      }
      expect(await normOf('none', good.repeat(4))).toBeGreaterThan(0)
      expect(await normOf('depth', good.repeat(4))).toBe(0)
      expect(await normOf('depth', good.repeat(2) + late.repeat(2))).toBeGreaterThan(0)
    })

    test('a reward model’s scores are what is earned, and told of held-out samples beside the verifier’s', async () => {
      const events = await runSmall(
        backend(),
        smallRecipe({
          objective: 'grpo',
          steps: 1,
          rewardModel: 'countdown-prm',
          reward: { verifier: 0, format: 0, outcome: 1 },
          optimizer: { learningRate: 1e-2, warmupSteps: 0 },
          evaluateProblems: 3,
        }),
        memoryStore(),
      )
      const step = events.find((event) => event.type === 'step')?.metrics ?? {}
      expect(step['rollout/proxy']).toBeGreaterThan(0)
      expect(step['rollout/proxy']).toBeLessThan(1)
      expect(step['rollout/reward']).toBeCloseTo(step['rollout/proxy'] ?? Number.NaN, 12)
      const [before, after] = events.flatMap((event) =>
        event.type === 'evaluated' ? [event.metrics['eval/proxy']] : [],
      )
      expect(before).toBeGreaterThan(0)
      expect(after).toBeLessThan(1)
      expect(after).not.toBe(before)
    })

    test('a low-rank run exports an adapter, and a merged model that says what the trained one said', async () => {
      const recipe = smallRecipe({
        steps: 2,
        method: { kind: 'low-rank', rank: 3, targets: ['q_proj', 'v_proj', 'o_proj', 'up_proj', 'down_proj'] },
        optimizer: { learningRate: 1e-2, warmupSteps: 0 },
      })
      const store = memoryStore()
      const events = await runSmall(backend(), recipe, store)
      const model = await openCheckpointDirectory(SMALL_POLICY)
      const adapter = await exportRun({ model, store }, 'adapter')
      expect([...adapter.keys()].sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors', 'card.md'])
      const files = memoryFiles(Object.fromEntries(await exportRun({ model, store }, 'model')))
      const ids = [[10, 3, 5, 7, 9, 2]]
      const outputs = async (from: Parameters<typeof loadModel>[1]) => {
        const loaded = await loadModel(backend(), from, {}, createDecoder)
        try {
          return (await headOutputs(loaded, ids))[0] ?? new Float32Array()
        } finally {
          loaded.dispose()
        }
      }
      const [before, after] = [await outputs(model), await outputs(files)]
      expect(Math.max(...after.map((value, index) => Math.abs(value - (before[index] ?? 0))))).toBeGreaterThan(1e-3)
      // What the exported model says before another run is what the trained one said at the end of its own.
      const said = (of: readonly TrainingEvent[], at: number) =>
        of.flatMap((event) => (event.type === 'evaluated' ? [event] : [])).at(at)
      const last = said(events, -1)
      const again = await runSmall(backend(), smallRecipe({ steps: 1 }), memoryStore(), { model: files })
      expect(said(again, 0)?.metrics['eval/loss']).toBeCloseTo(last?.metrics['eval/loss'] ?? Number.NaN, 5)
      expect(said(again, 0)?.samples).toEqual(last?.samples)
      expect(said(events, 0)?.metrics['eval/loss']).not.toBeCloseTo(last?.metrics['eval/loss'] ?? Number.NaN, 3)
    })

    test('creates nothing while it trains', async () => {
      const recipe = smallRecipe({ steps: 4, saveEvery: 2, evaluateEvery: 2 })
      const seen: number[] = []
      for await (const event of await openSmallRun(backend(), recipe, memoryStore())) {
        const { memory } = backend()
        if (event.type === 'step') seen.push(memory.liveBytes - (memory.liveByPurpose().staging ?? 0))
      }
      // The same bytes after each of the four steps, with a save and an evaluation between them.
      expect(seen).toEqual(Array.from({ length: 4 }, () => seen[0]))
    })

    test.each(['leaves', 'aborts'])(
      'who %s while the data is made leaves nothing running, and nothing on the device',
      async (how) => {
        const submit = backend().submit.bind(backend())
        let running = 0
        const submitted = vi.spyOn(backend(), 'submit').mockImplementation((...given) => {
          running++
          return submit(...given).finally(() => running--)
        })
        const controller = new AbortController()
        const recipe = smallRecipe({ objective: 'dpo', data: { source: 'generated', problems: 24 } })
        const run = await openSmallRun(backend(), recipe, memoryStore(), { signal: controller.signal })
        expect((await run.next()).value).toMatchObject({ type: 'phase', name: 'Samples of the model', done: 1 })
        // In the middle of a pass, where the backend has such a thing.
        for (let tries = 0; running === 0 && tries < 50; tries++) await sleep(1)
        if (how === 'leaves') await run.return(undefined)
        else {
          controller.abort(new RangeError('enough'))
          const rest = async () => {
            while (!(await run.next()).done);
          }
          await expect(rest()).rejects.toThrow('enough')
        }
        expect(running).toBe(0)
        submitted.mockClear()
        await sleep(50)
        expect(submitted).not.toHaveBeenCalled()
      },
    )
  },
  RUN_BACKENDS,
)

function goesOn(backend: () => Backend, objectives: readonly ObjectiveId[]): void {
  test.each(objectives)('%s goes on from a save to the same bits as without a break', async (objective) => {
    const recipe = smallRecipe({ objective, steps: 2, saveEvery: 1, settings: { innerEpochs: 1, minibatches: 2 } })
    const whole = memoryStore()
    await runSmall(backend(), recipe, whole)
    const broken = memoryStore()
    await runSmall(backend(), recipe, broken, { stopAfter: 2 })
    expect((await lastSave(broken))?.step).toBe(1)
    expect(await savedBits(broken)).not.toEqual(await savedBits(whole))
    const events = await runSmall(backend(), recipe, broken)
    expect(events.find((event) => event.type === 'started')).toMatchObject({ step: 2 })
    expect(await savedBits(broken)).toEqual(await savedBits(whole))
  })
}
