import { StepscopeError } from '../core/errors.ts'
import type { CaseInput, CaseResult } from './reference-cases/case-model.ts'
import { dpoCase } from './reference-cases/dpo-case.ts'
import { grpoCase } from './reference-cases/grpo-case.ts'
import { ppoCase } from './reference-cases/ppo-case.ts'
import { implicitCase, processRewardCase } from './reference-cases/process-reward-cases.ts'
import { outcomeRewardCase, rankedRewardCase } from './reference-cases/response-reward-cases.ts'
import { sftGradients, sftLowRank, sftSteps } from './reference-cases/sft-cases.ts'

/**
 * Recomputes a case recorded with PyTorch (its conventions: docs/training.md): the case's name selects the objective.
 * @throws StepscopeError `bad-setting` for a name of no objective; `bad-file` where an input is missing
 */
export function runReferenceCase(input: CaseInput): Promise<CaseResult> {
  const { name } = input.recorded
  const found = Object.entries(CASES).find(([prefix]) => name === prefix || name.startsWith(`${prefix}-`))
  if (found !== undefined) return found[1](input)
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'No objective has this name',
    expected: `one of ${Object.keys(CASES).join(', ')}`,
    found: name,
    nextStep: 'Name the case after its objective.',
  })
}

/** The first one that fits: longer names first. */
const CASES: Readonly<Record<string, (input: CaseInput) => Promise<CaseResult>>> = {
  'sft-adamw': sftSteps,
  'sft-lora': sftLowRank,
  sft: sftGradients,
  'prm-soft-bce': processRewardCase,
  'reward-bradley-terry': rankedRewardCase,
  'reward-outcome-bce': outcomeRewardCase,
  'implicit-prm': implicitCase,
  dpo: dpoCase,
  ppo: ppoCase,
  grpo: grpoCase,
}
