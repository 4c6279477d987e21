/** Worked examples for models that are shown rather than told what to do; written for this project. */
export const MATHS_EXAMPLES = [
  {
    question: 'A florist ties 6 bunches of 8 tulips and has 5 tulips left. How many tulips were there at first?',
    response:
      'The bunches take 6 * 8 = 48 tulips.\nWith those left there were 48 + 5 = 53 tulips.\nThe answer is \\boxed{53}.',
  },
  {
    question: 'A shop sells pens at $3 each. Lena pays with $20 and gets $5 back. How many pens does she buy?',
    response: 'Lena spends 20 - 5 = 15 dollars.\nShe buys 15 / 3 = 5 pens.\nThe answer is \\boxed{5}.',
  },
  {
    question: 'What is the sum of $\\frac{1}{2}$ and $\\frac{1}{3}$?',
    response:
      'With the common denominator 6 the terms are $\\frac{3}{6}$ and $\\frac{2}{6}$.\nTheir sum is $\\frac{5}{6}$.\nThe answer is \\boxed{\\frac{5}{6}}.',
  },
] as const

/** What chat models are told. */
export const MATHS_SYSTEM = 'Please reason step by step, and put your final answer within \\boxed{}.'
