import { setMaxListeners } from 'node:events'
import { fstatSync, writeSync } from 'node:fs'
import process from 'node:process'
import { fileError } from './files.ts'
import type { Output } from './output.ts'
import { EXIT, runCli } from './run-cli.ts'

const { stdout, stderr, env } = process

/** How long a command may take to free what it holds once it is interrupted. */
const PATIENCE_MS = 2000

// A reader that has seen enough (`| head`) closes the pipe: that is no error.
stdout.on('error', (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'EPIPE') process.exit(EXIT.done)
  fail(fileError('standard output', 'It cannot be written', cause))
})

const output: Output = {
  out: stdoutIsFile() ? writeWholeSync : (text) => void stdout.write(text),
  err: (text) => {
    stderr.write(text)
  },
  color: stdout.isTTY === true && !env.NO_COLOR,
  progress: stderr.isTTY === true,
}

const controller = new AbortController()
// Every search that runs at the same time listens for it.
setMaxListeners(0, controller.signal)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first interrupt lets the command free what it holds, for a while; the second ends it as usual.
  process.once(signal, () => {
    controller.abort()
    setTimeout(() => {
      stderr.write('stepscope: Interrupted.\n')
      process.exit(EXIT.interrupted)
    }, PATIENCE_MS).unref()
  })
}

process.exitCode = await runCli(process.argv.slice(2), output, controller.signal)

function stdoutIsFile(): boolean {
  try {
    return fstatSync(1).isFile()
  } catch {
    return false
  }
}

/** Into a file: Node's own stream takes a write for whole that the disk took only a part of. */
function writeWholeSync(text: string): void {
  let rest = Buffer.from(text)
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest))
  } catch (cause) {
    fail(fileError('standard output', 'It cannot be written', cause))
  }
}

function fail(error: Error): never {
  stderr.write(`stepscope: ${error.message}\n`)
  process.exit(EXIT.failed)
}
