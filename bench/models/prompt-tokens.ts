import { readFileSync } from 'node:fs'
import { RandomStream } from '../../src/core/random.ts'

const DATASET = new URL('../../public/datasets/countdown4-problems.jsonl', import.meta.url)
const TOKENIZER = new URL('../../public/checkpoints/countdown-policy/tokenizer.json', import.meta.url)

interface Problem {
  readonly numbers: readonly number[]
  readonly target: number
  readonly greedy_response: string
}

/** The bundled models' token ids of a text; their vocabulary is one of characters. */
export function countdownTokens(text: string): number[] {
  const { model } = JSON.parse(readFileSync(TOKENIZER, 'utf8')) as { model: { vocab: Record<string, number> } }
  return [...text].map((character) => {
    const id = model.vocab[character]
    if (id === undefined) throw new Error(`${JSON.stringify(character)} is not in the vocabulary`)
    return id
  })
}

export function countdownProblems(): Problem[] {
  const lines = readFileSync(DATASET, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Problem)
}

export function countdownPrompt({ numbers, target }: Problem): string {
  return `Q ${numbers.join(' ')} > ${target}\n`
}

/** `count` tokens of Countdown problems and answers, from problem `first` on. */
export function countdownText(count: number, first = 0): number[] {
  const problems = countdownProblems()
  const ids: number[] = []
  for (let index = first; ids.length < count; index++) {
    const problem = problems[index % problems.length] as Problem
    ids.push(...countdownTokens(countdownPrompt(problem) + problem.greedy_response))
  }
  return ids.slice(0, count)
}

/** `count` tokens of a vocabulary without text. */
export function randomTokens(count: number, vocabulary: number, seed: number): number[] {
  const stream = new RandomStream(seed)
  return Array.from({ length: count }, () => stream.integer(1, vocabulary - 1))
}
