import { formatNumber, formatScore } from '../viz/layout/format-number.ts'

/** A path score; a sum of log-odds leaves [0, 1] and is written as any other number. */
export function formatPathScore(score: number | null): string {
  return score !== null && (score < 0 || score > 1) ? formatNumber(score) : formatScore(score)
}
