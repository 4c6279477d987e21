import { fstatSync, writeSync } from 'node:fs'
import process from 'node:process'
import { SHARE_ENV, Worker } from 'node:worker_threads'
import type { ThreadData, ThreadMessage } from './command-thread.ts'
import { EXIT } from './exit.ts'
import { fileError } from './files.ts'
import { describeInterruption } from './output.ts'

const { stdout, stderr, env } = process

/** How long a command may take to end by itself once it is told to, and then its thread to be cut off. */
const PATIENCE_MS = 1300
const CUT_OFF_MS = 500

type Signal = keyof typeof EXIT.interrupted

const data: ThreadData = {
  args: process.argv.slice(2),
  color: stdout.isTTY === true && !env.NO_COLOR,
  progress: stderr.isTTY === true,
}
// As sources, or bundled (scripts/bundle-cli.mjs).
const isSource = import.meta.url.endsWith('.ts')
// A thread of its own: no loop of a command keeps a signal waiting.
const thread = new Worker(new URL(`./command-thread.${isSource ? 'ts' : 'mjs'}`, import.meta.url), {
  workerData: data,
  // Dawn reads what is set there.
  env: SHARE_ENV,
  execArgv: isSource ? ['--import', new URL('../../scripts/register.mjs', import.meta.url).href] : [],
})
let kept: string | null = null
let holdsDevice = false
let stopped: { readonly code: number; readonly signal?: Signal | undefined } | null = null
const out = stdoutIsFile() ? writeWholeSync : (text: string) => void stdout.write(text)

thread.on('message', (message: ThreadMessage) => {
  switch (message.type) {
    case 'out':
      return out(message.text)
    case 'err':
      // Where nobody reads the results any more, there is nothing to say.
      if (stopped === null || stopped.signal !== undefined) stderr.write(message.text)
      return
    case 'kept':
      kept = message.text
      return
    case 'device':
      holdsDevice = true
      return
    case 'ended':
      process.exitCode = stopped !== null && message.code !== EXIT.done ? stopped.code : message.code
  }
})
thread.on('error', (error) => {
  const full = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  const more = 'Allow more by NODE_OPTIONS=--max-old-space-size=MIB, or give it less to work on.'
  stderr.write(`stepscope: ${full ? `The memory that Node may take is used up. ${more}` : error.stack}\n`)
  if (kept !== null) stderr.write(`stepscope: ${kept}\n`)
  process.exitCode = EXIT.failed
})
thread.on('exit', () => {
  if (stopped !== null) process.exitCode ??= stopped.code
})

// A reader that has seen enough (`| head`) closes the pipe: that is no error.
stdout.on('error', (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'EPIPE') stop(EXIT.done)
  else failWriting(cause)
})

// Nobody hears what is said there, and the command goes on.
stderr.on('error', () => {})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  const early = process.listeners(signal)
  process.on(signal, () => {
    // The first lets the command free what it holds, for a while; the second ends it at once.
    if (stopped !== null) {
      stderr.write(describeInterruption(kept))
      endBy(signal)
    }
    stop(EXIT.interrupted[signal], signal)
  })
  // Those of the time before this module was read.
  for (const listener of early) process.removeListener(signal, listener)
}

/** Tells the command to stop; where it does not, ends it. */
function stop(code: number, signal?: Signal): void {
  if (stopped !== null) return
  stopped = { code, signal }
  thread.postMessage('stop')
  setTimeout(() => {
    if (signal !== undefined) stderr.write(describeInterruption(kept))
    const end = (): void => (signal === undefined ? process.exit(code) : endBy(signal))
    if (holdsDevice) end()
    void thread.terminate()
    setTimeout(end, CUT_OFF_MS).unref()
  }, PATIENCE_MS).unref()
}

/** As without a handler: at once, whatever the thread is at. A shell sees 130 or 143. */
function endBy(signal: Signal): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

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
    failWriting(cause)
  }
}

function failWriting(cause: unknown): void {
  if (stopped !== null) return
  stderr.write(`stepscope: ${fileError('standard output', 'It cannot be written', cause).message}\n`)
  stop(EXIT.failed)
}
