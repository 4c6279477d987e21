import { StepscopeError } from '../../core/errors.ts'
import { hasChatTemplate } from '../../engine/checkpoint/chat-template.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { browserCheckpointFiles } from '../../engine/checkpoint/checkpoint-files-browser.ts'
import { missingFile } from '../../engine/checkpoint/checkpoint-text.ts'
import { readManifest } from '../../engine/checkpoint/manifest.ts'
import type { HubModel } from '../../hub/hub-client.ts'
import { HUB } from '../../hub/hub-client.ts'
import type { StatedManifest } from '../../search/manifest.ts'
import { lookUp, openHubModel } from './hub-files.ts'
import { readOnnxConfig } from './onnx-config.ts'
import type { OnnxDevice, OnnxDtype } from './onnx-files.ts'
import { defaultDtype, needsF16, onnxVariants } from './onnx-files.ts'
import { webgpuFeatures } from './webgpu-features.ts'

/** Where an ONNX checkpoint comes from. */
export type OnnxOrigin =
  | { readonly kind: 'folder'; readonly files: readonly File[] }
  | ({ readonly kind: 'hub' } & HubModel)

/** What an ONNX checkpoint holds, before it is loaded. */
export interface OnnxSummary {
  readonly name: string
  readonly family: string
  readonly parameters: number
  readonly variants: readonly {
    readonly dtype: OnnxDtype
    readonly bytes: number
    /** It computes in f16. */
    readonly f16: boolean
  }[]
  readonly manifest: StatedManifest
  /** Whether it comes with a chat template. */
  readonly chat: boolean
  readonly webgpu: boolean
  /** Whether the adapter computes in f16. */
  readonly f16: boolean
  readonly suggested: { readonly dtype: OnnxDtype; readonly device: OnnxDevice }
}

/** Reads the small files of a checkpoint. @throws StepscopeError with what is missing or not covered */
export async function inspectOnnx(origin: OnnxOrigin, signal?: AbortSignal): Promise<OnnxSummary> {
  let files: CheckpointFiles
  let sizes: { readonly path: string; readonly size: number }[]
  if (origin.kind === 'hub') {
    sizes = (await lookUp(origin, signal)).files
    files = await openHubModel(origin, null, signal ? { signal } : {})
  } else {
    const folder = browserCheckpointFiles(origin.files)
    files = folder
    sizes = await Promise.all(folder.files.map(async (path) => ({ path, size: await folder.size(path) })))
  }
  const variants = onnxVariants(sizes)
  const config = await readOnnxConfig(files, signal)
  if (!files.files.includes('tokenizer.json')) throw missingFile(files, 'tokenizer.json')
  const { webgpu, f16 } = await webgpuFeatures()
  // Where there is a choice, WASM is the one that runs everywhere alike; large models gain from a graphics card.
  const device = webgpu && config.parameters > LARGE ? 'webgpu' : 'wasm'
  const dtype = defaultDtype(variants, device, f16)
  if (dtype === null) {
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: `${files.name} has no ONNX model`,
      expected: 'onnx/model.onnx, or with a precision in its name (model_q4.onnx, model_quantized.onnx, …)',
      found:
        sizes
          .map(({ path }) => path)
          .slice(0, 12)
          .join(', ') || 'no files',
      nextStep:
        origin.kind === 'hub'
          ? `Search ${new URL(HUB).host} for an ONNX export of it.`
          : 'Choose the folder that holds config.json and onnx/.',
    })
  }
  return {
    name: files.name,
    family: config.family,
    parameters: config.parameters,
    variants: variants.map((variant) => ({
      dtype: variant.dtype,
      bytes: variant.bytes,
      f16: needsF16(variant.dtype),
    })),
    manifest: await readManifest(files, signal),
    chat: await hasChatTemplate(files, signal),
    webgpu,
    f16,
    suggested: { dtype, device },
  }
}

const LARGE = 50_000_000
