import type { ListedProblem } from '../../state/search/problem-file-state.ts'

/** Problems that have every word of the query, in any order and with any capitals, or whose line it is. */
export function matchingProblems(problems: readonly ListedProblem[], query: string): readonly ListedProblem[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return problems
  return problems.filter(({ line, text }) => {
    const lower = text.toLowerCase()
    return words.every((word) => lower.includes(word)) || query.trim() === String(line)
  })
}
