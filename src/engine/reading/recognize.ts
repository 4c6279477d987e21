import type { StatedManifest } from '../../search/manifest.ts'
import type { Reading, ReadingId } from '../../search/reading.ts'
import { READINGS } from '../../search/readings.ts'
import { hasChatTemplate } from '../checkpoint/chat-template.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { readJson } from '../checkpoint/checkpoint-text.ts'
import { openWeights } from '../checkpoint/checkpoint-weights.ts'
import type { DecoderConfig } from '../decoder/decoder.ts'

/** A reading that a folder is known by. */
export interface RecognizedReading {
  readonly manifest: StatedManifest
  /** One sentence for people. */
  readonly reason: string
}

/** Models that are known by name. */
const NAMES: readonly { readonly name: RegExp; readonly reading: Partial<Reading> & { readonly id: ReadingId } }[] = [
  { name: /qwen2\.5-math-1\.5b-instruct-prm-0\.\d/i, reading: { id: 'two-labels', scoreAt: '\n\n' } },
  { name: /math-shepherd-prm-0\.\d/i, reading: { id: 'two-labels', scoreAt: '\n' } },
  { name: /qwen2\.5-math-(7b|72b)-prm\b|qwen2\.5-math-prm/i, reading: { id: 'two-layer-head' } },
  { name: /skywork-o1-open-prm/i, reading: { id: 'value-head' } },
  { name: /math-shepherd-mistral-\d+b-prm/i, reading: { id: 'step-tag' } },
  { name: /llama3\.1-8b-prm-(mistral|deepseek)/i, reading: { id: 'chat-turns' } },
  { name: /skywork-reward/i, reading: { id: 'outcome' } },
]

/**
 * How a folder that does not say so itself is read: by its name, by its class and head, and by what its tokenizer needs
 * for it. Scores are never looked at.
 * @param wanted whether it is to be a reward model, whatever it may be besides
 */
export async function recognizeReading(
  files: CheckpointFiles,
  config: DecoderConfig,
  wanted: boolean,
  signal?: AbortSignal,
): Promise<RecognizedReading | null> {
  const raw = (await readJson(files, 'config.json', signal)) as {
    readonly architectures?: readonly unknown[]
    readonly _name_or_path?: unknown
  }
  const architecture = String(raw.architectures?.[0] ?? '')
  for (const from of [files.name, String(raw._name_or_path ?? '')]) {
    const known = NAMES.find(({ name, reading }) => name.test(from) && headFits(config, READINGS[reading.id].reading))
    const part = known && from.split('/').find((name) => known.name.test(name))
    if (known) return recognized(known.reading, `Its name, ${part ?? from}, is that of a known model`)
  }
  const { outputHead } = config
  if (outputHead.kind === 'language-model') {
    if (!wanted || !(await hasValueHead(files, signal))) return null
    return recognized({ id: 'value-head' }, 'Its weights have a value head, v_head.summary')
  }
  if (outputHead.hiddenLayer) return recognized({ id: 'two-layer-head' }, `Its class is ${architecture}`)
  if (architecture.endsWith('ForPrmModel')) return recognized({ id: 'value-head' }, `Its class is ${architecture}`)
  const labels = `${outputHead.labels} label${outputHead.labels === 1 ? '' : 's'}`
  if (architecture.endsWith('ForTokenClassification') && outputHead.labels === 2) {
    return recognized({ id: 'two-labels' }, `Its class is ${architecture} with ${labels}`)
  }
  const answers = architecture.endsWith('ForSequenceClassification') && outputHead.labels === 1
  if (!answers || !(await hasChatTemplate(files, signal))) return null
  return recognized({ id: 'outcome' }, `Its class is ${architecture} with ${labels}, and it has a chat template`)
}

/** Whether a language model was saved with TRL's value head. */
export async function hasValueHead(files: CheckpointFiles, signal?: AbortSignal): Promise<boolean> {
  const { entries } = await openWeights(files, signal)
  return [...entries.keys()].some((name) => /(^|\.)v_head\.summary\.weight$/.test(name))
}

/** Whether a head gives what an activation takes. */
export function headFits({ outputHead }: DecoderConfig, { activation }: Partial<Reading>): boolean {
  if (activation === 'candidates' || outputHead.kind === 'language-model') {
    return activation === 'candidates' && outputHead.kind === 'language-model'
  }
  return (activation === 'sigmoid') === (outputHead.labels === 1)
}

function recognized(reading: Partial<Reading> & { readonly id: ReadingId }, reason: string): RecognizedReading {
  const { name, role } = READINGS[reading.id]
  return { manifest: { role, reading }, reason: `${reason}, so it is read as “${name}”.` }
}
