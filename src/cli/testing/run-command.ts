import { runCli } from '../run-cli.ts'

/** What a command wrote, and its exit code. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command in this process, as without a terminal. */
export async function runCommand(...args: readonly string[]): Promise<Ran> {
  let out = ''
  let err = ''
  const output = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
    color: false,
    progress: false,
  }
  const code = await runCli(args, output, new AbortController().signal)
  return { code, out, err }
}
