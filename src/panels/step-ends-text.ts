import { readEscapes, showEscapes } from '../core/escapes.ts'

const OR = ' or '

/** Several step ends in one field. */
export function showStepEnds(ends: readonly string[]): string {
  return ends.map(showEscapes).join(OR)
}

/** The inverse of `showStepEnds`; empty where nothing is typed. */
export function readStepEnds(text: string): readonly string[] {
  return text
    .split(OR)
    .filter((end) => end !== '')
    .map(readEscapes)
}
