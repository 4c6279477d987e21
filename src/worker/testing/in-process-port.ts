import type { ErrorDetails } from '../../core/errors.ts'
import type { WorkerPort } from '../client.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'

/** A worker in the same process: messages are copied and arrive in a later task, as across a real boundary. */
export class InProcessPort implements WorkerPort {
  terminated = false
  /** Busy in a loop: messages arrive, none is looked at, and it says nothing. */
  hung = false
  private receive: (message: FromWorker) => void = () => {}
  private crashed: (error: ErrorDetails) => void = () => {}
  private readonly handle: (message: ToWorker) => Promise<void>

  constructor(create: (post: (message: FromWorker) => void) => { handle(message: ToWorker): Promise<void> }) {
    const service = create((message) => {
      if (!this.hung) this.deliver(() => this.receive(structuredClone(message)))
    })
    this.handle = (message) => service.handle(message)
  }

  post(message: ToWorker): void {
    const copy = structuredClone(message)
    this.deliver(() => {
      if (!this.hung) void this.handle(copy)
    })
  }

  listen(onMessage: (message: FromWorker) => void, onCrash: (error: ErrorDetails) => void): void {
    this.receive = onMessage
    this.crashed = onCrash
  }

  /** The worker dies without a word of its own. */
  crash(): void {
    this.terminated = true
    this.crashed({ code: 'device-lost', message: 'The engine stopped: out of memory.' })
  }

  terminate(): void {
    this.terminated = true
  }

  private deliver(action: () => void): void {
    setTimeout(() => {
      if (!this.terminated) action()
    }, 0)
  }
}
