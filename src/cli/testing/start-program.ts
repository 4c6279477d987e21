import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../bin/stepscope.mjs', import.meta.url))

/** How a program ended: by an exit code, or by the signal itself. */
export interface ProgramEnd {
  /** What a shell says of either. */
  readonly status: number | null
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface StartedProgram {
  readonly ended: Promise<ProgramEnd>
  /** What it has written to standard output by now. */
  written(): string
  /** Whether it has ended. */
  hasEnded(): boolean
  /** Sends a signal. Resolves with how the program ended and after how many milliseconds. */
  end(signal: NodeJS.Signals): Promise<ProgramEnd & { readonly milliseconds: number }>
}

/** Starts the command line as a process of its own, as a person does. */
export function startProgram(...args: readonly string[]): StartedProgram {
  const child = spawn(process.execPath, [PROGRAM, ...args])
  let [out, err, over] = ['', '', false]
  child.stdout.on('data', (data) => {
    out += data
  })
  child.stderr.on('data', (data) => {
    err += data
  })
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once('close', (code, signal) => {
      over = true
      const status = code ?? (signal === null ? null : 128 + constants.signals[signal])
      resolve({ status, code, signal, out, err })
    })
  })
  return {
    ended,
    written: () => out,
    hasEnded: () => over,
    end: async (signal) => {
      const started = performance.now()
      child.kill(signal)
      const end = await ended
      return { ...end, milliseconds: performance.now() - started }
    },
  }
}
