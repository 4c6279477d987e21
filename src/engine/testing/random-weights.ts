import { StepscopeError } from '../../core/errors.ts'
import type { ElementRange } from '../checkpoint/safetensors.ts'
import type { DecoderConfig, LayerConfig, WeightSource } from '../decoder/decoder.ts'
import { decoderLayout } from '../decoder/decoder-layout.ts'
import { expectedShapes, tensorPlan } from '../decoder/decoder-tensors.ts'

/** A layer with all that a layer can have, but a window. */
export const ODD_LAYER: LayerConfig = {
  activation: 'silu',
  norms: { epsilon: 1e-5, queryKey: true },
  rope: { type: 'linear', theta: 5000, factor: 2 },
  biases: { queryKeyValue: true, output: true, mlp: true },
  window: null,
}

/** A layer as of Llama: no biases, no norms of queries and keys. */
export const PLAIN_LAYER: LayerConfig = {
  ...ODD_LAYER,
  norms: { epsilon: 1e-5, queryKey: false },
  biases: { queryKeyValue: false, output: false, mlp: false },
}

/** A decoder shape with nothing round about it. */
export const ODD_CONFIG: DecoderConfig = {
  family: 'odd',
  hiddenSize: 22,
  intermediateSize: 35,
  layers: [ODD_LAYER, ODD_LAYER],
  heads: 6,
  keyValueHeads: 2,
  headDim: 10,
  vocabSize: 37,
  maxPositions: 100,
  normEpsilon: 1e-5,
  tiedEmbeddings: false,
  outputHead: { kind: 'language-model' },
  eosTokenIds: [],
  bosTokenId: null,
  padTokenId: null,
}

const TILE = { matmul: { columns: 8 } }

/** Repeatable random weights of the shapes that a config asks for. */
export class RandomWeights implements WeightSource {
  readonly reads: string[] = []
  private readonly tensors: Map<string, { shape: readonly number[]; values: Float32Array }>

  constructor(config: DecoderConfig, seed = 1) {
    let state = seed
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return (state / 2 ** 32) * 2 - 1
    }
    this.tensors = new Map(
      expectedShapes(tensorPlan(config, decoderLayout(config, TILE))).map(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1)
        const scale = name.endsWith('norm.weight') ? 1 : 1.5 / Math.sqrt(shape.at(-1) ?? 1)
        return [name, { shape, values: Float32Array.from({ length: size }, () => Math.fround(next() * scale)) }]
      }),
    )
  }

  has(name: string): boolean {
    return this.tensors.has(name)
  }

  shape(name: string): readonly number[] {
    return this.tensor(name).shape
  }

  async read(name: string, _signal?: AbortSignal, range?: ElementRange): Promise<Float32Array> {
    this.reads.push(name)
    return this.tensor(name).values.slice(range?.first, range?.end)
  }

  /** For plain implementations: no copy, no promise. */
  values(name: string): Float32Array {
    return this.tensor(name).values
  }

  replace(name: string, shape: readonly number[] | null): void {
    if (shape === null) this.tensors.delete(name)
    else this.tensors.set(name, { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) })
  }

  private tensor(name: string) {
    const tensor = this.tensors.get(name)
    if (tensor !== undefined) return tensor
    throw new StepscopeError({ code: 'bad-checkpoint', message: 'The tensor is missing', place: { field: name } })
  }
}
