import { RandomStream } from '../../core/random.ts'

/** Streams of the run's seed that shuffles use. */
const SHUFFLE = 0x5f

/** The numbers 0 … count − 1 in an order drawn by the seed (Fisher and Yates). */
export function shuffled(count: number, seed: number, stream: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  const random = new RandomStream(seed, stream)
  for (let at = count - 1; at > 0; at--) {
    const other = random.integer(0, at)
    const taken = order[at] as number
    order[at] = order[other] as number
    order[other] = taken
  }
  return order
}

/**
 * Which examples a step takes: every epoch has all of them once, in an order of its own. A step's examples are a function
 * of seed and step alone.
 * @param step from 1 on
 */
export class DataOrder {
  private readonly count: number
  private readonly batch: number
  private readonly seed: number
  private epoch = -1
  private order: Uint32Array = new Uint32Array()

  constructor(count: number, batch: number, seed: number) {
    this.count = count
    this.batch = batch
    this.seed = seed
  }

  /** Examples of a step; a batch larger than the data has every example once. */
  indices(step: number): number[] {
    const size = Math.min(this.batch, this.count)
    return Array.from({ length: size }, (_, index) => this.at((step - 1) * size + index))
  }

  private at(place: number): number {
    const epoch = Math.floor(place / this.count)
    if (epoch !== this.epoch) {
      this.order = shuffled(this.count, this.seed, SHUFFLE + epoch)
      this.epoch = epoch
    }
    return this.order[place % this.count] as number
  }
}
