import { StepscopeError } from '../core/errors.ts'

/** What a status of a model server means for the person. */
export function httpError(url: string, status: number): StepscopeError {
  const closed = status === 401 || status === 403
  const gone = status === 404 || status === 410
  return new StepscopeError({
    code: 'not-found',
    message: closed
      ? 'The server does not give this without a login'
      : gone
        ? 'The server has no such file, model or revision'
        : 'The server refuses the request',
    found: `HTTP ${status}`,
    place: { file: url },
    nextStep: closed
      ? 'Private and gated models cannot be fetched here; download the folder yourself and choose it.'
      : gone
        ? 'Check the id and the revision.'
        : 'Try again later.',
  })
}

/** The host could not be reached, or forbids pages of other origins to read from it: a browser does not say which. */
export function noAnswer(url: string, error: unknown): StepscopeError {
  const { host } = new URL(url)
  return new StepscopeError(
    {
      code: 'not-found',
      message: `${host} cannot be reached, or does not let pages of other origins read from it (CORS)`,
      place: { file: url },
      nextStep: 'Check the connection and the address.',
    },
    { cause: error },
  )
}
