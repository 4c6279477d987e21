import { StepscopeError } from '../core/errors.ts'
import type { StrategySpec } from './strategy-spec.ts'
import { readStrategySpec, writeStrategySpec } from './strategy-spec.ts'

/** A column of a comparison: a strategy with its settings and, where they are its own, its models by their ids. */
export interface ComparedSpec extends StrategySpec {
  readonly policy?: string
  /** `none`: searches do without. */
  readonly reward?: string
}

/** Keys of the models in a written column, as a link has them elsewhere. */
const MODEL_KEYS = { policy: 'policy', prm: 'reward' } as const
const MODEL = /^(policy|prm)=(.*)$/s

/** `beam:n=4:policy=my-policy:prm=none`, ids escaped as in addresses. Throws a StepscopeError `bad-setting`. */
export function readComparedSpec(text: string): ComparedSpec {
  const models: { policy?: string; reward?: string } = {}
  const others: string[] = []
  for (const part of text.split(':')) {
    const [, key, id] = MODEL.exec(part) ?? []
    if (key === undefined || id === undefined) {
      others.push(part)
      continue
    }
    const role = MODEL_KEYS[key as keyof typeof MODEL_KEYS]
    if (models[role] !== undefined || id === '') throw badModel(part)
    models[role] = unescaped(id)
  }
  return { ...readStrategySpec(others.join(':')), ...models }
}

/** The inverse of `readComparedSpec`. */
export function writeComparedSpec({ policy, reward, ...spec }: ComparedSpec): string {
  return [
    writeStrategySpec(spec),
    ...(policy === undefined ? [] : [`policy=${encodeURIComponent(policy)}`]),
    ...(reward === undefined ? [] : [`prm=${encodeURIComponent(reward)}`]),
  ].join(':')
}

function unescaped(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    throw badModel(id)
  }
}

function badModel(found: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: 'The value cannot be used',
    expected: 'the id of one model for each role',
    found: JSON.stringify(found),
  })
}
