import type { Backend } from '../../src/compute/backend.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import type { BackendKind } from '../../src/core/backends.ts'
import type { SequenceNode } from '../../src/engine/branch.ts'
import type { CheckpointFiles } from '../../src/engine/checkpoint/checkpoint-files.ts'
import type { WeightChoice } from '../../src/engine/decoder/decoder.ts'
import { createDecoder } from '../../src/engine/decoder/decoder-model.ts'
import type { EngineModel } from '../../src/engine/engine-model.ts'
import { loadModel } from '../../src/engine/load-model.ts'
import type { DecodeOutcome } from '../../src/engine/scheduler/scheduler-requests.ts'
import type { Roofline } from '../roofline/measure.ts'
import { measureRoofline } from '../roofline/measure.ts'
import type {
  DecodeAnswer,
  DecodeCell,
  DecodeWork,
  EngineSession,
  PrefillCell,
  ScoreAnswer,
  ScoreCell,
  Timing,
} from './cells.ts'
import { best } from './cells.ts'

const SEED = 7

export interface StepscopeOptions {
  readonly backend: BackendKind
  /** Of the WASM backend. */
  readonly threads?: number
  /** f32 where nothing is said, as the peers' files are. */
  readonly weights?: WeightChoice
}

/** The product's own path, without tokenizer: the engine's model, its cache and its scheduler. */
export class StepscopeSession implements EngineSession {
  private readonly backend: Backend
  private readonly files: CheckpointFiles
  private readonly weights: WeightChoice
  private model: EngineModel | null = null
  private burst: number | undefined

  private constructor(backend: Backend, files: CheckpointFiles, weights: WeightChoice) {
    this.backend = backend
    this.files = files
    this.weights = weights
  }

  static async open({ backend: choice, threads, weights }: StepscopeOptions, files: CheckpointFiles) {
    const { backend } = await openBackend({ choice, ...(threads === undefined ? {} : { wasm: { threads } }) })
    return new StepscopeSession(backend, files, weights ?? 'f32')
  }

  get adapter(): string {
    return this.backend.adapter
  }

  /** The best that this adapter reaches, in the same run. */
  roofline(): Promise<Roofline> {
    return measureRoofline(this.backend)
  }

  async decode(cell: DecodeCell): Promise<DecodeAnswer> {
    const model = await this.open(cell.burst)
    const root = await model.prompt(cell.prefix, true)
    try {
      const starts = await startNodes(model, root, cell)
      let work: DecodeWork | null = null
      const timing = await best(async () => {
        const before = counters(model)
        const start = performance.now()
        const outcomes = await Promise.all(
          starts.map((node, sample) =>
            model.scheduler.decode({
              node,
              temperature: 1,
              topP: 1,
              topK: 0,
              seed: SEED,
              noiseNode: 0,
              sample,
              // The last token is sampled and not executed.
              maxTokens: cell.newTokens + 1,
            }),
          ),
        )
        const took = performance.now() - start
        work = decodeWork(before, counters(model), outcomes, cell.mode === 'sampled')
        for (const { sequence } of outcomes) sequence.release()
        model.scheduler.released()
        return took
      }, cell)
      const logits = root.slot === null ? [] : [...(await model.decoder.logits([root.slot])).subarray(0, 32)]
      for (const node of starts) node.release()
      return { ...timing, work, logits }
    } finally {
      root.release()
      model.scheduler.released()
    }
  }

  async prefill(cell: PrefillCell): Promise<Timing> {
    const model = await this.open()
    return best(async () => {
      // Else the next repetition would find what this one left.
      model.evictAll()
      const sequences = cell.prompts.map(() => model.createSequence())
      const start = performance.now()
      // The last token's output comes back, so that the work is known to be done.
      await Promise.all(
        cell.prompts.map((ids, row) =>
          model.scheduler.execute({
            sequence: sequences[row] as (typeof sequences)[number],
            ids,
            readouts: [ids.length - 1],
          }),
        ),
      )
      const took = performance.now() - start
      for (const sequence of sequences) sequence.release()
      model.scheduler.released()
      return took
    }, cell)
  }

  async score(cell: ScoreCell): Promise<ScoreAnswer> {
    const model = await this.open()
    const { prefix } = cell
    const root = await model.prompt(prefix, false)
    const scores = cell.candidates.map(() => 0)
    const timing = await best(async () => {
      model.evictAll()
      const cached = cell.mode === 'cached'
      const sequences = cell.candidates.map(() => (cached ? root.sequence.fork() : model.createSequence()))
      const start = performance.now()
      await Promise.all(
        cell.candidates.map((step, index) => {
          const ids = cached ? step : [...prefix, ...step]
          return model.scheduler.execute({
            sequence: sequences[index] as (typeof sequences)[number],
            // As the reward model asks: candidates that begin alike share rows.
            ...(cached ? { base: root } : {}),
            ids,
            readouts: [ids.length - 1],
            onOutput: (row) => {
              scores[index] = row[0] as number
            },
          })
        }),
      )
      const took = performance.now() - start
      for (const sequence of sequences) sequence.release()
      model.scheduler.released()
      return took
    }, cell)
    root.release()
    return { ...timing, scores }
  }

  dispose(): void {
    this.model?.dispose()
    this.backend.dispose()
  }

  private async open(burst?: number): Promise<EngineModel> {
    if (this.model !== null && this.burst === burst) return this.model
    this.model?.dispose()
    const options = { weights: this.weights, ...(burst === undefined ? {} : { burst }) }
    this.model = await loadModel(this.backend, this.files, options, createDecoder)
    this.burst = burst
    return this.model
  }
}

/** For each branch the node that it is sampled from; the caller owns one reference to each. */
async function startNodes(model: EngineModel, root: SequenceNode, cell: DecodeCell): Promise<SequenceNode[]> {
  if (cell.mode === 'sampled') return Array.from({ length: cell.rows }, () => root.retain())
  const vocabulary = model.decoder.config.vocabSize - 2
  const nodes = Array.from({ length: cell.rows }, (_, branch) =>
    model.node(root.sequence.fork(), [1 + (branch % vocabulary), 1 + (Math.floor(branch / vocabulary) % vocabulary)]),
  )
  await Promise.all(nodes.map((node) => model.scheduler.advance(node)))
  return nodes
}

type Counters = ReturnType<typeof counters>

function counters(model: EngineModel) {
  const { passes, readbackBytes, executedTokens } = model.counters()
  const { attentionPageReads } = model.decoder.counters as { attentionPageReads?: number }
  return { passes, readbackBytes, executedTokens, attentionPageReads: attentionPageReads ?? null }
}

function decodeWork(
  before: Counters,
  after: Counters,
  outcomes: readonly DecodeOutcome[],
  oneRoot: boolean,
): DecodeWork {
  const histories = new Set<string>()
  let overrun = 0
  outcomes.forEach(({ tokenIds, executed }, branch) => {
    let history = oneRoot ? '' : `${branch}:`
    for (const id of tokenIds.slice(0, -1)) {
      history += `${id} `
      histories.add(history)
    }
    overrun += executed.length - (tokenIds.length - 1)
  })
  return {
    executedTokens: after.executedTokens - before.executedTokens,
    uniqueTokens: histories.size,
    overrunTokens: overrun,
    passes: after.passes - before.passes,
    readbackBytes: after.readbackBytes - before.readbackBytes,
    attentionPageReads:
      after.attentionPageReads === null || before.attentionPageReads === null
        ? null
        : after.attentionPageReads - before.attentionPageReads,
  }
}
