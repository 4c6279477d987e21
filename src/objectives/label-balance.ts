/** What a step's label weighs in the loss: as far as it says right, and as far as it says wrong. */
export interface LabelWeight {
  readonly right: number
  readonly wrong: number
}

/** A trace's labels, in [0, 1], and the problem that it is of. */
export interface LabelledSteps {
  readonly problem: string
  readonly labels: readonly number[]
}

/** Sums of labels and of what they lack of 1. */
interface Mass {
  right: number
  wrong: number
}

/** No label weighs more than this many unbalanced ones, so that a rare class does not shout. */
const MOST = 8
/** Of a group whose labels are all alike there is nothing to tell apart. */
const ALIKE: LabelWeight = { right: 0, wrong: 0 }

/**
 * Weights by which right and wrong labels weigh the same at each depth, or within each problem at each depth, over a whole
 * set of traces. Later steps are wrong more often than early ones, in hard problems more than in easy ones: unbalanced, a
 * process reward model earns a low loss and a high AUC by position and problem, neither of which tells the steps apart
 * between which a search chooses.
 *
 * With R the sum of a group's labels and W that of their complements, the rarer class has weight min((R + W) / 2 min(R, W), 8)
 * and the other one so much that both sum to the same.
 */
export class LabelBalance {
  private readonly by: 'depth' | 'problem'
  private readonly groups = new Map<string, Mass>()

  constructor(by: 'depth' | 'problem') {
    this.by = by
  }

  /** Counts a trace in; all of a set, before any of it is weighed. */
  add({ problem, labels }: LabelledSteps): void {
    for (const [depth, label] of labels.entries()) {
      const key = this.groupOf(problem, depth)
      const mass = this.groups.get(key) ?? { right: 0, wrong: 0 }
      mass.right += label
      mass.wrong += 1 - label
      this.groups.set(key, mass)
    }
  }

  /** A weight for each step. */
  weigh({ problem, labels }: LabelledSteps): LabelWeight[] {
    return labels.map((_, depth) => {
      const { right = 0, wrong = 0 } = this.groups.get(this.groupOf(problem, depth)) ?? {}
      const rarer = Math.min(right, wrong)
      if (rarer <= 0) return ALIKE
      const each = Math.min((right + wrong) / 2, MOST * rarer)
      return { right: each / right, wrong: each / wrong }
    })
  }

  private groupOf(problem: string, depth: number): string {
    return this.by === 'depth' ? `${depth}` : `${depth} ${problem}`
  }
}
