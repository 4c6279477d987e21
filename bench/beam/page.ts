import { measurePeer } from './peer-transformersjs.ts'

const api = { measurePeer }
export type BeamPageApi = typeof api
Object.assign(globalThis, { bench: api })
