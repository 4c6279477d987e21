import { errorNames, storageFailure } from './storage-failure.ts'

/** What an error of the browser, the network or ONNX Runtime means, in words for people. */
export interface ForeignError {
  readonly code:
    | 'cancelled'
    | 'storage'
    | 'old-page'
    | 'not-found'
    | 'out-of-memory'
    | 'bad-checkpoint'
    | 'unsupported-config'
    | 'device-lost'
  readonly message: string
  readonly found?: string
  readonly nextStep?: string
}

/** Names that only the browser's storage uses. */
const STORAGE_NAMES =
  /^(Quota\w*|NoModificationAllowedError|VersionError|MissingAPIError|OpenFailedError|DatabaseClosedError)$/
/** Names that are used elsewhere, too; then the text tells. */
const SHARED_NAMES = /^(NotFoundError|NotReadableError|InvalidStateError|SecurityError|UnknownError)$/
const STORAGE_TEXT =
  /\bfiles?\b|director|\bentr(y|ies)\b|storage|database|object ?store|\btransaction|indexed|\bdisk\b|backing store/i

/** A script, or a part of one, that the server does not have any more. */
export const OLD_PAGE: ForeignError = {
  code: 'old-page',
  message: 'A part of Stepscope could not be fetched: there may be a newer version, or the connection is gone',
  nextStep: 'Reload the page. What was saved is kept.',
}

/**
 * The one place where errors that others made become sentences: their own texts are for their makers, change with every
 * version, and are never shown. Null where the error is none of these.
 */
export function foreignError(error: unknown): ForeignError | null {
  const names = errorNames(error)
  const text = textOf(error)
  // A transaction that the browser ends for want of room is called aborted, with the reason inside.
  if (names[0] === 'AbortError' && !names.some((name) => STORAGE_NAMES.test(name)))
    return { code: 'cancelled', message: 'Cancelled.' }
  // Chromium, Firefox and Safari on a script that is gone, or is a web page now; then a wrong answer for the runtime.
  if (/dynamically imported module|importing a module script failed|unable to preload css/i.test(text)) return OLD_PAGE
  if (
    /magic (word|number)|expected magic|WebAssembly.*(mime|compile)|failed to asynchronously prepare wasm/i.test(text)
  )
    return OLD_PAGE
  if (names.includes('CompileError')) return OLD_PAGE
  if (
    names.some((name) => STORAGE_NAMES.test(name)) ||
    (names.some((name) => SHARED_NAMES.test(name)) && STORAGE_TEXT.test(text))
  ) {
    const failure = storageFailure('Using files kept in this browser', error) ?? {
      message: 'Using files kept in this browser failed: the browser could not read or write them',
      nextStep: 'Try again, or reload the page.',
    }
    return { code: 'storage', ...failure }
  }
  return onnxError(error, text) ?? memoryError(names, text) ?? networkError(names, text)
}

/** Errors of ONNX Runtime, which also throws numbers. */
function onnxError(error: unknown, text: string): ForeignError | null {
  if (typeof error === 'number') {
    return {
      code: 'out-of-memory',
      message: 'ONNX Runtime stopped, most likely for want of memory',
      nextStep: 'Choose a smaller precision or model.',
    }
  }
  if (/protobuf parsing failed|INVALID_PROTOBUF|ModelProto|no graph was found/i.test(text)) {
    return {
      code: 'bad-checkpoint',
      message: 'The ONNX file is no ONNX model, or not all of it',
      nextStep: 'Export it again, or download it again.',
    }
  }
  if (/external (data|initializer)|external_data|\.onnx_data|deserialize tensor/i.test(text)) {
    return {
      code: 'bad-checkpoint',
      message: 'The weights of the ONNX model are in a file beside it, which is missing or does not fit it',
      nextStep: 'Choose the whole folder, with every file whose name has .onnx_data.',
    }
  }
  const operator = /(?:implementation for|no kernel for|unsupported operator:?)\s*([A-Z]\w+)/i.exec(text)
  if (
    /NOT_IMPLEMENTED|could not find an implementation|is not a registered function|unsupported operator/i.test(text)
  ) {
    return {
      code: 'unsupported-config',
      message: 'The ONNX model uses an operator that ONNX Runtime does not have here',
      ...(operator?.[1] === undefined ? {} : { found: operator[1] }),
      nextStep: 'Choose another precision or device, or another export.',
    }
  }
  if (/no available backend found|backend .* is not (available|supported)/i.test(text)) {
    return {
      code: 'unsupported-config',
      message: 'ONNX Runtime could not start on this device',
      nextStep: 'Choose the other device (WASM or WebGPU), or reload the page.',
    }
  }
  if (/ERROR_CODE|OrtRun|onnxruntime|\bORT\b|InferenceSession/i.test(text)) {
    return {
      code: 'bad-checkpoint',
      message: 'ONNX Runtime could not run this model',
      nextStep: 'Choose another precision or device, or another export.',
    }
  }
  return null
}

function memoryError(names: readonly string[], text: string): ForeignError | null {
  const memory =
    /array buffer allocation failed|invalid (typed )?array length|out of memory|std::bad_alloc|memory access out of bounds|cannot grow memory/i
  if (!memory.test(text) && !names.includes('GPUOutOfMemoryError')) return null
  return {
    code: 'out-of-memory',
    message: 'There is not enough memory for this',
    nextStep: 'Close other tabs, or take a smaller model or fewer tokens.',
  }
}

function networkError(names: readonly string[], text: string): ForeignError | null {
  const network =
    /^(failed to fetch|fetch failed|load failed|network ?error\b.*|network error|the network connection was lost\.?|terminated)$/i
  if (!names.includes('NetworkError') && !(names.includes('TypeError') && network.test(text.trim()))) return null
  return {
    code: 'not-found',
    message: 'The server cannot be reached, or the connection broke',
    nextStep: 'Check the connection and try again.',
  }
}

function textOf(error: unknown): string {
  if (typeof error === 'string') return error
  const message: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : undefined
  return typeof message === 'string' ? message : ''
}

/** Why a request failed, to stand in a sentence: our own words as they are, and none of the browser's. */
export function connectionTrouble(error: unknown): string {
  const own = error instanceof Error && error.constructor === Error
  return own ? error.message : 'the server cannot be reached, or the connection broke'
}
