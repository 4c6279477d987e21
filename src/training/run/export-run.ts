import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { hasFile, readJson, readText } from '../../engine/checkpoint/checkpoint-text.ts'
import { architectureOf } from '../../engine/checkpoint/config.ts'
import { readManifest } from '../../engine/checkpoint/manifest.ts'
import { openCheckpoint } from '../../engine/checkpoint/open-checkpoint.ts'
import { writeSafetensors } from '../../engine/checkpoint/safetensors.ts'
import { checkLoads } from '../../engine/load-model.ts'
import { recipeDifferences } from '../../formats/recipe-difference.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { objectiveById, scoredRole } from '../../objectives/registry.ts'
import { manifestFile } from '../../search/manifest-file.ts'
import type { Tensors } from '../model/trainable-model.ts'
import type { HistoryEntry } from '../run-events.ts'
import { ownReading, promptForm, trainedConfig } from './model-in-training.ts'
import type { RunStore } from './run-store.ts'
import type { SaveManifest } from './saves.ts'
import { readSave } from './saves.ts'

/** Small files that go along unchanged. */
const COPIED = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
]
const ADAPTER_PREFIX = 'base_model.model.'

/**
 * The last save as a Hugging Face folder (low-rank updates merged), or its low-rank updates as a PEFT folder; both with a
 * card that records the recipe.
 * @throws StepscopeError `not-found` where the run has no save, `bad-setting` for an adapter of a run without one
 */
export async function exportRun(
  { model, store }: { readonly model: CheckpointFiles; readonly store: RunStore },
  form: 'model' | 'adapter',
): Promise<ReadonlyMap<string, Uint8Array>> {
  const saved = await readSave(store)
  if (saved === null) {
    throw new StepscopeError({
      code: 'not-found',
      message: 'The run has not been saved yet',
      place: { file: store.name },
      nextStep: 'Wait for its first save.',
    })
  }
  const { recipe } = saved.manifest
  const card = cardOf(saved.manifest, saved.history)
  if (form === 'adapter') return adapterFolder(recipe, saved.weights, card)
  return modelFolder(model, recipe, saved.weights, card)
}

async function modelFolder(
  model: CheckpointFiles,
  recipe: TrainingRecipe,
  trained: Tensors,
  card: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const source = await openCheckpoint(model)
  const { config, newHead } = trainedConfig(source.config, recipe)
  const { weights } = source
  const tensors: Record<string, { shape: readonly number[]; data: Float32Array }> = {}
  for (const name of weights.entries.keys()) {
    const own = trained.get(name)
    const data = own?.data ?? (await withUpdate(name, await weights.read(name), trained, recipe))
    tensors[name] = { shape: weights.shape(name), data }
  }
  // The head of a new reward model; a policy's value head is no part of it.
  if (newHead) {
    for (const [name, tensor] of trained) if (name.startsWith('score.')) tensors[name] = tensor
    delete tensors['lm_head.weight']
  }
  // A value head has the name of a score head now.
  const scalar = config.outputHead.kind === 'score' && config.outputHead.labels === 1
  const given = (await readJson(model, 'config.json')) as Record<string, unknown>
  const json = {
    ...given,
    architectures: [architectureOf(config)],
    tie_word_embeddings: config.tiedEmbeddings,
    torch_dtype: 'float32',
    ...('dtype' in given ? { dtype: 'float32' } : {}),
    ...(scalar ? { num_labels: 1, id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 } } : {}),
  }
  const files = new Map<string, Uint8Array>()
  for (const name of COPIED) if (hasFile(model, name)) files.set(name, encode(await readText(model, name)))
  const stated = hasFile(model, 'stepscope.json')
    ? ((await readJson(model, 'stepscope.json')) as Record<string, unknown>)
    : {}
  const role = config.outputHead.kind === 'score' ? scoredRole(recipe.objective) : 'policy'
  const manifest = await readManifest(model)
  const stepEnd = manifest.reading?.scoreAt ?? manifest.stepEnds?.[0] ?? '\n'
  const form = await promptForm(model, manifest)
  // A head of this run is read as it was trained; one that was there, as the model says.
  const activation = config.outputHead.kind === 'score' && config.outputHead.labels > 1 ? 'softmax' : 'sigmoid'
  const reading = role === 'policy' ? {} : { score_at: stepEnd, activation, aggregation: 'last' }
  // A model that is asked in words serves any task.
  const asked = {
    ...(form === 'notation' ? { task: recipe.task } : { prompt: form }),
    ...(manifest.system === undefined ? {} : { system: manifest.system }),
  }
  const own = role === 'policy' || newHead ? null : await ownReading(model, config)
  const fields =
    own === null
      ? { role, ...asked, ...(role === 'policy' ? { step_end: stepEnd } : {}), ...reading }
      : (JSON.parse(manifestFile(own.manifest)) as object)
  files.set('config.json', encodeJson(json))
  files.set('stepscope.json', encodeJson(newHead ? fields : { ...fields, ...stated }))
  files.set('model.safetensors', writeSafetensors(tensors, { format: 'pt' }))
  files.set('card.md', encode(card))
  // What nothing loads is no export.
  await checkLoads(filesOf(`the export of ${recipe.model}`, files), role)
  return files
}

/** A folder in memory. */
function filesOf(name: string, contents: ReadonlyMap<string, Uint8Array>): CheckpointFiles {
  const bytes = (file: string): Uint8Array => contents.get(file) ?? new Uint8Array()
  return {
    name,
    files: [...contents.keys()],
    size: (file) => Promise.resolve(bytes(file).length),
    read: (file, start, end) => Promise.resolve(bytes(file).slice(start, end)),
  }
}

/** W + alpha / rank · B·A, summed in float64. */
async function withUpdate(
  name: string,
  weights: Float32Array,
  trained: Tensors,
  { method }: TrainingRecipe,
): Promise<Float32Array> {
  const module = `${ADAPTER_PREFIX}${name.replace(/\.weight$/, '')}`
  const [down, up] = [trained.get(`${module}.lora_A.weight`), trained.get(`${module}.lora_B.weight`)]
  if (down === undefined || up === undefined || method.kind === 'full') return weights
  const [rank = 1, inputs = 1] = down.shape
  const scale = method.alpha / rank
  return Float32Array.from(weights, (weight, index) => {
    const [output, input] = [Math.floor(index / inputs), index % inputs]
    let sum = 0
    for (let r = 0; r < rank; r++) sum += (up.data[output * rank + r] ?? 0) * (down.data[r * inputs + input] ?? 0)
    return weight + scale * sum
  })
}

function adapterFolder(recipe: TrainingRecipe, trained: Tensors, card: string): ReadonlyMap<string, Uint8Array> {
  const { method } = recipe
  if (method.kind === 'full') {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'This run trained every weight: there is no adapter',
      nextStep: 'Take the whole model.',
    })
  }
  // A reward model's head is trained whole and goes along, as PEFT's modules_to_save; a policy's value head does not.
  const rewards = objectiveById(recipe.objective).trains === 'reward-model'
  const updates = [...trained].flatMap(([name, tensor]) => {
    if (name.startsWith(ADAPTER_PREFIX)) return [[name, tensor] as const]
    return rewards ? [[`${ADAPTER_PREFIX}${name}`, tensor] as const] : []
  })
  const config = {
    peft_type: 'LORA',
    task_type: rewards ? 'TOKEN_CLS' : 'CAUSAL_LM',
    ...(rewards ? { modules_to_save: ['score'] } : {}),
    base_model_name_or_path: recipe.model,
    r: method.rank,
    lora_alpha: method.alpha,
    lora_dropout: 0,
    target_modules: moduleNames(method.targets, updates),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
  }
  return new Map<string, Uint8Array>([
    ['adapter_config.json', encodeJson(config)],
    ['adapter_model.safetensors', writeSafetensors(Object.fromEntries(updates), { format: 'pt' })],
    ['card.md', encode(card)],
  ])
}

/** PEFT knows `all-linear` as a word of its own and not in a list: written out. */
function moduleNames(
  targets: readonly string[],
  updates: readonly (readonly [name: string, tensor: unknown])[],
): string[] {
  if (!targets.includes('all-linear')) return [...targets]
  return [...new Set(updates.flatMap(([name]) => /([^.]+)\.lora_A\.weight$/.exec(name)?.[1] ?? []))]
}

function cardOf({ recipe, step, earlier = [], data }: SaveManifest, history: readonly HistoryEntry[]): string {
  const last = history.findLast(({ metrics }) => Object.keys(metrics).some((name) => name.startsWith('eval/')))
  const figures = Object.entries(last?.metrics ?? {}).map(([name, value]) => `| ${name} | ${value.toPrecision(4)} |`)
  return [
    `# ${recipe.model}, ${recipe.objective}`,
    '',
    `Trained with Stepscope by ${recipe.objective}, ${step} of ${recipe.steps} steps, from ${recipe.model}.`,
    '',
    ...(data === undefined ? [] : [`${dataWords(recipe, data)}.`, '']),
    ...(figures.length === 0 ? [] : ['| last evaluation | |', '|---|---|', ...figures, '']),
    'The recipe, which `stepscope train --config` takes as it is:',
    '',
    ...jsonBlock(recipe),
    ...earlier.flatMap((part, index) => {
      const first = (earlier[index - 1]?.step ?? 0) + 1
      const fields = recipeDifferences(part.recipe, recipe).map(({ field }) => field)
      return [
        `Steps ${first} to ${part.step} were made with an earlier recipe (other ${fields.join(', ')}):`,
        '',
        ...jsonBlock(part.recipe),
      ]
    }),
  ].join('\n')
}

function dataWords({ data }: TrainingRecipe, { sha256, rows, heldOut }: NonNullable<SaveManifest['data']>): string {
  const source = data.source === 'file' ? `the file ${data.file}` : 'generated problems'
  return `Data: ${rows} rows of ${source}, ${heldOut} held out; SHA-256 ${sha256}`
}

function jsonBlock(value: unknown): string[] {
  return ['```json', JSON.stringify(value, null, 1), '```', '']
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function encodeJson(value: unknown): Uint8Array {
  return encode(`${JSON.stringify(value, null, 1)}\n`)
}
