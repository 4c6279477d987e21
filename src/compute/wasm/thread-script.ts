import { CONTROL } from './control-block.ts'
import { WORK_LOAD } from './runner-module.ts'

/** What a thread starts with. */
export interface ThreadStart {
  readonly memory: WebAssembly.Memory
  readonly runner: Uint8Array<ArrayBuffer>
  /** From 1; the owner is thread 0. */
  readonly thread: number
}

/**
 * A thread's whole script, as text: it has to start from a blob in the browser and without a file in Node. Modules are a list in
 * the memory: (address of the next, bytes, first place, places), then their code.
 */
const WORK = `
function work({ memory, runner, thread }) {
  const words = () => new Int32Array(memory.buffer)
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  const env = { memory, table, host: () => 0, patience: () => 1 }
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(runner), { env })
    let modules = 0
    let last = 0
    while (exports.work(thread, modules) === ${WORK_LOAD}) {
      for (const end = Atomics.load(words(), ${CONTROL.modules / 4}); modules < end; modules++) {
        last = words()[last === 0 ? ${CONTROL.moduleList / 4} : last >>> 2] >>> 0
        const [, bytes, base, places] = words().subarray(last >>> 2, (last >>> 2) + 4)
        if (table.length < base + places) table.grow(base + places - table.length)
        const code = new Uint8Array(memory.buffer, last + 16, bytes).slice()
        new WebAssembly.Instance(new WebAssembly.Module(code), { env })
      }
    }
  } catch (error) {
    Atomics.store(words(), ${CONTROL.failed / 4}, 1)
    Atomics.notify(words(), ${CONTROL.done / 4})
    throw error
  }
}
`

export const BROWSER_SCRIPT = `${WORK}
onmessage = ({ data }) => {
  postMessage('ready')
  work(data)
}
`

export const NODE_SCRIPT = `${WORK}
const { parentPort, workerData } = require('node:worker_threads')
parentPort.postMessage('ready')
work(workerData)
`
