import type { Metrics } from '../../objectives/loss.ts'
import type { RecordedCase, RecordedTensor } from '../recorded-case.ts'
import type { CaseResult } from '../reference-cases/case-model.ts'

/** Cases recorded with PyTorch, in each folder of tests/fixtures/train*. */
export const TRAINING_CASES = [
  'sft',
  'sft-adamw-20-steps',
  'sft-lora',
  'prm-soft-bce',
  'reward-bradley-terry',
  'reward-outcome-bce',
  'implicit-prm',
  'dpo',
  'ppo',
  'grpo',
] as const

/** Relative differences that are allowed: of a loss, of the gradient's norm, of a tensor to its own norm, of a step's loss. */
const TOLERANCES = { loss: 1e-4, norm: 1e-3, tensor: 1e-3, step: 1e-3 } as const

/** What of a recomputed case differs from its record, a line each; empty where everything agrees. */
export function caseFaults(recorded: RecordedCase, { figures, tensors }: CaseResult): string[] {
  const faults: string[] = []
  const within = (what: string, found: number | undefined, expected: number, limit: number) => {
    const apart = Math.abs((found ?? Number.NaN) - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE)
    if (!(apart <= limit)) faults.push(`${what}: ${found ?? 'nothing'} where ${expected} is right`)
  }
  const { trajectory } = figures as { readonly trajectory?: readonly Metrics[] }
  if (trajectory !== undefined) {
    const steps = recorded.value('trajectory') as readonly { readonly loss: number; readonly grad_norm: number }[]
    steps.forEach(({ loss, grad_norm: norm }, index) => {
      within(`loss of step ${index + 1}`, trajectory[index]?.loss, loss, TOLERANCES.step)
      within(`grad_norm of step ${index + 1}`, trajectory[index]?.grad_norm, norm, 10 * TOLERANCES.norm)
    })
  } else {
    const { loss, grad_norm: norm } = figures as Metrics
    within('loss', loss, recorded.figure('loss'), TOLERANCES.loss)
    if (recorded.value('grad_norm') !== undefined) {
      within('grad_norm', norm, recorded.figure('grad_norm'), TOLERANCES.norm)
    }
  }
  const real = realTokens(recorded)
  for (const [name, expected] of recorded.tensors) {
    const apart = distance(expected, tensors.get(name), name === 'ref_logps_per_token' ? real : null)
    if (!(apart <= TOLERANCES.tensor)) faults.push(`${name}: ${apart} of its norm apart`)
  }
  return faults
}

/** ‖found − expected‖ / ‖expected‖; without a record of its own norm, ‖found‖. Infinite where there is nothing to compare. */
function distance(expected: RecordedTensor, found: RecordedTensor | undefined, counts: Uint8Array | null): number {
  if (found?.data.length !== expected.data.length) return Number.POSITIVE_INFINITY
  let apart = 0
  let size = 0
  expected.data.forEach((value, index) => {
    if (counts !== null && counts[index] === 0) return
    apart += (value - (found.data[index] ?? Number.NaN)) ** 2
    size += value ** 2
  })
  return Math.sqrt(size === 0 ? apart : apart / size)
}

/** Of a [batch, time − 1] tensor the entries whose predicted token is none of the padding, whose values mean nothing. */
function realTokens(recorded: RecordedCase): Uint8Array {
  return Uint8Array.from(recorded.rows('attention_mask').flatMap((row) => [...row.subarray(1)]))
}
