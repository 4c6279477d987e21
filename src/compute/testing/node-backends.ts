import type { BackendKind } from '../../core/backends.ts'
import { BACKEND_KINDS } from '../../core/backends.ts'

/** Set by `npm run test:long`. */
export const LONG = Boolean(process.env.STEPSCOPE_LONG)

/**
 * Where suites of whole models run. For WebGPU each compiles a hundred shaders and computes a few numbers: that is half of the time that they take, so
 * `npm run test:long` has them there, and `npm test` has every kernel, and a case of each kind where a suite says so.
 */
export const MODEL_BACKENDS: readonly BackendKind[] = LONG ? BACKEND_KINDS : ['wasm', 'cpu']

/** Where suites of whole training runs run: the same TypeScript on each backend. */
export const RUN_BACKENDS: readonly BackendKind[] = LONG ? BACKEND_KINDS : ['wasm']
