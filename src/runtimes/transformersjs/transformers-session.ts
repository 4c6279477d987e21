import type { PreTrainedModel } from '@huggingface/transformers'
import { AutoModelForCausalLM, env, LogLevel, Tensor } from '@huggingface/transformers'
import wasmModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import { StepscopeError } from '../../core/errors.ts'
import { foreignError } from '../../core/foreign-errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { CacheTensors, CausalOutput, CausalRequest, CausalSession } from './causal-session.ts'
import { keepEngineFiles } from './engine-files.ts'
import type { OnnxDevice, OnnxVariant } from './onnx-files.ts'

export const TRANSFORMERS_VERSION: string = env.version

/** Tensors by the names under which the model takes them. */
type NamedTensors = ReadonlyMap<string, Tensor>

/** ONNX Runtime's own tensor, which the library's wraps. */
type RuntimeTensor = Extract<ConstructorParameters<typeof Tensor>, readonly [unknown]>[0]

/** What ONNX Runtime's own tensor offers for data on the GPU. */
interface DeviceTensor {
  readonly gpuBuffer: GPUBuffer
  readonly constructor: {
    fromGpuBuffer(
      buffer: GPUBuffer,
      options: { dataType: string; dims: readonly number[]; dispose: () => void },
    ): RuntimeTensor
  }
}

/** Files that a load under way may ask for, by the number in its model's name. */
const folders = new Map<string, (path: string) => Promise<Response>>()
let loads = 0
const HOST = 'https://files.invalid/'

/** The library asks for files by address; every one is answered from what the person gave, none goes to a network. */
function configure(): void {
  env.allowLocalModels = false
  env.allowRemoteModels = true
  env.remoteHost = HOST
  env.useBrowserCache = false
  env.useWasmCache = false
  env.logLevel = LogLevel.NONE
  env.fetch = (input: string | URL | Request) => {
    const [, model = '', path = ''] = /^https:\/\/files\.invalid\/(.+?)\/resolve\/main\/(.*)$/.exec(String(input)) ?? []
    return folders.get(model)?.(path) ?? Promise.resolve(new Response('', { status: 404 }))
  }
  const { wasm } = env.backends.onnx
  if (wasm) wasm.wasmPaths = { mjs: wasmModuleUrl, wasm: wasmUrl }
}

export interface TransformersOptions {
  readonly files: CheckpointFiles
  readonly variant: OnnxVariant
  readonly device: OnnxDevice
  readonly vocabulary: number
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void
  readonly signal?: AbortSignal
}

/** Opens an ONNX checkpoint in Transformers.js. @throws StepscopeError `unsupported-config` where it cannot be searched with */
export async function openTransformersSession(options: TransformersOptions): Promise<CausalSession> {
  configure()
  const { variant, device, vocabulary } = options
  loads += 1
  const name = `stepscope/model-${loads}`
  folders.set(name, serveFiles(options))
  let model: PreTrainedModel
  try {
    model = await AutoModelForCausalLM.from_pretrained(name, {
      device,
      dtype: variant.dtype,
      model_file_name: variant.base,
      use_external_data_format: variant.files.length - 1,
    })
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw refused(cause, variant, device)
  } finally {
    folders.delete(name)
  }
  const session = new TransformersSession(model, vocabulary)
  try {
    session.checkInputs()
    options.signal?.throwIfAborted()
  } catch (error) {
    await session.dispose()
    throw error
  }
  // Waited for: whoever sees the model loaded may go offline.
  await keepEngineFiles([wasmModuleUrl, wasmUrl, import.meta.url])
  return session
}

/** Answers with the folder's files; the ONNX files wherever they lie in it. */
function serveFiles({ files, variant, onProgress, signal }: TransformersOptions): (path: string) => Promise<Response> {
  const byName = new Map(variant.files.map((path) => [path.replace(/^.*\//, ''), path]))
  let loaded = 0
  return async (path) => {
    const file = byName.get(path.replace(/^.*\//, '')) ?? path
    if (!files.files.includes(file)) return new Response('', { status: 404 })
    const size = await files.size(file)
    let at = 0
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        if (at >= size) return controller.close()
        const bytes = await files.read(file, at, Math.min(size, at + READ_BYTES), signal)
        at += bytes.length
        if (variant.files.includes(file)) {
          loaded += bytes.length
          onProgress?.(loaded, variant.bytes)
        }
        controller.enqueue(bytes)
      },
    })
    return new Response(body, { headers: { 'content-length': String(size) } })
  }
}
const READ_BYTES = 4 * 1024 * 1024

class TransformersSession implements CausalSession {
  readonly vocabulary: number
  private readonly model: PreTrainedModel
  private readonly firstPosition: number

  constructor(model: PreTrainedModel, vocabulary: number) {
    this.model = model
    this.vocabulary = vocabulary
    // These families count positions from 1.
    this.firstPosition = /^(gemma3|gemma3_text|paligemma)$/.test(String(this.model.config.model_type)) ? 1 : 0
  }

  /** @throws StepscopeError where the model wants more than tokens and a cache of keys and values */
  checkInputs(): void {
    const session = Object.values(this.model.sessions)[0] as { inputNames: readonly string[] } | undefined
    const names = session?.inputNames ?? []
    const known =
      /^(input_ids|attention_mask|position_ids|num_logits_to_keep|use_cache_branch|past_key_values\.\d+\.(key|value))$/
    const other = names.find((name) => !known.test(name))
    const cached = names.some((name) => name.startsWith('past_key_values.'))
    if (other === undefined && cached) return
    throw new StepscopeError({
      code: 'unsupported-config',
      message: 'This architecture cannot be searched with: branches need a cache of keys and values only',
      expected: 'inputs input_ids, attention_mask, position_ids and past_key_values',
      found: other ?? (names.join(', ') || 'no inputs'),
      place: { file: 'config.json', field: 'model_type' },
      nextStep: 'Take a decoder such as Llama, Qwen, SmolLM or Gemma, exported with its cache.',
    })
  }

  async run({ ids, past, last }: CausalRequest): Promise<CausalOutput> {
    const rows = ids.length
    const time = ids[0]?.length ?? 0
    const before = past?.length ?? 0
    const int64 = (values: BigInt64Array, dims: number[]) => new Tensor('int64', values, dims)
    const positions = BigInt64Array.from({ length: rows * time }, (_, i) =>
      BigInt(before + (i % time) + this.firstPosition),
    )
    const output: Record<string, Tensor> = await this.model({
      input_ids: int64(BigInt64Array.from(ids.flat(), BigInt), [rows, time]),
      attention_mask: int64(new BigInt64Array(rows * (before + time)).fill(1n), [rows, before + time]),
      position_ids: int64(positions, [rows, time]),
      num_logits_to_keep: int64(BigInt64Array.of(last ? 1n : 0n), []),
      past_key_values: past === null ? null : Object.fromEntries((past as OnnxCache).tensors),
    })
    const present = new Map<string, Tensor>()
    for (const [name, tensor] of Object.entries(output)) {
      if (name.startsWith('present')) present.set(name.replace('present', 'past_key_values'), tensor)
    }
    const cache = new OnnxCache(present, rows, before + time)
    try {
      cache.checkShape()
      if (output.logits === undefined) throw new Error('the model gave no logits')
      return { logits: this.readLogits(output.logits, rows, last), present: cache }
    } catch (error) {
      cache.dispose()
      throw error
    } finally {
      output.logits?.dispose()
    }
  }

  gather(rows: readonly { readonly cache: CacheTensors; readonly row: number }[]): CacheTensors {
    const first = rows[0]?.cache as OnnxCache
    const commands = new DeviceCopies()
    const tensors = new Map<string, Tensor>()
    for (const name of first.tensors.keys()) {
      const parts = rows.map(({ cache, row }) => ({ tensor: (cache as OnnxCache).tensors.get(name) as Tensor, row }))
      tensors.set(name, commands.concatenate(parts))
    }
    commands.submit()
    return new OnnxCache(tensors, rows.length, first.length)
  }

  async dispose(): Promise<void> {
    await this.model.dispose()
  }

  private readLogits(logits: Tensor, rows: number, last: boolean): Float32Array {
    const [, time = 1, vocabulary = 0] = logits.dims
    if (vocabulary !== this.vocabulary) {
      throw new StepscopeError({
        code: 'bad-checkpoint',
        message: 'The model does not belong to its config',
        expected: `logits over ${this.vocabulary} tokens (vocab_size)`,
        found: `${vocabulary}`,
        place: { file: 'config.json', field: 'vocab_size' },
        nextStep: 'Use the config.json of the same checkpoint.',
      })
    }
    const all = toFloats(logits)
    if (!last || time === 1) return all
    const picked = new Float32Array(rows * vocabulary)
    for (let row = 0; row < rows; row++) {
      const from = (row * time + time - 1) * vocabulary
      picked.set(all.subarray(from, from + vocabulary), row * vocabulary)
    }
    return picked
  }
}

/** Keys and values as the runtime's tensors, in main memory or on the GPU. */
class OnnxCache implements CacheTensors {
  readonly tensors: NamedTensors
  readonly rows: number
  readonly length: number

  constructor(tensors: NamedTensors, rows: number, length: number) {
    this.tensors = tensors
    this.rows = rows
    this.length = length
  }

  get bytes(): number {
    let sum = 0
    for (const tensor of this.tensors.values()) sum += tensor.size * elementBytes(tensor)
    return sum
  }

  /** @throws StepscopeError where rows cannot be told apart */
  checkShape(): void {
    for (const [name, { dims }] of this.tensors) {
      if (dims.length === 4 && dims[0] === this.rows && dims[2] === this.length) continue
      throw new StepscopeError({
        code: 'unsupported-config',
        message: 'The cache of this architecture cannot be divided into branches',
        expected: `${name} as [rows, heads, positions, dimensions] with ${this.rows} and ${this.length}`,
        found: `[${dims.join(', ')}]`,
        nextStep: 'Take a decoder such as Llama, Qwen or SmolLM with full attention.',
      })
    }
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose()
  }
}

/** STORAGE, COPY_DST and COPY_SRC, as the runtime's own buffers have them. */
const BUFFER_USAGE = 0x80 | 0x08 | 0x04

/** Copies rows of tensors: in main memory at once, on the GPU in one submission. */
class DeviceCopies {
  private encoder: GPUCommandEncoder | null = null

  concatenate(parts: readonly { readonly tensor: Tensor; readonly row: number }[]): Tensor {
    const model = parts[0]?.tensor as Tensor
    const dims = [parts.length, ...model.dims.slice(1)]
    const size = dims.slice(1).reduce((product, dim) => product * dim, 1)
    if (model.location === 'gpu-buffer') return this.onDevice(parts, dims, size * elementBytes(model))
    const data = model.data as Float32Array
    const values = new (data.constructor as Float32ArrayConstructor)(parts.length * size)
    for (const [index, { tensor, row }] of parts.entries()) {
      values.set((tensor.data as Float32Array).subarray(row * size, (row + 1) * size), index * size)
    }
    return new Tensor(model.type, values, dims)
  }

  submit(): void {
    if (this.encoder !== null) device().queue.submit([this.encoder.finish()])
  }

  private onDevice(
    parts: readonly { readonly tensor: Tensor; readonly row: number }[],
    dims: readonly number[],
    rowBytes: number,
  ): Tensor {
    this.encoder ??= device().createCommandEncoder()
    const buffer = device().createBuffer({ size: Math.max(16, parts.length * rowBytes), usage: BUFFER_USAGE })
    for (const [index, { tensor, row }] of parts.entries()) {
      this.encoder.copyBufferToBuffer(onDevice(tensor).gpuBuffer, row * rowBytes, buffer, index * rowBytes, rowBytes)
    }
    const model = parts[0]?.tensor as Tensor
    const { fromGpuBuffer } = onDevice(model).constructor
    return new Tensor(fromGpuBuffer(buffer, { dataType: model.type, dims, dispose: () => buffer.destroy() }))
  }
}

const onDevice = (tensor: Tensor): DeviceTensor => (tensor as unknown as { ort_tensor: DeviceTensor }).ort_tensor
const device = (): GPUDevice => (env.backends.onnx.webgpu as unknown as { device: GPUDevice }).device
const elementBytes = ({ type }: Tensor): number => (type === 'float16' ? 2 : 4)

function toFloats(tensor: Tensor): Float32Array {
  const data = tensor.data as ArrayLike<number>
  if (data instanceof Float32Array) return data
  if (tensor.type !== 'float16' || !(data instanceof Uint16Array)) return Float32Array.from(data)
  // Where the browser has no array of f16, the runtime gives the bits.
  return Float32Array.from(data, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    if (exponent === 0) return (sign * fraction) / 2 ** 24
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

function refused(cause: unknown, variant: OnnxVariant, onDevice: OnnxDevice): StepscopeError {
  if (cause instanceof StepscopeError) return cause
  const known = foreignError(cause)
  const place = { file: variant.files[0] ?? 'model.onnx' }
  if (known) return new StepscopeError(known.code === 'old-page' ? known : { ...known, place }, { cause })
  return new StepscopeError(
    {
      code: 'unsupported-config',
      message: 'Transformers.js cannot open the model',
      expected: `an ONNX decoder of a family it knows, on ${onDevice}`,
      place,
      nextStep: 'Choose another precision, device or model.',
    },
    { cause },
  )
}
