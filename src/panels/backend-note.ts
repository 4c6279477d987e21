import type { EngineStatus } from '../state/models/engine-state.ts'

export interface BackendNote {
  /** Whether times here say little: there is a faster way to run, or a graphics card is only acted. */
  readonly slow: boolean
  readonly message: string
  /** Why it is so, and what it means. */
  readonly because: string
}

/** What figures do not say of where the models run, and why they run there; null on a graphics card. */
export function backendNote({
  backend,
  software,
  note,
}: Pick<EngineStatus, 'backend' | 'software' | 'note'>): BackendNote | null {
  const why = note === null ? '' : `${note} `
  const same = 'Tokens are those of a graphics card up to ties'
  if (backend === 'cpu')
    return {
      slow: true,
      message: 'The models run on the CPU, in plain TypeScript.',
      because: `${why}${same}; times are not.`,
    }
  if (backend === 'wasm')
    return { slow: false, message: 'The models run on the CPU, in WebAssembly.', because: `${why}${same}.` }
  if (!software) return null
  return {
    slow: true,
    message: 'This graphics adapter is software.',
    because: `${why}It computes the same numbers as a graphics card, but times and tokens per second here say nothing about one.`,
  }
}
