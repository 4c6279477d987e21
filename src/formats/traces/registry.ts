import { GSM8K, GSM8K_SOLUTIONS } from './gsm8k.ts'
import { MATH_SHEPHERD } from './math-shepherd.ts'
import { MATH_APS, OMEGA_TREE } from './omega.ts'
import { PRM_BENCH } from './prm-bench.ts'
import { PRM800K } from './prm800k.ts'
import { PROCESS_BENCH } from './process-bench.ts'
import { REASONERS } from './reasoners.ts'
import { SEARCH_AND_LEARN } from './search-and-learn.ts'
import type { TraceFormat } from './trace.ts'
import { TRL_STEPWISE } from './trl-stepwise.ts'

/** Every kind of file that traces come from; a row is the first one that recognizes it. */
export const TRACE_FORMATS: readonly TraceFormat[] = [
  PROCESS_BENCH,
  PRM_BENCH,
  PRM800K,
  TRL_STEPWISE,
  SEARCH_AND_LEARN,
  GSM8K_SOLUTIONS,
  MATH_APS,
  OMEGA_TREE,
  REASONERS,
  MATH_SHEPHERD,
  GSM8K,
] as readonly TraceFormat[]

/** The format of this id; undefined where there is none. */
export function traceFormat(id: string): TraceFormat | undefined {
  return TRACE_FORMATS.find((format) => format.id === id)
}
