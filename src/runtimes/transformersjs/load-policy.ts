import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { hashCheckpoint } from '../../engine/checkpoint/checkpoint-hash.ts'
import { policyManifest } from '../../engine/checkpoint/manifest.ts'
import { readPromptWriter } from '../../engine/prompt/prompt-writer.ts'
import { stepFlags } from '../../engine/tokenizer/step-end.ts'
import { readTokenizer } from '../../engine/tokenizer/tokenizer.ts'
import type { StatedManifest } from '../../search/manifest.ts'
import { readOnnxConfig } from './onnx-config.ts'
import type { OnnxDevice, OnnxDtype } from './onnx-files.ts'
import { needsF16, onnxVariants } from './onnx-files.ts'
import { SnapshotModel } from './snapshot-model.ts'
import { SnapshotPolicy } from './snapshot-policy.ts'
import { openTransformersSession, TRANSFORMERS_VERSION } from './transformers-session.ts'
import { webgpuFeatures } from './webgpu-features.ts'

export interface OnnxLoadOptions {
  /** Shown and stored with runs: source, precision and device. */
  readonly id: string
  readonly files: CheckpointFiles
  readonly dtype: OnnxDtype
  readonly device: OnnxDevice
  readonly manifest?: StatedManifest
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void
  readonly signal?: AbortSignal
}

export interface LoadedOnnxPolicy {
  readonly policy: SnapshotPolicy
  /** Of the ONNX files. */
  readonly weightBytes: number
}

/**
 * Loads an ONNX checkpoint as a policy on Transformers.js. The small files are checked before the large ones are read.
 * @throws StepscopeError with what was expected and found; `cancelled` where the signal aborts
 */
export async function loadOnnxPolicy(options: OnnxLoadOptions): Promise<LoadedOnnxPolicy> {
  const { files, signal, dtype, device } = options
  try {
    const config = await readOnnxConfig(files, signal)
    const manifest = await policyManifest(files, options.manifest ?? {}, signal)
    const { stepEnds } = manifest
    const tokenizer = await readTokenizer(files, signal)
    tokenizer.fitTo(config.vocabSize)
    const prompts = await readPromptWriter(files, manifest, tokenizer, signal)
    const sized = await Promise.all(
      files.files
        .filter((path) => path.includes('.onnx'))
        .map(async (path) => ({ path, size: await files.size(path) })),
    )
    const variants = onnxVariants(sized)
    const variant = variants.find((found) => found.dtype === dtype)
    if (!variant)
      throw missingDtype(
        files.name,
        dtype,
        variants.map((found) => found.dtype),
      )
    await checkDevice(device, dtype)
    const hash = await hashCheckpoint(files, variant.files, signal)
    const session = await openTransformersSession({ ...options, variant, vocabulary: config.vocabSize })
    const policy = new SnapshotPolicy({
      model: new SnapshotModel(session, config.maxPositions),
      tokenizer,
      prompts,
      stepEnds,
      eosTokenIds: config.eosTokenIds,
      tokenFlags: stepFlags(config, tokenizer, stepEnds),
      manifest,
      info: {
        id: options.id,
        hash,
        family: config.family,
        parameters: config.parameters,
        contextLength: config.maxPositions,
        backend: 'transformers.js',
        adapter: `Transformers.js ${TRANSFORMERS_VERSION} on ${device === 'wasm' ? 'WASM' : 'WebGPU'}, ${dtype}`,
        flops: config.flops,
      },
    })
    return { policy, weightBytes: variant.bytes }
  } catch (error) {
    if (signal?.aborted) throw new StepscopeError({ code: 'cancelled', message: 'Loading was cancelled.' })
    throw error
  }
}

function missingDtype(name: string, dtype: string, found: readonly string[]): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: `${name} has no ONNX file in this precision`,
    expected: dtype,
    found: found.length === 0 ? 'no ONNX model (onnx/model*.onnx)' : found.join(', '),
    nextStep: found.length === 0 ? 'Choose a repository or folder with an ONNX export.' : 'Choose one of those.',
  })
}

/** @throws StepscopeError where the device is not there or cannot compute in this precision */
async function checkDevice(device: OnnxDevice, dtype: OnnxDtype): Promise<void> {
  if (device === 'wasm') return
  const { webgpu, f16 } = await webgpuFeatures()
  if (!webgpu) {
    throw new StepscopeError({
      code: 'no-adapter',
      message: 'This browser offers no WebGPU adapter',
      expected: 'WebGPU',
      found: 'none',
      nextStep: 'Choose WASM.',
    })
  }
  if (!needsF16(dtype) || f16) return
  throw new StepscopeError({
    code: 'unsupported-config',
    message: `The precision ${dtype} computes in f16, which this adapter does not`,
    expected: 'the WebGPU feature shader-f16',
    found: 'an adapter without it',
    nextStep: 'Choose q4 or fp32, or WASM.',
  })
}
