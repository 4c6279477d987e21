import { blockUntilReady, defaultDevice, init, jit, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { openUrlCheckpoint } from '../../src/engine/checkpoint/checkpoint-files-url.ts'
import { openWeights } from '../../src/engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../../src/engine/checkpoint/config.ts'
import type { PeerForm, TrainStepBatch, TrainStepChoice, TrainStepEngine, TrainStepShape } from './engine.ts'
import { ADAMW } from './engine.ts'
import type { BatchTree, LlamaTree } from './peer-llama.ts'
import { batchTree, evaluatedPositions, llamaLoss, loadLlama } from './peer-llama.ts'

/** What a step changes: weights and AdamW's two moments. */
type State = { model: LlamaTree; first: LlamaTree; second: LlamaTree }
/** 1 / (1 − β^t) of both moments, arrays so that one compiled step serves all t. */
type Corrections = { first: np.Array; second: np.Array }

/** A step, compiled. It consumes the state, so that its buffers go back to the pool, and leaves the batch. */
type Step = (state: State, batch: BatchTree, corrections: Corrections) => Promise<[np.Array, State]>

/** jax-js: value-and-grad and AdamW, both jitted. */
export async function openPeer({
  device,
  form,
  threads,
}: Extract<TrainStepChoice, { kind: 'jaxjs' }>): Promise<TrainStepEngine> {
  // It takes as many threads as the page says there are processors.
  if (threads !== undefined) Object.defineProperty(navigator, 'hardwareConcurrency', { value: threads })
  if (!(await init(device)).includes(device)) throw new Error(`jax-js has no ${device} here`)
  defaultDevice(device)
  return new JaxTrainer(device, form)
}

class JaxTrainer implements TrainStepEngine {
  readonly adapter: string
  private readonly form: PeerForm
  private prepared: { readonly run: Step; readonly batch: BatchTree; state: State } | null = null
  private steps = 0

  constructor(adapter: string, form: PeerForm) {
    this.adapter = adapter
    this.form = form
  }

  async prepare({ model: folder }: TrainStepShape, batch: TrainStepBatch): Promise<void> {
    const files = await openUrlCheckpoint({
      baseUrl: `/models/${folder}/`,
      files: ['config.json', 'model.safetensors'],
    })
    const config = await readConfig(files)
    const model = await loadLlama(config, await openWeights(files))
    const zeros = (): LlamaTree => tree.map((each: np.Array) => np.zeros(each.shape), model)
    const loss = llamaLoss(config, evaluatedPositions(batch))
    this.prepared = {
      run: this.form === 'together' ? stepTogether(loss) : stepApart(loss),
      batch: batchTree(config, batch),
      state: { model, first: zeros(), second: zeros() },
    }
  }

  async step(): Promise<number> {
    const { prepared } = this
    if (prepared === null) throw new Error('nothing was prepared')
    this.steps += 1
    const corrections = {
      first: np.array(1 / (1 - ADAMW.beta1 ** this.steps)),
      second: np.array(1 / (1 - ADAMW.beta2 ** this.steps)),
    }
    const [loss, state] = await prepared.run(prepared.state, tree.ref(prepared.batch), corrections)
    prepared.state = state
    // All kernels of a jit are queued together, in order: the last array is there when all are.
    await state.second.norm.blockUntilReady()
    const [value] = await loss.data()
    return value ?? Number.NaN
  }

  dispose(): void {
    if (this.prepared === null) return
    tree.dispose(this.prepared.state)
    tree.dispose(this.prepared.batch)
    this.prepared = null
  }
}

type Loss = ReturnType<typeof llamaLoss>

function stepTogether(loss: Loss): Step {
  const differentiate = valueAndGrad(loss)
  const run = jit((state: State, batch: BatchTree, corrections: Corrections): [np.Array, State] => {
    const [value, gradients] = differentiate(tree.ref(state.model), batch)
    return [value, adamw(state, gradients, corrections)]
  })
  return async (state, batch, corrections) => run(state, batch, corrections)
}

function stepApart(loss: Loss): Step {
  const differentiate = jit(valueAndGrad(loss) as (model: LlamaTree, batch: BatchTree) => [np.Array, LlamaTree])
  const update = jit(adamw)
  return async (state, batch, corrections) => {
    const [value, gradients] = differentiate(tree.ref(state.model), batch)
    // Once they are submitted, the first jit's intermediate buffers go back to the pool.
    await blockUntilReady([value, gradients])
    return [value, update(state, gradients, corrections)]
  }
}

function adamw({ model, first, second }: State, gradients: LlamaTree, corrections: Corrections): State {
  const { beta1, beta2, learningRate, epsilon, weightDecay } = ADAMW
  const structure = tree.structure<np.Array>(model)
  const firsts = tree.leaves<np.Array>(first)
  const seconds = tree.leaves<np.Array>(second)
  const slopes = tree.leaves<np.Array>(gradients)
  const updated: np.Array[] = []
  const newFirsts: np.Array[] = []
  const newSeconds: np.Array[] = []
  tree.leaves<np.Array>(model).forEach((weight, index) => {
    const slope = slopes[index] as np.Array
    const mean = (firsts[index] as np.Array).mul(beta1).add(slope.ref.mul(1 - beta1))
    const square = (seconds[index] as np.Array).mul(beta2).add(np.square(slope).mul(1 - beta2))
    const deviation = np.sqrt(square.ref.mul(corrections.second.ref)).add(epsilon)
    const direction = mean.ref.mul(corrections.first.ref).div(deviation)
    updated.push(weight.mul(1 - learningRate * weightDecay).sub(direction.mul(learningRate)))
    newFirsts.push(mean)
    newSeconds.push(square)
  })
  tree.dispose(corrections)
  const llama = (leaves: np.Array[]) => tree.unflatten(structure, leaves) as LlamaTree
  return { model: llama(updated), first: llama(newFirsts), second: llama(newSeconds) }
}
