import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './judge.ts'
import { makeMutant } from './judge.ts'

export interface FuzzOptions {
  readonly seed: number
  /** Mutants first … first + count − 1 of the seed. */
  readonly first: number
  readonly count: number
  /** Milliseconds that one mutant may take before it counts as a hang. */
  readonly timeout: number
  readonly processes: number
  /** The program that judges; another in tests of the fuzzer itself. */
  readonly child?: URL
}

export type Judged = Outcome & { readonly index: number }

const CHILD = new URL('child.ts', import.meta.url)
const REGISTER = new URL('../register.mjs', import.meta.url).href
const START_MS = 60_000

/** Judges mutants in processes of their own, each bounded in time and memory; ordered by index. */
export async function runFuzz(options: FuzzOptions, onDone: (done: number) => void = () => {}): Promise<Judged[]> {
  const { seed, first, count, processes } = options
  const judged: Judged[] = []
  let next = first
  const work = async (): Promise<void> => {
    let child: Child | null = null
    while (next < first + count) {
      const index = next++
      child ??= await Child.start(options.child ?? CHILD)
      const outcome = await child.ask(seed, index, options.timeout)
      if (!child.alive) child = null
      judged.push(outcome)
      onDone(judged.length)
    }
    child?.stop()
  }
  await Promise.all(Array.from({ length: processes }, work))
  return judged.toSorted((a, b) => a.index - b.index)
}

class Child {
  alive = true
  private readonly process: ChildProcess
  private errors = ''

  private constructor(process: ChildProcess) {
    this.process = process
    process.stderr?.on('data', (part: Buffer) => {
      this.errors = `${this.errors}${part.toString()}`.slice(-2000)
    })
    process.once('exit', () => {
      this.alive = false
    })
  }

  static async start(program: URL): Promise<Child> {
    const options = ['--import', REGISTER, '--max-old-space-size=768']
    const child = new Child(
      fork(fileURLToPath(program), { execArgv: options, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
    )
    const started = await child.answer(START_MS)
    if (started === 'exit' || started === 'timeout') throw new Error(`the fuzzer does not start: ${child.errors}`)
    return child
  }

  async ask(seed: number, index: number, timeout: number): Promise<Judged> {
    this.process.send({ seed, index })
    const answer = await this.answer(timeout)
    if (answer !== 'exit' && answer !== 'timeout') return answer as Judged
    this.stop()
    const { target, how } = makeMutant(seed, index)
    const fault = answer === 'exit' ? 'crash' : 'hang'
    const words = answer === 'exit' ? this.errors.slice(-400) : `no end after ${timeout} ms`
    return { format: target.name, how, fault, refused: false, words, index }
  }

  stop(): void {
    this.alive = false
    this.process.kill('SIGKILL')
  }

  private answer(timeout: number): Promise<unknown> {
    return new Promise((resolve) => {
      const settle = (answer: unknown): void => {
        clearTimeout(timer)
        this.process.off('message', settle)
        this.process.off('exit', exited)
        resolve(answer)
      }
      const exited = (): void => settle('exit')
      const timer = setTimeout(() => settle('timeout'), timeout)
      this.process.on('message', settle)
      this.process.on('exit', exited)
    })
  }
}
