import type { ObjectiveId } from '../../objectives/registry.ts'
import { objectiveById } from '../../objectives/registry.ts'

/** What TRL's metrics are, in one sentence each. */
const WORDS: Readonly<Record<string, string>> = {
  loss: 'What training makes smaller, as the objective defines it.',
  grad_norm: 'Norm of all gradients together, before clipping: jumps tell of a learning rate that is too high.',
  learning_rate: 'How far this step went, as the schedule has it.',
  entropy: 'How undecided the model is about the next token, in nats; it falls as the model commits.',
  mean_token_accuracy: 'Share of tokens to learn that the model held most likely.',
  num_tokens: 'Tokens of the batch, prompts included.',
  reward: 'Mean reward of the sampled responses.',
  'rollout/accuracy': 'Share of the sampled responses that the verifier accepts.',
  'verifier and proxy':
    'What the verifier says of the sampled responses, and what the reward model that they are trained on does. Where the one falls while the other rises, the reward model is over-optimized.',
  reward_std: 'Spread of rewards within a group: without any, a group teaches nothing.',
  frac_reward_zero_std: 'Share of groups whose responses all earned the same.',
  kl: 'How far the model has moved from the reference model, per token, in nats.',
  clip_ratio: 'Share of tokens whose probability moved further than the clip.',
  'completions/clipped_ratio':
    'Share of sampled responses that were cut before their end, for want of tokens or steps: what is cut has no answer to be rewarded for.',
  'completions/mean_length': 'Tokens of a sampled response.',
  rewards: 'How much likelier a chosen or rejected response has become than under the reference model, times beta.',
  'rewards/margins': 'Chosen reward less rejected reward.',
  'rewards/accuracies': 'Share of pairs whose chosen response has the higher reward.',
  logps: 'Log-probability of a whole response.',
  nll_loss: 'Mean negative log-probability of a chosen response’s tokens.',
  'pass@1': 'Share of single samples of held-out problems that the verifier accepts.',
  proxy: 'What the reward model that is trained on says of samples of held-out problems, on average.',
  auc: 'Chance that a right prefix scores above a wrong one.',
  accuracy: 'Share that is judged right at ½.',
  calibration_error: 'How far scores are from the share that is right, on average.',
  margin: 'Score of the better response less that of the worse.',
}

/** What a metric of a run is; an objective may mean something else by it than most. */
export function metricWords(name: string, objective: ObjectiveId): string | null {
  return objectiveById(objective).metricWords?.[name] ?? WORDS[name] ?? null
}
