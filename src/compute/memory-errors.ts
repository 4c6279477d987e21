import { StepscopeError } from '../core/errors.ts'

/** A buffer that the device could not bind whatever its memory. */
export function bufferTooLarge(bytes: number, limit: number, purpose: string): StepscopeError {
  return new StepscopeError({
    code: 'out-of-memory',
    message: `A buffer for ${purpose} is too large for this device`,
    expected: `at most ${limit} bytes`,
    found: `${bytes} bytes`,
    nextStep: 'Take a smaller model or a smaller cache.',
  })
}

/** The device has no memory left. */
export function noRoom(bytes: number, purpose: string, cause: unknown): StepscopeError {
  return new StepscopeError(
    {
      code: 'out-of-memory',
      message: `The device has no room for ${bytes > 0 ? `another ${bytes} bytes of ` : ''}${purpose}.`,
      nextStep: 'Close other tabs, or take a smaller model or a smaller cache.',
    },
    { cause },
  )
}
