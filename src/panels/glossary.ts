/** The field's terms in one sentence each, with the paper that introduced them. */
export interface Term {
  readonly name: string
  readonly answer: string
  readonly source?: { readonly label: string; readonly href: string }
}

const paper = (label: string, id: string) => ({ label, href: `https://arxiv.org/abs/${id}` })

export const TERMS = {
  policy: {
    name: 'Policy',
    answer: 'The language model that proposes the next step of a solution, token by token.',
  },
  prm: {
    name: 'Process reward model (PRM)',
    answer:
      'A model that reads a solution so far and scores its last step from 0 to 1: here, the chance that the policy finishes correctly from there.',
    source: paper('Lightman et al. 2023, Let’s verify step by step', '2305.20050'),
  },
  orm: {
    name: 'Outcome reward model (ORM)',
    answer: 'A model that reads a whole response and scores it once, from 0 to 1: the chance that its answer is right.',
    source: paper('Cobbe et al. 2021, Training verifiers to solve math word problems', '2110.14168'),
  },
  step: {
    name: 'Step',
    answer: 'One line of a solution, up to its line end. Search decides after every step, not after every token.',
  },
  pathScore: {
    name: 'Path score',
    answer:
      'The step scores of a path made into one number by the aggregation: its last, lowest, product, mean, or sum of log-odds. Paths are ranked by it.',
    source: paper('Snell et al. 2024, Scaling test-time compute', '2408.03314'),
  },
  kept: {
    name: 'Kept and pruned',
    answer: 'Each round the best n / m paths are kept and continued with m proposals each; the others are pruned.',
  },
  rollout: {
    name: 'Rollout',
    answer: 'A few further steps at temperature 0, taken to score a proposal by where it leads.',
    source: paper('Snell et al. 2024, Scaling test-time compute', '2408.03314'),
  },
  monteCarlo: {
    name: 'Monte Carlo estimate',
    answer:
      'Complete the solution several times from here and count how often it ends right: what a PRM is trained to predict.',
    source: paper('Wang et al. 2023, Math-Shepherd', '2312.08935'),
  },
  interval: {
    name: '95% interval',
    answer:
      'The Wilson interval: the range of true chances that this count is compatible with. Few completions give a wide one.',
  },
  exactLabel: {
    name: 'Exact label',
    answer:
      'Where a task knows its solutions: whether every step so far is valid and a right answer can still be reached. It is the truth the PRM estimates.',
  },
  logprob: {
    name: 'Log-probability',
    answer:
      'The natural logarithm of the chance that the policy itself writes this step here, at temperature 1; 0 is certain, −2.3 is one in ten.',
  },
  flops: {
    name: 'FLOPs',
    answer:
      'Floating-point operations: two per weight a token passes, plus attention over its context. Strategies are compared at equal FLOPs, not at equal n.',
  },
  sharing: {
    name: 'Saved by sharing',
    answer:
      'Paths share their beginnings, and each beginning is executed once. This is the share of tokens that a search without sharing would have executed again.',
  },
} as const satisfies Record<string, Term>

export type TermId = keyof typeof TERMS
