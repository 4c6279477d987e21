import type { Usage } from '../search/models.ts'

export const NO_USAGE: Usage = { asked: 0, executed: 0, overrun: 0, flops: 0 }

/** What several calls cost together. */
export function addUsage(...usages: readonly Usage[]): Usage {
  return usages.reduce(
    (sum, { asked, executed, overrun, flops }) => ({
      asked: sum.asked + asked,
      executed: sum.executed + executed,
      overrun: sum.overrun + overrun,
      flops: sum.flops + flops,
    }),
    NO_USAGE,
  )
}
