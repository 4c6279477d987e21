import type { Backend } from '../../compute/backend.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts'
import type { TensorEntry } from '../checkpoint/safetensors.ts'
import { readSafetensorsHeader, readTensor } from '../checkpoint/safetensors.ts'
import { sha256 } from '../checkpoint/sha256.ts'
import type { Decoder } from '../decoder/decoder.ts'
import { PAGE_SIZE } from '../decoder/decoder.ts'
import { createDecoder } from '../decoder/decoder-model.ts'

/** Checkpoints with random weights and what PyTorch computes from them, in tests/fixtures/forward. */
export const FORWARD_CASES = [
  'llama-gqa-tied',
  'llama3-rope-scaled',
  'qwen2-bias',
  'qwen2-bias-bf16',
  'qwen2-bias-f16',
  'qwen2-bias-sharded',
  'qwen3-qknorm',
] as const

export type ForwardCase = (typeof FORWARD_CASES)[number]

/** Cases that were only recorded to read their storage: logits, and nothing on trees or decoding. */
const LOGITS_ONLY: ReadonlySet<ForwardCase> = new Set(['qwen2-bias-bf16', 'qwen2-bias-f16', 'qwen2-bias-sharded'])

/** Largest absolute difference of a logit. */
const TOLERANCE = 2e-4

export interface ForwardReport {
  /** Largest absolute differences from the expected values; null where a case has none. */
  readonly logits: number
  readonly hidden: number | null
  /** Branches on a prefix that they share through their page tables. */
  readonly tree: number | null
  /** Of the branches from the same sequences computed from the start: must be 0, every bit equal. */
  readonly treeFromFresh: number | null
  readonly greedy: { readonly expected: readonly number[]; readonly found: readonly number[] } | null
  /** SHA-256 of the logits' bits: equal where the arithmetic is the same. */
  readonly bits: string
  /** Bytes that the decoder left on the backend. */
  readonly bytesLeft: number
}

/**
 * What is wrong with a report, one line each; empty where the case agrees with PyTorch. A figure that the case should have
 * and has not is a fault, so that a fixture without values proves nothing.
 */
export function forwardFaults(name: ForwardCase, report: ForwardReport): string[] {
  const { logits, hidden, tree, treeFromFresh, greedy, bytesLeft } = report
  const faults: string[] = []
  const within = (what: string, found: number | null, limit: number) => {
    if (found === null || !(found <= limit))
      faults.push(`${what}: ${found ?? 'nothing'} where at most ${limit} is right`)
  }
  within('logits', logits, TOLERANCE)
  within('bytes left', bytesLeft, 0)
  if (LOGITS_ONLY.has(name)) return faults
  within('hidden states', hidden, TOLERANCE)
  within('branches of the tree', tree, TOLERANCE)
  within('branches from a fresh prefill', treeFromFresh, 0)
  const [expected, found] = [greedy?.expected.join(' ') ?? '', greedy?.found.join(' ')]
  if (expected === '' || found !== expected) faults.push(`greedy ids: ${found} where ${expected} is right`)
  return faults
}

/**
 * Runs one case on a backend. The same in Node and in a browser; the caller judges the figures.
 * @param maxRows rows of one pass; fewer than a sequence has make several passes of it
 */
export async function runForwardCase(backend: Backend, files: CheckpointFiles, maxRows = 256): Promise<ForwardReport> {
  const expected = await Expected.open(files)
  const before = bytesWithoutStaging(backend)
  const { config, weights } = await openCheckpoint(files)
  const decoder = await createDecoder(backend, config, weights, {
    cacheTokens: 256,
    slots: 160,
    maxRows,
  })
  let report: Omit<ForwardReport, 'bytesLeft'>
  try {
    report = { ...(await compareForward(decoder, expected)), ...(await compareTree(decoder, expected)) }
    report = { ...report, greedy: await compareGreedy(decoder, expected) }
  } finally {
    decoder.dispose()
  }
  return { ...report, bytesLeft: bytesWithoutStaging(backend) - before }
}

async function compareForward(decoder: Decoder, expected: Expected): Promise<Omit<ForwardReport, 'bytesLeft'>> {
  const [sequences, length] = expected.shape('input_ids') as [number, number]
  const ids = await expected.integers('input_ids')
  const slots = await execute(decoder, new PageMap(decoder), rows(ids, sequences, length, 0))
  const found = await decoder.logits(slots)
  const logits = difference(found, await expected.floats('logits'))
  const hidden = expected.has('last_hidden_normed')
    ? difference(await decoder.hidden(slots), await expected.floats('last_hidden_normed'))
    : null
  const bits = await sha256(new Uint8Array(found.buffer, found.byteOffset, found.byteLength))
  return { logits, hidden, tree: null, treeFromFresh: null, greedy: null, bits }
}

async function compareTree(decoder: Decoder, expected: Expected): Promise<Partial<ForwardReport>> {
  if (!expected.has('tree_prefix_ids')) return {}
  const prefix = await expected.integers('tree_prefix_ids')
  const [branches, length] = expected.shape('tree_branch_ids') as [number, number]
  const ids = await expected.integers('tree_branch_ids')
  const pages = new PageMap(decoder)
  await execute(decoder, pages, rows(prefix, 1, prefix.length, 0))
  // Branch 0 goes on in the prefix's own pages, the others share its full ones and take a copy of the last.
  for (let branch = 1; branch < branches; branch++) pages.fork(0, branch, prefix.length)
  const shared = await decoder.logits(await execute(decoder, pages, rows(ids, branches, length, prefix.length)))

  let fromFresh = 0
  for (let branch = 0; branch < branches; branch++) {
    const whole = [...prefix, ...ids.subarray(branch * length, (branch + 1) * length)]
    const slots = await execute(decoder, new PageMap(decoder), rows(Int32Array.from(whole), 1, whole.length, 0))
    const fresh = await decoder.logits(slots.slice(prefix.length))
    fromFresh = Math.max(
      fromFresh,
      difference(fresh, shared.subarray(branch * fresh.length, (branch + 1) * fresh.length)),
    )
  }
  return { tree: difference(shared, await expected.floats('tree_branch_logits')), treeFromFresh: fromFresh }
}

async function compareGreedy(decoder: Decoder, expected: Expected): Promise<ForwardReport['greedy']> {
  if (!expected.has('greedy_next_ids')) return null
  const prompt = await expected.integers('greedy_prompt_ids')
  const next = await expected.integers('greedy_next_ids')
  const pages = new PageMap(decoder)
  const slots = await execute(decoder, pages, rows(prompt, 1, prompt.length, 0))
  pages.reserve(0, prompt.length + next.length)
  const [sequence] = await decoder.decode(
    [
      {
        slot: slots.at(-1) ?? 0,
        position: prompt.length,
        temperature: 0,
        topP: 1,
        topK: 0,
        seed: 0,
        node: 0,
        sample: 0,
        maxTokens: next.length,
        pageTable: pages.tables.subarray(0, decoder.pagesPerSequence),
      },
    ],
    next.length,
    new Uint32Array(decoder.config.vocabSize),
  )
  return { expected: [...next], found: [...(sequence?.tokenIds ?? [])] }
}

interface Row {
  readonly token: number
  readonly position: number
  readonly sequence: number
}

function rows(ids: Int32Array, sequences: number, length: number, firstPosition: number): Row[] {
  return Array.from({ length: sequences }, (_, sequence) => sequence).flatMap((sequence) =>
    [...ids.subarray(sequence * length, (sequence + 1) * length)].map((token, index) => ({
      token,
      position: firstPosition + index,
      sequence,
    })),
  )
}

/** Executes rows and keeps every row's hidden state. @returns the slots, row by row */
async function execute(decoder: Decoder, pages: PageMap, all: readonly Row[]): Promise<number[]> {
  for (const { sequence, position } of all) pages.reserve(sequence, position + 1)
  for (let first = 0; first < all.length; first += decoder.maxRows) {
    const batch = all.slice(first, first + decoder.maxRows)
    await decoder.execute({
      tokenIds: Uint32Array.from(batch, ({ token }) => token),
      positions: Uint32Array.from(batch, ({ position }) => position),
      sequences: Uint32Array.from(batch, ({ sequence }) => sequence),
      pageTables: pages.tables,
      keep: batch.map((_, row) => ({ row, slot: first + row })),
    })
  }
  return all.map((_, row) => row)
}

/** Pages of a handful of sequences, handed out from the first on, never taken back. */
class PageMap {
  readonly tables: Uint32Array
  private readonly decoder: Decoder
  private readonly counts = new Map<number, number>()
  private next = 0

  constructor(decoder: Decoder, sequences = 4) {
    this.decoder = decoder
    this.tables = new Uint32Array(sequences * decoder.pagesPerSequence)
  }

  reserve(sequence: number, positions: number): void {
    let count = this.counts.get(sequence) ?? 0
    for (; count * PAGE_SIZE < positions; count++) {
      if (this.next === this.decoder.pages) throw new RangeError(`more than ${this.next} pages`)
      this.tables[sequence * this.decoder.pagesPerSequence + count] = this.next++
    }
    this.counts.set(sequence, count)
  }

  fork(from: number, to: number, positions: number): void {
    const { pagesPerSequence } = this.decoder
    const full = Math.floor(positions / PAGE_SIZE)
    const parent = this.tables.subarray(from * pagesPerSequence, (from + 1) * pagesPerSequence)
    this.tables.set(parent.subarray(0, full), to * pagesPerSequence)
    this.counts.set(to, full)
    this.reserve(to, positions)
    const copy = this.tables[to * pagesPerSequence + full] as number
    this.decoder.copyPages([{ from: parent[full] as number, to: copy, positions: positions % PAGE_SIZE }])
  }
}

/** The tensors of expected.safetensors. */
class Expected {
  private readonly files: CheckpointFiles
  private readonly entries: ReadonlyMap<string, TensorEntry>

  private constructor(files: CheckpointFiles, entries: ReadonlyMap<string, TensorEntry>) {
    this.files = files
    this.entries = entries
  }

  static async open(files: CheckpointFiles): Promise<Expected> {
    const entries = await readSafetensorsHeader(files, 'expected.safetensors')
    return new Expected(files, new Map(entries.map((entry) => [entry.name, entry])))
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  shape(name: string): readonly number[] {
    return this.entry(name).shape
  }

  floats(name: string): Promise<Float32Array> {
    return readTensor(this.files, this.entry(name))
  }

  async integers(name: string): Promise<Int32Array> {
    const { file, start, end } = this.entry(name)
    const bytes = await this.files.read(file, start, end)
    return new Int32Array(bytes.slice().buffer)
  }

  private entry(name: string): TensorEntry {
    const entry = this.entries.get(name)
    if (entry === undefined) throw new RangeError(`${this.files.name} has no ${name}`)
    return entry
  }
}

function difference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY
  // NaN must not pass for equality.
  return found.reduce((most, value, index) => {
    const apart = Math.abs(value - (expected[index] as number))
    return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart)
  }, 0)
}

/** Readback buffers belong to the backend and serve the next decoder. */
function bytesWithoutStaging({ memory }: Backend): number {
  return memory.liveBytes - (memory.liveByPurpose().staging ?? 0)
}
