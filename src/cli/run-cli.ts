import { toErrorDetails } from '../core/errors.ts'
import type { Command } from './command.ts'
import { convert } from './commands/convert.ts'
import { engine } from './commands/engine.ts'
import { evaluate } from './commands/eval.ts'
import { grade } from './commands/grade.ts'
import { judge } from './commands/judge.ts'
import { label } from './commands/label.ts'
import { logits } from './commands/logits.ts'
import { reference } from './commands/reference.ts'
import { rollout } from './commands/rollout.ts'
import { score } from './commands/score.ts'
import { search } from './commands/search.ts'
import { sweep } from './commands/sweep.ts'
import { train } from './commands/train.ts'
import { EXIT } from './exit.ts'
import { fileError } from './files.ts'
import { describeCommand, describeRows, isUsageError, parseOptions, UsageError } from './options.ts'
import type { Output } from './output.ts'
import { describeInterruption } from './output.ts'

export const COMMANDS: readonly Command[] = [
  search,
  evaluate,
  sweep,
  score,
  grade,
  judge,
  convert,
  rollout,
  label,
  train,
  reference,
  logits,
  engine,
]

/** Runs a command line. Returns the exit code, that of SIGINT where `signal` aborts; never throws. */
export async function runCli(args: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  const [name, ...rest] = args
  const command = COMMANDS.find((candidate) => candidate.name === name)
  let kept: string | null = null
  const noting: Output = {
    ...output,
    kept: (text) => {
      kept = text
      output.kept?.(text)
    },
  }
  try {
    if (name === undefined) {
      output.err(describeCommands())
      return EXIT.usage
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      const about = COMMANDS.find((candidate) => candidate.name === rest[0])
      output.out(about ? describeCommand(about) : describeCommands())
      return EXIT.done
    }
    if (!command) throw new UsageError(`There is no command ${name}`)
    const options = parseOptions(rest, command.options)
    if (options === 'help') output.out(describeCommand(command))
    else await command.run(options, noting, signal)
    return EXIT.done
  } catch (error) {
    if (signal.aborted) {
      // What could not be written is told all the same.
      if (toErrorDetails(error).code === 'storage') output.err(`stepscope: ${messageOf(error)}\n`)
      output.err(describeInterruption(kept))
      return EXIT.interrupted.SIGINT
    }
    output.err(`stepscope: ${withKept(messageOf(error), toErrorDetails(error).code === 'storage' ? null : kept)}\n`)
    if (!isUsageError(error)) return EXIT.failed
    output.err(`See stepscope ${command ? `${command.name} ` : ''}--help.\n`)
    return EXIT.usage
  }
}

/** A full disk says by itself how to go on; of everything else it is told here what is kept. */
function withKept(message: string, kept: string | null): string {
  if (kept === null) return message
  return `${message}${/[.!?]$/.test(message) ? '' : '.'} ${kept}`
}

function messageOf(error: unknown): string {
  // What the system refused is no fault of this program's, wherever it was met.
  if (error instanceof Error && 'syscall' in error) {
    return fileError('path' in error ? String(error.path) : '', 'The system refused', error).message
  }
  // What nobody foresaw is worth its stack.
  if (toErrorDetails(error).code === 'internal' && error instanceof Error && !(error instanceof UsageError)) {
    return error.stack ?? error.message
  }
  return error instanceof Error ? error.message : String(error)
}

function describeCommands(): string {
  const lines = describeRows(COMMANDS.map(({ name, summary }) => [name, summary]))
  return [
    'Usage: stepscope COMMAND [options]',
    '',
    'Searches a reasoning model’s steps under a process reward model, on WebGPU or the CPU.',
    '',
    'Commands:',
    ...lines,
    '',
    'stepscope COMMAND --help shows its options. Results go to standard output, everything else to standard error.',
    'Exit codes: 0 done, 1 failed, 2 wrong options, 130 interrupted (SIGINT), 143 ended (SIGTERM).',
    '',
  ].join('\n')
}
