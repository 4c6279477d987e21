/** A checkpoint that comes with the app, in `public/checkpoints/` under its id. */
export interface BundledModel {
  readonly id: string
  /** For people. */
  readonly name: string
  readonly role: 'policy' | 'process-reward-model' | 'outcome-reward-model'
  /** Id of the task that it was trained for. */
  readonly task: string
  /** All its files that are read, so that none that is not there is asked for. */
  readonly files: readonly string[]
  /** Of a language model that is read as an implicit reward model: the bundled model that it was trained from, and β. */
  readonly implicit?: { readonly reference: string; readonly beta: number }
}

const REWARD_FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'stepscope.json', 'model.safetensors']
const POLICY_FILES = [...REWARD_FILES, 'generation_config.json']

/** The one list of them, for worker, page and command line; of a task and role the first is taken where none is named. */
export const BUNDLED_MODELS: readonly [BundledModel, ...BundledModel[]] = [
  { id: 'countdown-policy', name: 'Countdown policy', role: 'policy', task: 'countdown', files: POLICY_FILES },
  { id: 'countdown-prm', name: 'Countdown PRM', role: 'process-reward-model', task: 'countdown', files: REWARD_FILES },
  { id: 'words-policy', name: 'Word problems policy', role: 'policy', task: 'word-problems', files: POLICY_FILES },
  {
    id: 'words-prm',
    name: 'Word problems PRM',
    role: 'process-reward-model',
    task: 'word-problems',
    files: POLICY_FILES,
    implicit: { reference: 'words-policy', beta: 0.05 },
  },
  {
    id: 'words-orm',
    name: 'Word problems ORM',
    role: 'outcome-reward-model',
    task: 'word-problems',
    files: REWARD_FILES,
  },
]

/** The first bundled model that proposes steps of a task, or that scores them; undefined where it has none. */
export function bundledModel(task: string, part: 'policy' | 'reward'): BundledModel | undefined {
  return BUNDLED_MODELS.find((model) => model.task === task && (model.role === 'policy') === (part === 'policy'))
}
