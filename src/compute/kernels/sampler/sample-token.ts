import type { NoiseKey } from '../../../core/random.ts'
import { pcg4d, toUnit } from '../../../core/random.ts'
import { FLAG_NEVER } from '../sequences.ts'

export interface SampleSettings {
  /** 0 is greedy: the most probable token, ties to the lowest id. */
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly key: NoiseKey
  /** Of the sampled token in its sequence. */
  readonly position: number
}

/** The definition of a sampled token, shared by the kernel's reference and by engines that sample on the host. */
export class TokenSampler {
  private readonly vocabulary: number
  private readonly order: Uint32Array
  private readonly kept: Uint8Array

  constructor(vocabulary: number) {
    this.vocabulary = vocabulary
    this.order = new Uint32Array(vocabulary)
    this.kept = new Uint8Array(vocabulary)
  }

  /** A token from the row of logits that starts at `from`, and its log-probability under the full softmax. */
  sample(
    logits: Float32Array,
    from: number,
    flags: Uint32Array,
    settings: SampleSettings,
  ): { readonly token: number; readonly logprob: number } {
    this.keep(logits, from, flags, settings)
    const token = this.draw(logits, from, settings)
    return { token, logprob: (logits[from + token] as number) - this.logSumExp(logits, from) }
  }

  private logSumExp(logits: Float32Array, from: number): number {
    let most = Number.NEGATIVE_INFINITY
    for (let id = 0; id < this.vocabulary; id++) most = Math.max(most, logits[from + id] as number)
    let sum = 0
    for (let id = 0; id < this.vocabulary; id++) sum += Math.exp((logits[from + id] as number) - most)
    return most + Math.log(sum)
  }

  /** Marks the tokens that may be drawn: allowed, among the topK best, and in the smallest set that reaches topP. */
  private keep(logits: Float32Array, from: number, flags: Uint32Array, settings: SampleSettings): void {
    const { vocabulary, kept, order } = this
    const { temperature, topK, topP } = settings
    for (let id = 0; id < vocabulary; id++) kept[id] = (flags[id] as number) & FLAG_NEVER ? 0 : 1
    const limited = topK > 0 && topK < vocabulary
    if (temperature === 0 || (!limited && topP >= 1)) return
    let allowed = 0
    for (let id = 0; id < vocabulary; id++) if (kept[id] === 1) order[allowed++] = id
    const logit = (id: number) => logits[from + id] as number
    const best = order.subarray(0, allowed).sort((a, b) => logit(b) - logit(a) || a - b)
    const candidates = limited ? Math.min(topK, allowed) : allowed
    const most = logit(best[0] as number)
    const weight = (place: number) => Math.exp((logit(best[place] as number) - most) / temperature)
    let total = 0
    for (let place = 0; place < candidates; place++) total += weight(place)
    let mass = 0
    for (let place = 0; place < allowed; place++) {
      const inside = place < candidates && (place === 0 || topP >= 1 || mass < topP * total)
      if (!inside) kept[best[place] as number] = 0
      else mass += weight(place)
    }
  }

  private draw(logits: Float32Array, from: number, { temperature, key, position }: SampleSettings): number {
    let chosen = 0
    let most = Number.NEGATIVE_INFINITY
    // As `gumbelNoise`, with each hash used for the four tokens that share it.
    const counter = ((key.sample << 16) | position) >>> 0
    let words: readonly number[] = []
    let group = -1
    for (let id = 0; id < this.vocabulary; id++) {
      if (this.kept[id] === 0) continue
      const logit = logits[from + id] as number
      let value = logit
      if (temperature !== 0) {
        if (id >>> 2 !== group) {
          group = id >>> 2
          words = pcg4d(key.seed, key.node, counter, group)
        }
        value = logit / temperature - Math.log(-Math.log(toUnit(words[id & 3] as number)))
      }
      if (value > most) {
        most = value
        chosen = id
      }
    }
    return chosen
  }
}
