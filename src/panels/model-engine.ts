import type { OnnxSettings } from '../state/models/onnx-state.ts'

/** In brackets behind a model of the person's own: where it is from, or what runs it where it is not our engine. */
export function engineOf(model: { readonly onnx?: OnnxSettings }): string {
  if (!model.onnx) return 'local'
  return `Transformers.js on ${deviceName(model.onnx.device)}`
}

export const deviceName = (device: OnnxSettings['device']): string => (device === 'wasm' ? 'WASM' : 'WebGPU')
