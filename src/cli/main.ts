import { setMaxListeners } from 'node:events'
import process from 'node:process'
import type { Output } from './output.ts'
import { runCli } from './run-cli.ts'

const { stdout, stderr, env } = process

// A reader that has seen enough (`| head`) closes the pipe: that is no error.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const output: Output = {
  out: (text) => {
    stdout.write(text)
  },
  err: (text) => {
    stderr.write(text)
  },
  color: stdout.isTTY === true && !env.NO_COLOR,
  progress: stderr.isTTY === true,
}

const controller = new AbortController()
// Every search that runs at the same time listens for it.
setMaxListeners(0, controller.signal)
// The first interrupt lets the command free what it holds; the second ends it as usual.
process.once('SIGINT', () => controller.abort())

process.exitCode = await runCli(process.argv.slice(2), output, controller.signal)
