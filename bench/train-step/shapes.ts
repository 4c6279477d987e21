import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { POLICY, prepareBundled } from '../models/prepare-models.ts'
import { countdownProblems, countdownPrompt, countdownTokens, randomTokens } from '../models/prompt-tokens.ts'
import { writeRandomLlama } from '../models/random-llama.ts'
import { MODELS } from '../models/served-files.ts'
import type { TrainStepBatch, TrainStepShape } from './engine.ts'

export interface PreparedShape extends TrainStepShape {
  prepare(): Promise<TrainStepBatch>
}

/** What the roofline is about: SmolLM2-135M's layers. */
export const SMOLLM2_LAYERS = 'smollm2-layers'

export const SHAPES: readonly PreparedShape[] = [
  {
    model: POLICY,
    label: 'Bundled policy (4 layers of 128), 32 × 48 tokens',
    async prepare() {
      await prepareBundled()
      return countdownBatch(32, 48)
    },
  },
  {
    model: SMOLLM2_LAYERS,
    label: "Two of SmolLM2-135M's 30 layers, 4,096 of its 49,152 tokens, 4 × 128 tokens",
    async prepare() {
      await prepareLayers()
      return randomBatch(4, 128, 32)
    },
  },
]

/** Problems whose answers fill the length, cut there: prompts of 15 to 18 characters, and what follows is learned. */
function countdownBatch(sequences: number, tokens: number): TrainStepBatch {
  const texts = countdownProblems()
    .map((problem) => ({ prompt: countdownPrompt(problem), text: countdownPrompt(problem) + problem.greedy_response }))
    .filter(({ text }) => text.length >= tokens)
    .slice(0, sequences)
  return {
    tokenIds: texts.map(({ text }) => countdownTokens(text.slice(0, tokens))),
    promptTokens: texts.map(({ prompt }) => prompt.length),
  }
}

function randomBatch(sequences: number, tokens: number, prompt: number): TrainStepBatch {
  return {
    tokenIds: Array.from({ length: sequences }, (_, seed) => randomTokens(tokens, LAYERS_CONFIG.vocab_size, seed + 1)),
    promptTokens: Array.from({ length: sequences }, () => prompt),
  }
}

/** SmolLM2-135M but for depth and vocabulary: a step of the whole model takes a peer on a software adapter minutes. */
const LAYERS_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 2,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  vocab_size: 4096,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 100000,
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 0,
  torch_dtype: 'float32',
}

async function prepareLayers(): Promise<void> {
  const folder = `${MODELS}${SMOLLM2_LAYERS}/`
  const weights = `${folder}model.safetensors`
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}config.json`, JSON.stringify(LAYERS_CONFIG))
  if (existsSync(weights)) return
  await writeRandomLlama(`${weights}.part`, LAYERS_CONFIG, 576)
  await rename(`${weights}.part`, weights)
}
