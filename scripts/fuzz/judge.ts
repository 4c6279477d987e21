import { StepscopeError } from '../../src/core/errors.ts'
import { RandomStream } from '../../src/core/random.ts'
import { mutate } from './mutate.ts'
import type { Change } from './mutate-json.ts'
import type { Target } from './target.ts'
import { TARGETS } from './targets.ts'

export const FAULTS = ['crash', 'hang', 'internal error', 'silent', 'without place'] as const
export type Fault = (typeof FAULTS)[number]

/** What became of one mutant; `fault` is null where it was read, or refused as it should be. */
export interface Outcome {
  readonly format: string
  readonly how: string
  readonly fault: Fault | null
  readonly refused: boolean
  /** The message, or what was accepted. */
  readonly words: string
}

/** Mutant `index` of a seed: the same at any time, on any machine. */
export function makeMutant(seed: number, index: number): { readonly target: Target } & Change<Uint8Array<ArrayBuffer>> {
  const target = TARGETS[index % TARGETS.length]
  if (!target) throw new RangeError('there are no formats')
  return { target, ...mutate(target.sample(), target.kind, new RandomStream(seed, index)) }
}

export function judge(seed: number, index: number): Promise<Outcome> {
  const { target, value, how } = makeMutant(seed, index)
  return judgeFile(target, value, how)
}

/** Reads a file, and says what is wrong with how that went. */
export async function judgeFile(target: Target, value: Uint8Array<ArrayBuffer>, how: string): Promise<Outcome> {
  const told = (fault: Fault | null, refused: boolean, words: string): Outcome => ({
    format: target.name,
    how,
    fault,
    refused,
    words: words.slice(0, 400),
  })
  let found: unknown
  try {
    found = await target.read(value)
  } catch (error) {
    if (!(error instanceof StepscopeError) || error.details.code === 'internal') {
      return told('internal error', true, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    return told(hasPlace(error, target) ? null : 'without place', true, error.message)
  }
  const wrong = target.silent?.(value, found) ?? null
  return told(wrong === null ? null : 'silent', false, wrong ?? '')
}

/** A file, and in it a line or a field; of bytes, and of a file that is empty or missing parts, the file alone. */
function hasPlace({ details: { place, message } }: StepscopeError, { kind }: Target): boolean {
  if (!place?.file) return false
  if (place.line !== undefined || place.field) return true
  return kind === 'safetensors' || WHOLE_FILE.test(message)
}

const WHOLE_FILE =
  /holds no (rows|responses|problems)|The folder .* has no |is truncated|not a JSON object|expected object, received|No save of this run is whole/s
