import type { AdamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import type { Metrics } from '../../objectives/loss.ts'
import { sft } from '../../objectives/sft/loss.ts'
import { trainStep } from '../train-step.ts'
import type { CaseInput, CaseResult } from './case-model.ts'
import { gradients, named, withModel } from './case-model.ts'
import { completionItems } from './case-rows.ts'
import { copyOf } from './case-tensors.ts'

export async function sftGradients(input: CaseInput): Promise<CaseResult> {
  return withModel(input, {}, async (model) => {
    const figures = await gradients(model, sft, completionItems(input.recorded))
    return { figures, tensors: await named(input, model) }
  })
}

export async function sftSteps(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const settings: AdamwSettings = {
    learningRate: recorded.figure('optimizer', 'lr'),
    beta1: recorded.figure('optimizer', 'betas', '0'),
    beta2: recorded.figure('optimizer', 'betas', '1'),
    epsilon: recorded.figure('optimizer', 'eps'),
    weightDecay: recorded.figure('optimizer', 'weight_decay'),
    maxNorm: recorded.figure('optimizer', 'max_grad_norm'),
  }
  const trajectory = recorded.value('trajectory')
  const steps = Array.isArray(trajectory) ? trajectory.length : 20
  return withModel(input, {}, async (model) => {
    const items = completionItems(recorded)
    const figures: Metrics[] = []
    for (let step = 1; step <= steps; step++) figures.push(await trainStep(model, sft, items, settings, step))
    const weights = await model.read('weights')
    const final = new Map([...weights].map(([name, tensor]) => [`final.${name}`, tensor] as const))
    return { figures: { trajectory: figures }, tensors: new Map([...recorded.tensors, ...final]) }
  })
}

export async function sftLowRank(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const targets = recorded.value('target_modules')
  const method = {
    kind: 'low-rank',
    rank: recorded.figure('r'),
    alpha: recorded.figure('alpha'),
    targets: Array.isArray(targets) ? targets.map(String) : [],
    seed: 0,
  } as const
  /** `layers.0.q_proj.lora_A` of our name for it. */
  const short = (name: string) => name.replace(/^.*\.(layers\.\d+)\.\w+\.(\w+\.lora_[AB])\.weight$/, '$1.$2')
  return withModel(input, { method, weights: 'f32' }, async (model) => {
    const weights = new Map([...(await model.read('weights'))].map(([name]) => [name, copyOf(recorded, short(name))]))
    await model.write('weights', weights)
    const figures = await gradients(model, sft, completionItems(recorded))
    const found = [...(await model.read('gradient'))].map(([name, tensor]) => [`grad.${short(name)}`, tensor] as const)
    return { figures, tensors: new Map([...recorded.tensors, ...found]) }
  })
}
