import { AutoModelForCausalLM, env, Tensor } from '@huggingface/transformers'
import type { OnnxDtype } from '../models/onnx-products.ts'
import type { OnnxModel } from './onnx-session.ts'
import { OnnxSession } from './onnx-session.ts'

/** The parts of a loaded model that the loop needs. */
interface ModelConfig {
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads?: number
  readonly hidden_size: number
  readonly head_dim?: number
}

export interface TransformersJsOptions {
  readonly device: 'webgpu' | 'wasm'
  /** Of the WASM build; more than one needs a page that is isolated from other origins. */
  readonly threads: number
  readonly dtype?: OnnxDtype
}

export async function openTransformersJs(
  { device, threads, dtype = 'fp32' }: TransformersJsOptions,
  name: string,
): Promise<OnnxSession<Tensor>> {
  env.allowLocalModels = true
  env.allowRemoteModels = false
  env.useBrowserCache = false
  env.localModelPath = '/models/'
  if (env.backends.onnx.wasm !== undefined) {
    env.backends.onnx.wasm.wasmPaths = '/peer-wasm/'
    env.backends.onnx.wasm.numThreads = threads
  }
  const model = await AutoModelForCausalLM.from_pretrained(name, { device, dtype })
  const config = model.config as unknown as ModelConfig
  const onnx: OnnxModel<Tensor> = {
    adapter: device === 'webgpu' ? 'WebGPU' : `WASM, ${threads === 1 ? '1 thread' : `${threads} threads`}, ${dtype}`,
    layers: config.num_hidden_layers,
    keyValueHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headDim: config.head_dim ?? config.hidden_size / config.num_attention_heads,
    integers: (values, dims) => new Tensor('int64', values, [...dims]),
    floats: (values, dims) => new Tensor('float32', values, [...dims]),
    async values(tensor) {
      if (tensor.location !== 'gpu-buffer') return tensor.data as Float32Array
      const { ort_tensor } = tensor as unknown as { ort_tensor: { getData(): Promise<Float32Array> } }
      return await ort_tensor.getData()
    },
    run: async (inputs, past) => (await model({ ...inputs, past_key_values: past })) as Record<string, Tensor>,
    dispose: async () => {
      await model.dispose()
    },
  }
  return new OnnxSession(onnx)
}
