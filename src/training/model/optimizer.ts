import type { Backend, BackendBuffer, BoundKernel } from '../../compute/backend.ts'
import { adamwKernel } from '../../compute/kernels/adamw/adamw.ts'
import type { AdamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import { ADAMW_SETTING_FLOATS, adamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import { clipKernel } from '../../compute/kernels/clip/clip.ts'
import { fillKernel } from '../../compute/kernels/fill/fill.ts'
import { sumOfSquaresKernel } from '../../compute/kernels/sum-of-squares/sum-of-squares.ts'
import type { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import type { Parameter } from './parameter.ts'

/** A parameter with all that training it takes. */
export interface TrainedParameter extends Parameter {
  readonly gradient: BackendBuffer
  /** AdamW's running means of the gradient and of its square. */
  readonly first: BackendBuffer
  readonly second: BackendBuffer
}

/** Which parameters weight decay pulls: all, as PyTorch does by itself, or matrices only. */
export type DecayOn = 'all' | 'matrices'

/** Partial sums of squares per parameter: more share the work, fewer are quicker to add up. */
const PARTIALS = 64

/** Bound steps over all parameters: zero the gradients, their norm, AdamW. Nothing is created after `create`. */
export class Optimizer {
  private readonly backend: Backend
  private readonly settings: BackendBuffer
  private readonly clipped: BackendBuffer
  private readonly zeroing: readonly Bound[]
  private readonly norms: readonly Bound[]
  private readonly updates: readonly Bound[]

  static async create(
    backend: Backend,
    buffers: DecoderBuffers,
    parameters: readonly TrainedParameter[],
    decayOn: DecayOn,
    count: (count: number) => Promise<BackendBuffer>,
  ): Promise<Optimizer> {
    const { elementLanes: lanes, reduceLanes } = backend.tuning
    const settings = await buffers.words(ADAMW_SETTING_FLOATS, 'control')
    const clipped = await buffers.words(4, 'control')
    const partials = await buffers.words(PARTIALS * parameters.length, 'control')
    const zeroing: Bound[] = []
    const norms: Bound[] = []
    const updates: Bound[] = []
    for (const [index, { weights, words, gradient, first, second, matrix }] of parameters.entries()) {
      const quads = words / 4
      const rows = await count(quads)
      const place = await count(index * PARTIALS)
      const squares = sumOfSquaresKernel({ partials: PARTIALS, lanes: reduceLanes, serialLanes: lanes })
      const adamw = adamwKernel({ decay: decayOn === 'all' || matrix, lanes })
      zeroing.push({ kernel: await backend.bind(fillKernel({ value: 0, lanes }), { rows, output: gradient }), quads })
      norms.push({ kernel: await backend.bind(squares, { rows, place, input: gradient, output: partials }), quads })
      updates.push({
        kernel: await backend.bind(adamw, {
          rows,
          settings,
          clip: clipped,
          gradient,
          parameters: weights,
          first,
          second,
        }),
        quads,
      })
    }
    const total = await backend.bind(clipKernel({ lanes: reduceLanes }), {
      rows: await count(PARTIALS * parameters.length),
      partials,
      settings,
      output: clipped,
    })
    return new Optimizer(backend, settings, clipped, zeroing, [...norms, { kernel: total, quads: 1 }], updates)
  }

  private constructor(
    backend: Backend,
    settings: BackendBuffer,
    clipped: BackendBuffer,
    zeroing: readonly Bound[],
    norms: readonly Bound[],
    updates: readonly Bound[],
  ) {
    this.backend = backend
    this.settings = settings
    this.clipped = clipped
    this.zeroing = zeroing
    this.norms = norms
    this.updates = updates
  }

  async zeroGradients(): Promise<void> {
    await this.run(this.zeroing)
  }

  /**
   * The norm of all gradients together, before clipping.
   * @param settings what the step to come will use
   * @param step number of that step, from 1 on
   */
  async gradientNorm(settings: AdamwSettings, step: number): Promise<number> {
    this.backend.write(this.settings, 0, adamwSettings(settings, step))
    await this.run(this.norms)
    const [result] = await this.backend.submit(() => {}, [{ buffer: this.clipped, offset: 0, bytes: 4 }])
    return new Float32Array(result ?? new ArrayBuffer(4))[0] ?? Number.NaN
  }

  /** Clips by the norm just computed, and updates every parameter. */
  async update(): Promise<void> {
    await this.run(this.updates)
  }

  private async run(steps: readonly Bound[]): Promise<void> {
    await this.backend.submit((recorder) => {
      for (const { kernel, quads } of steps) recorder.dispatch(kernel, quads)
    })
  }
}

interface Bound {
  readonly kernel: BoundKernel
  readonly quads: number
}
