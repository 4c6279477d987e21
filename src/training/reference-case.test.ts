import { expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import { MODEL_BACKENDS } from '../compute/testing/node-backends.ts'
import { onEachBackend } from '../compute/testing/on-each-backend.ts'
import { RecordedCase } from './recorded-case.ts'
import { runReferenceCase } from './reference-case.ts'
import { caseFaults, TRAINING_CASES } from './testing/case-faults.ts'
import { TRAIN_FIXTURES } from './testing/train-fixture.ts'

onEachBackend(
  'training cases',
  (backend) => {
    async function run(fixture: string, name: string, options: { recompute?: boolean; passTokens?: number } = {}) {
      const folder = `tests/fixtures/${fixture}`
      const recorded = await RecordedCase.open(await openCheckpointDirectory(folder), name)
      const result = await runReferenceCase({
        backend: backend(),
        recorded,
        model: await openCheckpointDirectory(`${folder}/model`),
        reference: await openCheckpointDirectory(`${folder}/reference-model`),
        ...options,
      })
      return { recorded, result }
    }

    test.each(TRAIN_FIXTURES.flatMap((fixture) => TRAINING_CASES.map((name) => [fixture, name] as const)))(
      '%s/%s agrees with PyTorch',
      async (fixture, name) => {
        const { recorded, result } = await run(fixture, name)
        expect(caseFaults(recorded, result)).toEqual([])
      },
    )

    test.each(TRAIN_FIXTURES)('%s: layers run again give the same bits', async (fixture) => {
      const kept = await run(fixture, 'dpo')
      const again = await run(fixture, 'dpo', { recompute: true })
      expect(again.result.figures).toEqual(kept.result.figures)
      for (const [name, { data }] of kept.result.tensors) expect(again.result.tensors.get(name)?.data).toEqual(data)
    })

    test.each(['sft', 'dpo', 'grpo', 'prm-soft-bce'])('%s: several passes sum up to one batch', async (name) => {
      // Two sequences fill a pass, so that the batch of four takes two or more.
      const { recorded, result } = await run('train-qwen3', name, { passTokens: 1 })
      expect(caseFaults(recorded, result)).toEqual([])
    })
  },
  MODEL_BACKENDS,
)

test('a difference from the record is told', async () => {
  const recorded = await RecordedCase.open(await openCheckpointDirectory('tests/fixtures/train'), 'sft')
  const figures = { loss: recorded.figure('loss') * 1.001, grad_norm: recorded.figure('grad_norm') }
  const tensors = new Map([...recorded.tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]))
  const spoiled = tensors.get('grad.model.norm.weight')?.data
  if (spoiled) spoiled[0] = (spoiled[0] ?? 0) + 1
  tensors.delete('grad.model.embed_tokens.weight')
  const faults = caseFaults(recorded, { figures, tensors })
  expect(faults.map((fault) => fault.split(':')[0])).toEqual([
    'loss',
    'grad.model.embed_tokens.weight',
    'grad.model.norm.weight',
  ])
})
