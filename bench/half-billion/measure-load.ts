import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import { createDecoder } from '../../src/engine/decoder/decoder-model.ts'
import { UPLOAD_BYTES } from '../../src/engine/decoder/decoder-weights.ts'
import { loadPolicy } from '../../src/engine/load-model.ts'

export interface LoadFigures {
  readonly adapter: string
  readonly weightBytes: number
  /** Peak of the memory meter and what the driver stages of the upload, without the key-value cache. */
  readonly deviceBytes: number
  readonly cacheBytes: number
  /** Device bytes to weight bytes. */
  readonly ratio: number
  /** Largest resident size of the process less that before loading; on a software adapter the device's bytes are in it. */
  readonly rssGrowth: number
  readonly loadMs: number
  readonly firstMs: number
  readonly msPerToken: number
  readonly tokens: number
  readonly text: string
}

const PROMPT = 'Find a way to make 24 from 3, 5, 7 and 2.\n'
const TOKENS = 12

/** Loads a checkpoint in a format in Node on WebGPU and decodes some tokens behind a prompt. */
export async function measureLoad(directory: string, weights: 'f32' | 'f16' | 'int8' | 'int4'): Promise<LoadFigures> {
  const { backend } = await openBackend({ choice: 'webgpu' })
  const before = process.memoryUsage().rss
  const start = performance.now()
  const policy = await loadPolicy(backend, await openCheckpointDirectory(directory), { weights }, createDecoder)
  const loadMs = performance.now() - start
  const { weights: weightBytes = 0, cache: cacheBytes = 0 } = policy.model.decoder.bytes()

  const request = { count: 1, temperature: 1, topP: 1, topK: 0, seed: 1, node: 0, firstSample: 0 }
  const decode = async (maxTokens: number) => {
    const begin = performance.now()
    const { branch } = await policy.open(PROMPT)
    const [proposal] = await policy.propose([{ ...request, branch, maxTokens }])
    policy.release(branch)
    if (proposal === undefined) throw new Error('no proposal')
    policy.release(proposal.branch)
    return { ms: performance.now() - begin, proposal }
  }
  const first = await decode(1)
  const short = await decode(1)
  const long = await decode(1 + TOKENS)
  const { rss } = process.memoryUsage()
  const deviceBytes = backend.memory.peakBytes - cacheBytes + UPLOAD_BYTES
  const figures = {
    adapter: backend.adapter,
    weightBytes,
    deviceBytes,
    cacheBytes,
    ratio: deviceBytes / weightBytes,
    rssGrowth: Math.max(rss, 1024 * process.resourceUsage().maxRSS) - before,
    loadMs,
    firstMs: first.ms,
    msPerToken: (long.ms - short.ms) / (long.proposal.tokens.length - short.proposal.tokens.length),
    tokens: long.proposal.tokens.length,
    text: long.proposal.text,
  }
  policy.model.dispose()
  backend.dispose()
  return figures
}
