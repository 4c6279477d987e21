import type { CommandHelp, ParsedOptions } from './options.ts'
import type { Output } from './output.ts'

/** One command of `stepscope`. It writes results to `output.out`; it throws what went wrong. */
export interface Command extends CommandHelp {
  run(options: ParsedOptions, output: Output, signal: AbortSignal): Promise<void>
}
