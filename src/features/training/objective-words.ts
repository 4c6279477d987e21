import type { ObjectiveId } from '../../state/types.ts'

interface ObjectiveWords {
  readonly name: string
  /** One sentence: what is learned from what. */
  readonly hint: string
  readonly source?: { readonly label: string; readonly href: string }
}

const paper = (label: string, id: string) => ({ label, href: `https://arxiv.org/abs/${id}` })

export const OBJECTIVE_WORDS: { readonly [K in ObjectiveId]: ObjectiveWords } = {
  sft: {
    name: 'Supervised fine-tuning (SFT)',
    hint: 'Learns to write given solutions, one token after the other.',
  },
  pretraining: {
    name: 'Pretraining',
    hint: 'Learns every token of the texts, problems included.',
  },
  dpo: {
    name: 'Direct preference optimization (DPO)',
    hint: 'Learns from pairs to write the better response rather than the worse, held to the model before training.',
    source: paper('Rafailov et al. 2023', '2305.18290'),
  },
  grpo: {
    name: 'Group relative policy optimization (GRPO)',
    hint: 'Samples a group of responses to each problem and strengthens those that earn more than the group’s mean.',
    source: paper('Shao et al. 2024, DeepSeekMath', '2402.03300'),
  },
  ppo: {
    name: 'Proximal policy optimization (PPO)',
    hint: 'Samples responses and strengthens what earned more than its own value head expected.',
    source: paper('Schulman et al. 2017', '1707.06347'),
  },
  'expert-iteration': {
    name: 'Expert iteration',
    hint: 'Samples responses, keeps those that the verifier accepts, and learns to write them.',
    source: paper('Anthony et al. 2017', '1705.08439'),
  },
  'process-reward': {
    name: 'Process reward model (PRM)',
    hint: 'Learns to score each step by whether the solution can still come out right.',
    source: paper('Wang et al. 2023, Math-Shepherd', '2312.08935'),
  },
  'outcome-reward': {
    name: 'Outcome reward model (ORM)',
    hint: 'Learns to score whole responses by whether their answer is right; it can judge any prefix.',
    source: paper('Cobbe et al. 2021', '2110.14168'),
  },
  'ranked-reward': {
    name: 'Ranked reward model',
    hint: 'Learns to score the better response of a pair higher (Bradley-Terry).',
    source: paper('Ouyang et al. 2022', '2203.02155'),
  },
  'implicit-process-reward': {
    name: 'Implicit process reward',
    hint: 'Learns outcomes by log-probability ratios, which then score every step.',
    source: paper('Yuan et al. 2024', '2412.01981'),
  },
}

/** In groups, as they are offered. */
export const OBJECTIVE_ORDER = Object.keys(OBJECTIVE_WORDS) as readonly ObjectiveId[]
