import { StepscopeError } from '../core/errors.ts'
import { readJsonText } from '../core/json.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'

/** Texts of a checkpoint folder are read whole; a tokenizer of 150,000 tokens has about 12 MB. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024

/** Whether the folder has this file. */
export function hasFile(files: CheckpointFiles, file: string): boolean {
  return files.files.includes(file)
}

/**
 * A whole text file (UTF-8).
 * @throws StepscopeError `bad-checkpoint` where it is missing or too large
 */
export async function readText(files: CheckpointFiles, file: string, signal?: AbortSignal): Promise<string> {
  if (!hasFile(files, file)) throw missingFile(files, file)
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

/** The folder lacks a file that a checkpoint has, or that another file names. */
export function missingFile(files: CheckpointFiles, file: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: `The folder ${files.name} has no ${file}`,
    expected: 'a Hugging Face folder: config.json, tokenizer.json, model.safetensors',
    found: files.files.length === 0 ? 'no files' : files.files.slice(0, 12).join(', '),
    place: { file },
    nextStep: 'Choose the folder that holds the checkpoint itself.',
  })
}

/** The first problem that zod found, as `field.path` (empty where it is the whole value) and a message. */
export function firstIssue(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}): { field: string; message: string } {
  const issue = error.issues[0]
  return { field: issue?.path.map(String).join('.') ?? '', message: issue?.message ?? 'invalid' }
}
