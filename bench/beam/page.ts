import { measureBeam } from './measure-stepscope.ts'
import { measurePeer } from './peer-transformersjs.ts'

const api = { measureBeam, measurePeer }
export type BeamPageApi = typeof api
Object.assign(globalThis, { bench: api })
