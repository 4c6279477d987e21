import process from 'node:process'
import { judge } from './judge.ts'

/** Bytes that reading a file of some kilobytes may leave behind. */
const MOST_BYTES = 2 ** 30

/** Judges the mutants that its parent names, one after the other. */
process.on('message', (message: { readonly seed: number; readonly index: number }) => {
  void judge(message.seed, message.index).then((outcome) => {
    const bytes = process.memoryUsage().rss
    const words = `${Math.round(bytes / 2 ** 20)} MiB are held after reading it`
    process.send?.({ ...outcome, index: message.index, ...(bytes > MOST_BYTES ? { fault: 'crash', words } : {}) })
    if (bytes > MOST_BYTES) process.exit(1)
  })
})
process.send?.({ ready: true })
