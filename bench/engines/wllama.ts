import { Wllama } from '@wllama/wllama'
import { ggufText } from '../models/gguf-characters.ts'
import type { GgufFormat } from '../models/gguf-formats.ts'
import { ggufName } from '../models/gguf-formats.ts'
import type { DecodeAnswer, DecodeCell, EngineSession, PrefillCell, ScoreAnswer, Timing } from './cells.ts'
import { best } from './cells.ts'

export interface WllamaOptions {
  /** More than one needs a page that is isolated from other origins. */
  readonly threads: number
  /** Of the weights; float32 where nothing is said. */
  readonly format?: GgufFormat
}

const WASM = '/wllama/wllama.wasm'
/** First logits that are compared. */
const COMPARED = 32

/** What the binding's types leave out of a completion: llama.cpp's own fields. */
interface Completion {
  readonly choices: readonly {
    readonly logprobs: {
      readonly content: readonly {
        readonly top_logprobs: readonly { readonly id: number; readonly logprob: number }[]
      }[]
    } | null
  }[]
  readonly usage: { readonly completion_tokens: number }
}

/**
 * llama.cpp in the browser, by wllama. Its third version takes whole completions only; best case for branches that share
 * a prefix: a slot for each, which the first, uncounted, repetition leaves with the prefix in its cache, and the
 * completions of all of them at once, which the server's loop decodes as one batch. Greedy sampling, float32 cache; a
 * cache for each slot and attention without its fused operator were the fastest here. On WASM only: its WebGPU backend
 * takes no adapter without shader-f16, as software adapters are, and says nothing when it falls back.
 */
export class WllamaSession implements EngineSession {
  private readonly options: WllamaOptions
  private readonly file: Blob
  private readonly vocabulary: number
  private opened: Wllama | null = null

  private constructor(options: WllamaOptions, file: Blob, vocabulary: number) {
    this.options = options
    this.file = file
    this.vocabulary = vocabulary
  }

  static async open(options: WllamaOptions, name: string): Promise<WllamaSession> {
    const config = (await (await fetch(`/models/${name}/config.json`)).json()) as { readonly vocab_size: number }
    const file = await (await fetch(`/models/${name}/${ggufName(options.format)}`)).blob()
    return new WllamaSession(options, file, config.vocab_size)
  }

  get adapter(): string {
    const { threads, format = 'F32' } = this.options
    return `WASM, ${threads === 1 ? '1 thread' : `${threads} threads`}, ${format}`
  }

  async decode({ rows, prefix, newTokens, ...effort }: DecodeCell): Promise<DecodeAnswer> {
    const engine = await this.load(rows, prefix.length + newTokens + 1)
    const logits = await this.logits(engine, prefix)
    const prompts = Array.from({ length: rows }, (_, row) => ggufText([...prefix, 1 + (row % 20)]))
    const timing = await best(async () => {
      const start = performance.now()
      const found = await Promise.all(prompts.map((prompt, slot) => complete(engine, prompt, slot, newTokens, 0)))
      const took = performance.now() - start
      const short = found.find(({ usage }) => usage.completion_tokens !== newTokens)
      if (short !== undefined) throw new Error(`${short.usage.completion_tokens} tokens where ${newTokens} were asked`)
      return took
    }, effort)
    return { ...timing, work: null, logits }
  }

  /** A slot for each prompt, nothing in its cache, and one token sampled at the end. */
  async prefill({ prompts, ...effort }: PrefillCell): Promise<Timing> {
    const engine = await this.load(prompts.length, Math.max(...prompts.map((ids) => ids.length)) + 1)
    const texts = prompts.map((ids) => ggufText(ids))
    return best(async () => {
      const start = performance.now()
      await Promise.all(texts.map((text, slot) => complete(engine, text, slot, 1, 0, false)))
      return performance.now() - start
    }, effort)
  }

  score(): Promise<ScoreAnswer> {
    return Promise.reject(new Error('wllama reads no outputs of a score head'))
  }

  async dispose(): Promise<void> {
    await this.opened?.exit()
    this.opened = null
  }

  /** The model with a cache of its own size for each of some slots: they are fixed when it is loaded. */
  private async load(slots: number, length: number): Promise<Wllama> {
    await this.dispose()
    const engine = new Wllama({ default: WASM }, { suppressNativeLog: true })
    await engine.loadModel([this.file], {
      n_gpu_layers: 0,
      n_threads: this.options.threads,
      n_parallel: slots,
      n_ctx: slots * 256 * Math.ceil(length / 256),
      kv_unified: false,
      flash_attn: false,
      cache_type_k: 'f32',
      cache_type_v: 'f32',
      cache_idle_slots: false,
      warmup: false,
    })
    this.opened = engine
    return engine
  }

  /** The first logits after a prefix, less a constant: the binding gives log-probabilities. */
  private async logits(engine: Wllama, prefix: readonly number[]): Promise<number[]> {
    const { choices } = await complete(engine, ggufText(prefix), 0, 1, this.vocabulary)
    const logits = new Array<number>(Math.min(COMPARED, this.vocabulary)).fill(Number.NaN)
    for (const { id, logprob } of choices[0]?.logprobs?.content[0]?.top_logprobs ?? []) {
      if (id < logits.length) logits[id] = logprob
    }
    return logits
  }
}

async function complete(
  engine: Wllama,
  prompt: string,
  slot: number,
  tokens: number,
  probabilities: number,
  cached = true,
): Promise<Completion> {
  const request = {
    prompt,
    id_slot: slot,
    max_tokens: tokens,
    temperature: 0,
    ignore_eos: true,
    cache_prompt: cached,
    n_probs: probabilities,
  }
  return (await engine.createCompletion(request)) as unknown as Completion
}
