import { expect, it } from 'vitest'
import { toErrorDetails } from './errors.ts'
import { storageFailure } from './storage-failure.ts'

it('the browser’s own texts of its storage are never shown', () => {
  const raw = 'A requested file or directory could not be found at the time an operation was processed.'
  for (const name of ['NotFoundError', 'NotReadableError', 'NoModificationAllowedError', 'QuotaExceededError']) {
    const details = toErrorDetails(new DOMException(raw, name))
    expect(details.code).toBe('storage')
    expect(details.message).not.toContain('requested file')
    expect(details.nextStep).toBeTruthy()
  }
  expect(toErrorDetails(new DOMException(raw, 'NotFoundError')).message).toContain('files are gone')
  expect(storageFailure('Saving the run', new Error('x'))).toBeNull()
})
