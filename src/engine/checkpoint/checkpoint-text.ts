import { StepscopeError } from '../../core/errors.ts'
import { readJsonText } from '../../core/json.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'

/** Texts of a checkpoint folder are read whole; a tokenizer of 150,000 tokens has about 12 MB. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024

/** What of a checkpoint is read besides its weights, where it is there. */
export const SMALL_FILES: readonly string[] = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'stepscope.json',
]
export const WEIGHTS_FILE = 'model.safetensors'
export const INDEX_FILE = 'model.safetensors.index.json'
const ADAPTER_CONFIG_FILE = 'adapter_config.json'
const ADAPTER_WORDS = 'is a PEFT adapter (LoRA): changes to a base model, and no model by itself'

/** Whether the folder has this file. */
export function hasFile(files: CheckpointFiles, file: string): boolean {
  return files.files.includes(file)
}

/**
 * A whole text file (UTF-8).
 * @throws StepscopeError `bad-checkpoint` where it is missing or too large
 */
export async function readText(files: CheckpointFiles, file: string, signal?: AbortSignal): Promise<string> {
  if (!hasFile(files, file)) throw await describeMissing(files, file)
  const size = await files.size(file)
  if (size > MAX_TEXT_BYTES) {
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The file is too large to be a configuration',
      expected: `at most ${MAX_TEXT_BYTES} bytes`,
      found: `${size} bytes`,
      place: { file },
    })
  }
  return new TextDecoder().decode(await files.read(file, 0, size, signal))
}

/**
 * A JSON file of the folder.
 * @throws StepscopeError `bad-checkpoint` where it is missing or not JSON
 */
export async function readJson(files: CheckpointFiles, file: string, signal?: AbortSignal): Promise<unknown> {
  const text = await readText(files, file, signal)
  return readJsonText(text, { place: { file }, code: 'bad-checkpoint', nextStep: 'Download the file again.' })
}

/** The folder lacks a file that a checkpoint has, or that another file names; where its weights are of another kind, that is said. */
export function missingFile(files: CheckpointFiles, file: string): StepscopeError {
  const kind = hasFile(files, WEIGHTS_FILE) || hasFile(files, INDEX_FILE) ? undefined : kindOf(files, file)
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: `The folder ${files.name} ${kind?.message ?? `has no ${file}`}`,
    expected: 'a Hugging Face folder: config.json, tokenizer.json, model.safetensors',
    found: files.files.length === 0 ? 'no files' : files.files.slice(0, 12).join(', '),
    place: { file },
    nextStep: kind?.nextStep ?? 'Choose the folder that holds the checkpoint itself.',
  })
}

/** As `missingFile`; an adapter's base model is named. */
export async function describeMissing(files: CheckpointFiles, file: string): Promise<StepscopeError> {
  const error = missingFile(files, file)
  if (!error.details.message.endsWith(ADAPTER_WORDS) || !hasFile(files, ADAPTER_CONFIG_FILE)) return error
  const config = await readJson(files, ADAPTER_CONFIG_FILE).catch(() => null)
  const base = (config as { readonly base_model_name_or_path?: unknown } | null)?.base_model_name_or_path
  if (typeof base !== 'string' || base === '') return error
  return new StepscopeError({ ...error.details, message: `${error.details.message}; its base model is ${base}` })
}

function kindOf(files: CheckpointFiles, missing: string) {
  return OTHER_KINDS.find(({ sign, but }) => missing !== but && files.files.some((name) => sign.test(name)))
}

/** Folders that people take for a checkpoint, told by a file of theirs. */
const OTHER_KINDS: readonly {
  readonly sign: RegExp
  readonly message: string
  readonly nextStep: string
  /** A file that folders of this kind need, too. */
  readonly but?: string
}[] = [
  {
    sign: /^adapter_(config\.json|model\.(safetensors|bin))$/,
    message: ADAPTER_WORDS,
    nextStep:
      'Merge it into its base model (merge_and_unload of PEFT), or take the folder “model” that Stepscope writes beside the adapter.',
  },
  {
    sign: /^model-\d+-of-\d+\.safetensors$/,
    message: 'has shards of weights without the index that names them',
    nextStep: 'Download model.safetensors.index.json of the same checkpoint into the folder.',
  },
  {
    sign: /^pytorch_model.*\.bin$/,
    message: 'has its weights in PyTorch’s own format, which may run code when it is read',
    nextStep: 'Convert them to safetensors (save_pretrained of Transformers does), or download model.safetensors.',
  },
  {
    sign: /\.gguf$/i,
    message: 'has its weights in the GGUF format of llama.cpp',
    nextStep: 'Take the original checkpoint in safetensors.',
  },
  {
    sign: /\.onnx$/i,
    but: 'tokenizer.json',
    message: 'is an ONNX export',
    nextStep: 'Open it as an ONNX model, for Transformers.js, or take the safetensors of the same model.',
  },
]

/** The first problem that zod found, as `field.path` (empty where it is the whole value) and a message. */
export function firstIssue(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}): { field: string; message: string } {
  const issue = error.issues[0]
  return { field: issue?.path.map(String).join('.') ?? '', message: issue?.message ?? 'invalid' }
}
