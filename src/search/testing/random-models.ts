import { pcg4d, toUnit } from '../../core/random.ts'
import type { ScriptedOptions, ScriptedStep, StepContext } from './scripted-models.ts'
import { ScriptedPolicy, ScriptedRewardModel } from './scripted-models.ts'

/** A number in (0, 1) that is a function of a text and a key. */
function unitOf(text: string, a = 0, b = 0): number {
  let hash = a
  for (const character of text) hash = pcg4d(hash, character.charCodeAt(0), b, 1)[0]
  return toUnit(pcg4d(hash, a, b, 2)[0])
}

/** Steps of few kinds, so that siblings are often identical; paths of 1 to 6 steps; some end without an answer. */
function randomStep({ text, temperature, seed, node, sample }: StepContext): ScriptedStep {
  const draw = temperature === 0 ? unitOf(text) : unitOf(text, seed, node * 1000 + sample)
  const depth = text.split('\n').length - 1
  const ends = draw < depth * 0.2
  if (!ends) return { text: `${'abc'[Math.floor(draw * 997) % 3]}\n` }
  const kind = Math.floor(draw * 9973) % 10
  if (kind === 0) return { text: '', finish: 'eos' }
  if (kind === 1) return { text: 'A no', finish: 'eos' }
  return { text: kind < 5 ? 'A yes\n' : 'A no\n' }
}

/** Models of pseudo-random steps and scores; the same key, the same models. */
export function randomModels(
  key: number,
  options: ScriptedOptions = {},
): { readonly policy: ScriptedPolicy; readonly reward: ScriptedRewardModel } {
  return {
    policy: new ScriptedPolicy((context) => randomStep({ ...context, seed: context.seed + key }), options),
    reward: new ScriptedRewardModel((text) => unitOf(text, key), options),
  }
}
