import { fromRows } from '../objective.ts'
import { sft } from './loss.ts'

export const sftObjective = fromRows({
  name: 'Supervised fine-tuning (SFT)',
  short: 'SFT',
  hint: 'Learns to write given solutions, one token after the other.',
  trains: 'policy',
  online: false,
  rows: 'prompt-completion',
  settings: {},
  defaults: { optimizer: { learningRate: 3e-4 } },
  encode: (encoder, { prompt, completion }, id) => ({ id, sequence: encoder.completion(prompt, completion) }),
  comparison: null,
  loss: () => sft,
})
