import { fromRows } from '../objective.ts'
import { wholeSequence } from '../sequence.ts'
import { sft } from '../sft/loss.ts'

/** SFT of whole texts: every token but the first is learned. */
export const pretrainingObjective = fromRows({
  name: 'Pretraining',
  short: 'Pretraining',
  hint: 'Learns every token of the texts, problems included.',
  trains: 'policy',
  online: false,
  rows: 'prompt-completion',
  settings: {},
  defaults: { optimizer: { learningRate: 1e-3 } },
  encode: (encoder, { prompt, completion }, id) => {
    const { tokenIds } = encoder.plain(prompt, completion)
    return { id, sequence: wholeSequence(tokenIds) }
  },
  comparison: null,
  loss: () => sft,
})
