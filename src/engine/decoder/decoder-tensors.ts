import type { DecoderConfig, LayerConfig } from './decoder.ts'
import type { DecoderLayout } from './decoder-layout.ts'

/** One stored tensor of a matrix: where its outputs and inputs go in the matrix as kernels read it. */
export interface MatrixSource {
  readonly name: string
  /** [outputs, inputs], as stored. */
  readonly shape: readonly [number, number]
  /** Column of an output, and row of an input. */
  readonly column: (output: number) => number
  readonly row: (input: number) => number
  /** Name of the vector with one number per output, where there is one. */
  readonly bias: string | null
}

/** A matrix [inner, columns] made of stored tensors side by side. */
export interface MatrixPlan {
  readonly inner: number
  readonly columns: number
  readonly sources: readonly MatrixSource[]
}

/** A vector made of stored ones, each from its place on; zeros elsewhere. */
export interface VectorPlan {
  readonly length: number
  readonly sources: readonly { readonly name: string; readonly size: number; readonly place: number }[]
}

export interface LayerPlan {
  readonly attentionNorm: VectorPlan
  readonly projection: MatrixPlan
  /** Gains of the query norm, then of the key norm; null for layers without. */
  readonly headNorms: VectorPlan | null
  readonly output: MatrixPlan
  readonly mlpNorm: VectorPlan
  readonly gate: MatrixPlan
  readonly down: MatrixPlan
}

export interface TensorPlan {
  readonly embedding: MatrixPlan
  readonly layers: readonly LayerPlan[]
  readonly finalNorm: VectorPlan
  /** The first of a score head's two layers; null where it has one. */
  readonly scoreHidden: MatrixPlan | null
  /** Null where the head is the embedding. */
  readonly outputHead: MatrixPlan | null
}

const same = (index: number) => index

/** Which tensors of a Hugging Face checkpoint with Llama's names make which matrix. */
export function tensorPlan(config: DecoderConfig, layout: DecoderLayout): TensorPlan {
  const { hiddenSize, vocabSize, headDim } = config
  const vocabulary = (name: string): MatrixPlan => ({
    inner: layout.hidden,
    columns: layout.vocabularyColumns,
    sources: [{ name, shape: [vocabSize, hiddenSize], column: same, row: same, bias: null }],
  })
  const norm = (name: string): VectorPlan => ({
    length: layout.hiddenStride,
    sources: [{ name, size: hiddenSize, place: 0 }],
  })
  const inHeads = (index: number) => Math.floor(index / headDim) * layout.headWidth + (index % headDim)

  const layer = ({ biases, norms }: LayerConfig, number: number): LayerPlan => {
    const name = (part: string) => `model.layers.${number}.${part}`
    const projected = (part: string, heads: number, firstHead: number): MatrixSource => ({
      name: name(`self_attn.${part}.weight`),
      shape: [heads * headDim, hiddenSize],
      column: (output) => firstHead * layout.headWidth + inHeads(output),
      row: same,
      bias: biases.queryKeyValue ? name(`self_attn.${part}.bias`) : null,
    })
    const gated = (part: string, offset: number): MatrixSource => ({
      name: name(`mlp.${part}.weight`),
      shape: [config.intermediateSize, hiddenSize],
      column: (output) => 8 * Math.floor(output / 4) + (output % 4) + offset,
      row: same,
      bias: biases.mlp ? name(`mlp.${part}.bias`) : null,
    })
    return {
      attentionNorm: norm(name('input_layernorm.weight')),
      projection: {
        inner: layout.hidden,
        columns: layout.projectionStride,
        sources: [
          projected('q_proj', config.heads, 0),
          projected('k_proj', config.keyValueHeads, config.heads),
          projected('v_proj', config.keyValueHeads, config.heads + config.keyValueHeads),
        ],
      },
      headNorms: norms.queryKey
        ? {
            length: 2 * headDim,
            sources: [
              { name: name('self_attn.q_norm.weight'), size: headDim, place: 0 },
              { name: name('self_attn.k_norm.weight'), size: headDim, place: headDim },
            ],
          }
        : null,
      output: {
        inner: layout.queryWidth,
        columns: layout.hiddenStride,
        sources: [
          {
            name: name('self_attn.o_proj.weight'),
            shape: [hiddenSize, config.heads * headDim],
            column: same,
            row: inHeads,
            bias: biases.output ? name('self_attn.o_proj.bias') : null,
          },
        ],
      },
      mlpNorm: norm(name('post_attention_layernorm.weight')),
      gate: {
        inner: layout.hidden,
        columns: layout.gateColumns,
        sources: [gated('gate_proj', 0), gated('up_proj', 4)],
      },
      down: {
        inner: layout.innerStride,
        columns: layout.hiddenStride,
        sources: [
          {
            name: name('mlp.down_proj.weight'),
            shape: [hiddenSize, config.intermediateSize],
            column: same,
            row: same,
            bias: biases.mlp ? name('mlp.down_proj.bias') : null,
          },
        ],
      },
    }
  }

  const score = (name: string, outputs: number, columns: number, bias: boolean): MatrixPlan => ({
    inner: layout.hidden,
    columns,
    sources: [
      {
        name: `${name}.weight`,
        shape: [outputs, hiddenSize],
        column: same,
        row: same,
        bias: bias ? `${name}.bias` : null,
      },
    ],
  })
  const { outputHead } = config
  return {
    embedding: vocabulary('model.embed_tokens.weight'),
    layers: config.layers.map(layer),
    finalNorm: norm('model.norm.weight'),
    scoreHidden:
      outputHead.kind === 'score' && outputHead.hiddenLayer
        ? score('score.0', hiddenSize, layout.hiddenStride, true)
        : null,
    outputHead:
      outputHead.kind === 'score'
        ? score(
            outputHead.hiddenLayer ? 'score.2' : 'score',
            outputHead.labels,
            layout.scoreColumns,
            outputHead.bias || outputHead.hiddenLayer === true,
          )
        : config.tiedEmbeddings
          ? null
          : vocabulary('lm_head.weight'),
  }
}

/** Every stored tensor of the plan with the shape it must have. */
export function expectedShapes(plan: TensorPlan): { name: string; shape: readonly number[] }[] {
  const ofMatrix = ({ sources }: MatrixPlan) =>
    sources.flatMap(({ name, shape, bias }) => [
      { name, shape },
      ...(bias === null ? [] : [{ name: bias, shape: [shape[0]] }]),
    ])
  const ofVector = ({ sources }: VectorPlan) => sources.map(({ name, size }) => ({ name, shape: [size] }))
  return [
    ...ofMatrix(plan.embedding),
    ...plan.layers.flatMap((layer) => [
      ...ofVector(layer.attentionNorm),
      ...ofMatrix(layer.projection),
      ...(layer.headNorms === null ? [] : ofVector(layer.headNorms)),
      ...ofMatrix(layer.output),
      ...ofVector(layer.mlpNorm),
      ...ofMatrix(layer.gate),
      ...ofMatrix(layer.down),
    ]),
    ...ofVector(plan.finalNorm),
    ...(plan.scoreHidden === null ? [] : ofMatrix(plan.scoreHidden)),
    ...(plan.outputHead === null ? [] : ofMatrix(plan.outputHead)),
  ]
}
