import { openUrlCheckpoint } from '../../src/engine/checkpoint/checkpoint-files-url.ts'
import type { Roofline } from '../roofline/measure.ts'
import type { DecodeCell, EngineSession, PrefillCell, ScoreCell } from './cells.ts'
import type { StepscopeOptions } from './stepscope.ts'
import { StepscopeSession } from './stepscope.ts'
import type { TransformersJsOptions } from './transformersjs.ts'
import { openTransformersJs } from './transformersjs.ts'
import type { WllamaOptions } from './wllama.ts'
import { WllamaSession } from './wllama.ts'

export type PageEngine =
  | ({ readonly kind: 'stepscope' } & StepscopeOptions)
  | ({ readonly kind: 'transformersjs' } & TransformersJsOptions)
  | ({ readonly kind: 'wllama' } & WllamaOptions)

const FILES = ['config.json', 'model.safetensors']

let session: EngineSession | null = null

async function openSession(engine: PageEngine, model: string): Promise<EngineSession> {
  if (engine.kind === 'transformersjs') return openTransformersJs(engine, model)
  if (engine.kind === 'wllama') return WllamaSession.open(engine, model)
  return StepscopeSession.open(engine, await openUrlCheckpoint({ baseUrl: `/models/${model}/`, files: FILES }))
}

function opened(): EngineSession {
  if (session === null) throw new Error('no engine was opened')
  return session
}

const api = {
  async open(engine: PageEngine, model: string): Promise<string> {
    session = await openSession(engine, model)
    return session.adapter
  },
  decode: (cell: DecodeCell) => opened().decode(cell),
  prefill: (cell: PrefillCell) => opened().prefill(cell),
  score: (cell: ScoreCell) => opened().score(cell),
  roofline(): Promise<Roofline> {
    if (!(session instanceof StepscopeSession)) throw new Error('only the own engine measures the roofline')
    return session.roofline()
  },
}
export type EnginesPageApi = typeof api
Object.assign(globalThis, { engines: api })
