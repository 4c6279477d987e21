import { StepscopeError } from '../../core/errors.ts'
import type { RewardManifest } from '../../search/manifest.ts'
import type { Reading } from '../../search/reading.ts'
import { READINGS } from '../../search/readings.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { hasFile, readJson } from '../checkpoint/checkpoint-text.ts'
import { VALUE_HEAD } from '../checkpoint/config.ts'
import type { DecoderConfig } from '../decoder/decoder.ts'
import { readChatTemplate } from '../prompt/chat-template.ts'
import type { PromptWriter } from '../prompt/prompt-writer.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { hasValueHead, headFits } from './recognize.ts'
import type { ScoreFunction } from './score-function.ts'
import { scoreFunction } from './score-function.ts'
import type { StepReader } from './step-reader.ts'
import { stepEndReader, writtenReader } from './step-reader.ts'
import { createStepWriter } from './step-writer.ts'

/** A reading that fits a checkpoint, made ready. */
export interface OpenedReading {
  /** @param contextLength tokens that a sequence may have */
  reader(contextLength: number): StepReader
  readonly scoring: ScoreFunction
}

const TOKENIZER_FILE = 'tokenizer.json'
const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json'

/**
 * The shape of a checkpoint as a reading needs it: of a language model with a value head, the value head.
 * @throws StepscopeError `unsupported-config` or `bad-checkpoint` with file and field where the head does not fit
 */
export async function configFor(
  reading: Reading,
  files: CheckpointFiles,
  stated: DecoderConfig,
  signal?: AbortSignal,
): Promise<DecoderConfig> {
  const { activation, id } = reading
  if (id === 'implicit') throw needsReference()
  const own = stated.outputHead.kind === 'language-model'
  const valued = own && activation !== 'candidates' && (await hasValueHead(files, signal))
  const config = valued ? { ...stated, outputHead: VALUE_HEAD } : stated
  const { outputHead } = config
  if (id === 'two-layer-head' && !(outputHead.kind === 'score' && outputHead.hiddenLayer)) {
    throw wrongHead('a head of two layers, score.0 and score.2 (…ForProcessRewardModel)', headName(config))
  }
  if (activation === 'candidates') {
    if (outputHead.kind === 'language-model') return config
    throw wrongHead('a language-model head, whose logits are compared (…ForCausalLM)', headName(config))
  }
  if (outputHead.kind === 'language-model') {
    throw wrongHead('a score head (…ForTokenClassification)', headName(config))
  }
  if (headFits(config, reading)) return config
  throw new StepscopeError({
    code: 'bad-checkpoint',
    message: 'The activation does not fit the number of labels',
    expected: 'sigmoid with one label, softmax with two or more',
    found: `${activation} with ${outputHead.labels} labels`,
    place: { file: 'stepscope.json', field: 'activation' },
    nextStep: 'Correct the activation, or num_labels in config.json.',
  })
}

/**
 * Looks up all that a reading names in the folder: template, tokens.
 * @throws StepscopeError `bad-checkpoint` or `bad-tokenizer` with file and field of what is not there
 */
export async function openReading(
  files: CheckpointFiles,
  { reading, system }: RewardManifest,
  tokenizer: Tokenizer,
  config: DecoderConfig,
  prompts: PromptWriter,
  signal?: AbortSignal,
): Promise<OpenedReading> {
  const { activation, candidates, input, scoreAt } = reading
  const scoring = scoreFunction(activation, activation === 'candidates' ? candidateIds(tokenizer, candidates) : null)
  if (input === 'prompt') {
    return { scoring, reader: (length) => stepEndReader(prompts, tokenizer, scoreAt, length) }
  }
  if (/^<.+>$/.test(scoreAt) && tokenizer.idOf(scoreAt) === undefined) {
    throw noToken(scoreAt, 'The tokenizer has no such token, at which the score is read', 'added_tokens')
  }
  const chat = input === 'chat' || input === 'turns'
  const template = chat ? await readChatTemplate(files, signal) : null
  if (chat && template === null) throw noTemplate()
  const write = createStepWriter({
    reading,
    tokenizer,
    template,
    bos: chat ? [] : await beginning(files, reading, tokenizer, config, signal),
    system: system ?? READINGS[reading.id].system ?? '',
  })
  const reader = writtenReader(write, reading.readAt === 'end')
  return { scoring, reader: () => reader }
}

function candidateIds(tokenizer: Tokenizer, texts: Reading['candidates']): readonly [number, number] {
  if (texts !== null) return [candidateId(tokenizer, texts[0]), candidateId(tokenizer, texts[1])]
  throw new StepscopeError({
    code: 'bad-checkpoint',
    message: 'The reading compares the logits of two tokens, and does not say which',
    expected: 'two texts, for right and for wrong',
    found: 'nothing',
    place: { file: 'stepscope.json', field: 'candidates' },
    nextStep: 'Give both texts, e.g. ["+", "-"].',
  })
}

/** A token by the way the vocabulary writes it, or by the text that it adds behind other text. */
function candidateId(tokenizer: Tokenizer, text: string): number {
  const known = tokenizer.idOf(text)
  if (known !== undefined) return known
  const ids = tokenizer.encode(text)
  if (ids.length === 1 && ids[0] !== undefined) return ids[0]
  throw noToken(text, 'The tokenizer has no single token for a text whose logits are compared', 'model.vocab')
}

/** The token that a sequence begins with, as far as the reading wants one. */
async function beginning(
  files: CheckpointFiles,
  { bos }: Reading,
  tokenizer: Tokenizer,
  { bosTokenId }: DecoderConfig,
  signal?: AbortSignal,
): Promise<readonly number[]> {
  if (bos === 'never') return []
  const stated = hasFile(files, TOKENIZER_CONFIG_FILE) ? await readJson(files, TOKENIZER_CONFIG_FILE, signal) : {}
  const given = (stated as { readonly bos_token?: unknown } | null)?.bos_token
  const text = typeof given === 'object' ? (given as { readonly content?: unknown } | null)?.content : given
  if (typeof text === 'string') {
    const id = tokenizer.idOf(text)
    if (id !== undefined) return [id]
    throw noToken(text, 'The vocabulary does not have the token that a sequence begins with', 'added_tokens')
  }
  const [first] = tokenizer.encodePrompt('')
  if (first !== undefined) return [first]
  if (bos === 'if-any') return []
  if (bosTokenId !== null) return [bosTokenId]
  throw new StepscopeError({
    code: 'bad-tokenizer',
    message: 'The reading begins with a beginning-of-sequence token, and the tokenizer names none',
    expected: 'a text such as "<s>"',
    found: 'nothing',
    place: { file: TOKENIZER_CONFIG_FILE, field: 'bos_token' },
    nextStep: 'Add the field, or set bos to "never" in stepscope.json.',
  })
}

function headName({ outputHead }: DecoderConfig): string {
  if (outputHead.kind === 'language-model') return 'a language-model head'
  return outputHead.hiddenLayer ? 'a head of two layers' : `a score head with ${outputHead.labels} labels`
}

function wrongHead(expected: string, found: string): StepscopeError {
  return new StepscopeError({
    code: 'unsupported-config',
    message: 'The reading does not fit the model’s head',
    expected,
    found,
    place: { file: 'config.json', field: 'architectures' },
    nextStep: 'Choose another reading, or a checkpoint made for this one.',
  })
}

function noToken(text: string, message: string, field: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-tokenizer',
    message,
    expected: JSON.stringify(text),
    found: 'no such token',
    place: { file: TOKENIZER_FILE, field },
    nextStep: 'Choose another reading, or give its tokens in stepscope.json.',
  })
}

function noTemplate(): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: 'The reading is a chat, and the folder has no chat template',
    expected: 'chat_template.jinja, or chat_template in tokenizer_config.json',
    found: 'neither',
    place: { file: TOKENIZER_CONFIG_FILE, field: 'chat_template' },
    nextStep: 'Add the template that the model was trained with, or choose another reading.',
  })
}

function needsReference(): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: 'An implicit reward model is read against the model that it was trained from',
    expected: 'a second language model, its reference',
    found: 'one model',
    place: { file: 'stepscope.json', field: 'reading' },
    nextStep:
      'Name the reference: in the page by choosing it, on the command line with --prm-reference, in the file as "reference".',
  })
}
