import { describe, expect, it } from 'vitest'
import { toErrorDetails } from './errors.ts'
import { connectionTrouble } from './foreign-errors.ts'
import { isWebPage } from './web-answer.ts'

/** Named as the error would be by its maker. */
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })

describe('errors that others made', () => {
  const ADDRESS = 'http://localhost:4173/assets/load-policy-CxYz.js'
  it.each([
    [new TypeError(`Failed to fetch dynamically imported module: ${ADDRESS}`), 'old-page', /newer version/],
    [new TypeError('error loading dynamically imported module'), 'old-page', /newer version/],
    [new TypeError('Importing a module script failed.'), 'old-page', /newer version/],
    [
      named('CompileError', 'WebAssembly.instantiate(): expected magic word 00 61 73 6d, found 3c 21 44 4f'),
      'old-page',
      /newer version/,
    ],
    [new TypeError('Failed to fetch'), 'not-found', /server cannot be reached/],
    [new TypeError('NetworkError when attempting to fetch resource.'), 'not-found', /server cannot be reached/],
    [new TypeError('fetch failed'), 'not-found', /server cannot be reached/],
    [new RangeError('Array buffer allocation failed'), 'out-of-memory', /not enough memory/],
    [new RangeError('Invalid typed array length: 99999999999'), 'out-of-memory', /not enough memory/],
    [93_423_432, 'out-of-memory', /want of memory/],
    [
      new Error(
        'Can’t create a session. ERROR_CODE: 7, ERROR_MESSAGE: Failed to load model because protobuf parsing failed.',
      ),
      'bad-checkpoint',
      /no ONNX model/,
    ],
    [
      new Error(
        'ERROR_CODE: 1, Deserialize tensor model.layers.0 failed. Failed to load external data file "model.onnx_data".',
      ),
      'bad-checkpoint',
      /file beside it/,
    ],
    [
      new Error('ERROR_CODE: 9, ERROR_MESSAGE: Could not find an implementation for GroupQueryAttention(1) node'),
      'unsupported-config',
      /operator/,
    ],
    [new Error('no available backend found. ERR: [webgpu] Error: …'), 'unsupported-config', /could not start/],
    [
      new Error('failed to call OrtRun(). ERROR_CODE: 2, ERROR_MESSAGE: Non-zero status code'),
      'bad-checkpoint',
      /could not run/,
    ],
    [new DOMException('The user aborted a request.', 'AbortError'), 'cancelled', /Cancelled/],
    [new DOMException('', 'QuotaExceededError'), 'storage', /space for Stepscope is full/],
    [
      Object.assign(named('AbortError', 'Transaction aborted'), { inner: new DOMException('', 'QuotaExceededError') }),
      'storage',
      /space for Stepscope is full/,
    ],
    [
      new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError'),
      'storage',
      /could not read or write/,
    ],
    [
      new DOMException('A requested file or directory could not be found at the time', 'NotFoundError'),
      'storage',
      /files are gone/,
    ],
    [new DOMException('The database connection is closing.', 'InvalidStateError'), 'storage', /does not allow saving/],
  ])('%s', (error, code, words) => {
    const details = toErrorDetails(error)
    expect(details).toMatchObject({ code, message: expect.stringMatching(words) })
    const text = JSON.stringify(details)
    if (code !== 'cancelled') expect(details.nextStep).toBeTruthy()
    expect(text).not.toMatch(/ERROR_CODE|dynamically|Failed to fetch|backing store|magic|http:|OrtRun|protobuf/)
  })

  it.each([
    [new DOMException('The node to be removed is not a child of this node.', 'NotFoundError')],
    [new DOMException('Cannot configure canvas.', 'InvalidStateError')],
    [new DOMException('Failed to execute pushState.', 'SecurityError')],
  ])('%s is none of the storage’s', (error) => {
    expect(toErrorDetails(error).code).toBe('internal')
  })

  it('an operator is named where it is known', () => {
    const error = new Error('NOT_IMPLEMENTED : Could not find an implementation for MatMulNBits(1) node with name x')
    expect(toErrorDetails(error).found).toBe('MatMulNBits')
  })

  it('why a request failed is told without the browser’s words', () => {
    expect(connectionTrouble(new TypeError('Failed to fetch'))).toBe(
      'the server cannot be reached, or the connection broke',
    )
    expect(connectionTrouble(new Error('nothing came for 30 s'))).toBe('nothing came for 30 s')
  })
})

describe('a web page in place of a file', () => {
  const headers = (type: string) => new Headers({ 'content-type': type })
  it.each([
    ['text/html; charset=utf-8', 'model.safetensors', true],
    ['text/html', 'http://x/assets/a.js?v=1', true],
    ['TEXT/HTML', 'config.json', true],
    ['text/html', 'guide.html', false],
    ['application/json', 'config.json', false],
    ['application/octet-stream', 'model.safetensors', false],
  ])('%s for %s: %s', (type, name, page) => {
    expect(isWebPage(headers(type), name)).toBe(page)
  })
})
