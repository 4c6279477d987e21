import { describe, expect, it } from 'vitest'
import { writeResults, writeSweepFile } from '../../formats/sweep.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import type { SweepResult } from '../../sweep/result.ts'
import { defaultSweep } from './default-sweep.ts'
import { readSweepFiles } from './sweep-files.ts'

const config = defaultSweep('countdown')
const result: SweepResult = {
  key: 'greedy-decoding|0|1|0',
  search: 'greedy-decoding',
  problem: 0,
  strategy: 'greedy-decoding',
  config: DEFAULT_CONFIG,
  budget: null,
  pair: 0,
  seed: 1,
  correct: true,
  answer: '24',
  policyTokens: 10,
  rewardTokens: 0,
  tokensAsked: 10,
  flops: { policy: 100, reward: 0 },
  seconds: 1,
  shared: null,
  finished: 1,
  passes: 1,
}
const files = {
  config: { name: 'config.json', text: writeSweepFile(config) },
  problems: { name: 'problems.jsonl', text: '{"numbers": [3, 5, 7, 2], "target": 24}\n' },
  results: { name: 'results.jsonl', text: writeResults([result]) },
}

describe('the files of a sweep', () => {
  it('are a config alone, or what the command line wrote', async () => {
    expect(await readSweepFiles([files.config])).toEqual({ config, run: null })
    const { run } = await readSweepFiles([files.results, files.problems, files.config])
    expect(run?.results).toEqual([result])
    expect(run?.problems).toHaveLength(1)
  })

  it('are refused by the one that is missing, or that belongs to another sweep', async () => {
    await expect(readSweepFiles([files.results, files.config])).rejects.toMatchObject({
      details: { expected: expect.stringContaining('problems.jsonl') },
    })
    await expect(readSweepFiles([files.problems])).rejects.toMatchObject({
      details: { expected: expect.stringContaining('config.json') },
    })
    const other = { ...files.results, text: writeResults([{ ...result, search: 'beam:n=99', key: 'x' }]) }
    await expect(readSweepFiles([other, files.problems, files.config])).rejects.toMatchObject({
      details: { message: 'The results are not of this config and these problems', place: { file: 'results.jsonl' } },
    })
  })
})
