/// <reference lib="webworker" />
import type { ToWorker } from './protocol.ts'

/*
 * The entry, and nothing else. Parts of a build import what they share from the file that has it; were that the entry, a
 * worker whose own address differs from the one that they name would run a second time in the same worker, and answer twice.
 */
const scope = self as unknown as DedicatedWorkerGlobalScope
const waiting: MessageEvent<ToWorker>[] = []
const wait = (message: MessageEvent<ToWorker>) => void waiting.push(message)
scope.addEventListener('message', wait)
const { serve } = await import('./serve.ts')
scope.removeEventListener('message', wait)
serve(waiting)
