import type { ScoreAnswer, ScoreCell } from '../engines/cells.ts'
import type { EngineChoice } from '../engines/seats.ts'
import { FLOAT_ENGINES, isMissing, Seat, wasmEngines } from '../engines/seats.ts'
import { PRM, prepareBundled } from '../models/prepare-models.ts'
import { countdownProblems, countdownPrompt, countdownTokens } from '../models/prompt-tokens.ts'
import { readOptions } from '../options.ts'
import { figure, keepResults, printTable, progress } from '../report.ts'

/** Candidates of one round: beams of 16 and of 64. */
const CANDIDATES = [16, 64]
/** Steps that all candidates share. */
const STEPS_BEFORE = 3
const HEADLINE = 16
/** Greatest difference of a score between engines, before its sigmoid, that is still the same model. */
const SAME_SCORES = 0.01

interface ScoreResult {
  readonly engine: string
  readonly label: string
  readonly mode: ScoreCell['mode']
  readonly candidates: number
  readonly candidatesPerSecond: number | null
  readonly medianCandidatesPerSecond: number | null
  /** Tokens of the candidates' steps per second: what is delivered, whatever had to be run for it. */
  readonly tokensPerSecond: number | null
  readonly scores: readonly number[]
  readonly missing: string | null
}

/**
 * The scoring of a beam round: one step of each candidate after a shared prefix of three steps. `cached` runs the steps on
 * the prefix's keys and values (for the peers by hand, the cache repeated before the clock starts); `full` runs prefix
 * and step for each candidate, as a reward model is called that keeps nothing.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const options = readOptions(args)
  const engines = options.engines.filter(scores)
  await prepareBundled()
  if (options.whole) progress('Expected time: 5 minutes.')
  const results: ScoreResult[] = []
  let adapter: string | null = null
  for (const choice of engines) {
    const seat = new Seat(choice, PRM)
    if (choice.id === 'stepscope-webgpu') {
      const answer = await seat.adapter()
      adapter = isMissing(answer) ? null : answer.adapter
    }
    for (const candidates of options.rows ?? CANDIDATES) {
      for (const mode of ['cached', 'full'] as const) {
        const round = beamRound(candidates)
        const answer = await seat.score({ ...round, mode, seconds: options.seconds, repetitions: options.repetitions })
        const result = asResult(answer, round, { engine: choice.id, label: choice.label, mode, candidates })
        progress(`${choice.label}  ${candidates} candidates, ${mode}: ${describe(result)}`)
        results.push(result)
      }
    }
    await seat.close()
  }
  for (const message of differences(results)) progress(message)
  const columns = (options.rows ?? CANDIDATES).flatMap((candidates) => [
    { candidates, mode: 'cached' as const },
    { candidates, mode: 'full' as const },
  ])
  printTable(
    'Scoring a beam round with the bundled PRM: candidates per second (their tokens per second)',
    ['', ...columns.map(({ candidates, mode }) => `${candidates}, ${mode}`)],
    engines.map(({ id, label }) => [
      label,
      ...columns.map(({ candidates, mode }) => {
        const found = results.find((one) => one.engine === id && one.candidates === candidates && one.mode === mode)
        return found === undefined ? '' : describe(found)
      }),
    ]),
  )
  const summary = {
    benchmark: 'prm-scoring',
    adapter,
    date: new Date().toISOString(),
    command: ['npm run bench -- prm-scoring', ...args].join(' '),
    headline: { candidates: HEADLINE },
    ...ratios(results),
    largest_difference_cached_full: cachedAgainstFull(results, ['stepscope-webgpu']),
    largest_difference_cached_full_wasm: cachedAgainstFull(results, wasmEngines('stepscope')),
    figures: results.map(({ scores: _, ...result }) => result),
  }
  if (options.whole) await keepResults('prm-scoring', summary)
  return summary
}

/** wllama only completes prompts. */
function scores(choice: EngineChoice): boolean {
  return FLOAT_ENGINES.includes(choice) && choice.engine.kind !== 'wllama'
}

/** Candidates as a policy would propose them: one operation each on the numbers of a problem, after three steps. */
function beamRound(candidates: number): { prefix: number[]; candidates: number[][] } {
  const [problem] = countdownProblems()
  if (problem === undefined) throw new Error('the data set is empty')
  const steps = problem.greedy_response.split('\n').slice(0, STEPS_BEFORE)
  const prefix = countdownTokens(`${countdownPrompt(problem)}${steps.join('\n')}\n`)
  const round = Array.from({ length: candidates }, (_, index) => {
    const [a, b] = [11 + (index % 8), 2 + Math.floor(index / 8)]
    return countdownTokens(`${a}-${b}=${a - b} : ${a - b} 6 2\n`)
  })
  return { prefix, candidates: round }
}

function asResult(
  answer: ScoreAnswer | { readonly missing: string },
  round: { readonly candidates: readonly (readonly number[])[] },
  cell: Pick<ScoreResult, 'engine' | 'label' | 'mode' | 'candidates'>,
): ScoreResult {
  if ('missing' in answer) {
    const nothing = { candidatesPerSecond: null, medianCandidatesPerSecond: null, tokensPerSecond: null, scores: [] }
    return { ...cell, ...nothing, missing: answer.missing }
  }
  return {
    ...cell,
    candidatesPerSecond: (1000 * cell.candidates) / answer.bestMs,
    medianCandidatesPerSecond: (1000 * cell.candidates) / answer.medianMs,
    tokensPerSecond: (1000 * round.candidates.flat().length) / answer.bestMs,
    scores: answer.scores,
    missing: null,
  }
}

/** Ours on the cache, against the peers' better way, and against their full forward passes. */
function ratios(results: readonly ScoreResult[]): Record<string, number | null> {
  const fastest = (engines: readonly string[], modes: readonly ScoreCell['mode'][]): number =>
    Math.max(
      0,
      ...results
        .filter(
          ({ engine, mode, candidates }) => engines.includes(engine) && modes.includes(mode) && candidates === HEADLINE,
        )
        .map(({ candidatesPerSecond }) => candidatesPerSecond ?? 0),
    )
  const ratio = (
    peers: readonly string[],
    modes: readonly ScoreCell['mode'][],
    own: readonly string[] = ['stepscope-webgpu'],
  ): number | null => {
    const [ours, theirs] = [fastest(own, ['cached']), fastest(peers, modes)]
    return ours > 0 && theirs > 0 ? ours / theirs : null
  }
  const wasm = wasmEngines('transformersjs')
  const own = wasmEngines('stepscope')
  return {
    ratio_vs_transformersjs_webgpu: ratio(['transformersjs-webgpu'], ['cached', 'full']),
    ratio_vs_transformersjs_wasm: ratio(wasm, ['cached', 'full']),
    ratio_vs_transformersjs_webgpu_full: ratio(['transformersjs-webgpu'], ['full']),
    ratio_vs_transformersjs_wasm_full: ratio(wasm, ['full']),
    ratio_vs_own_full: ratio(['stepscope-webgpu'], ['full']),
    ratio_wasm_vs_transformersjs_wasm: ratio(wasm, ['cached', 'full'], own),
    ratio_wasm_vs_transformersjs_wasm_full: ratio(wasm, ['full'], own),
    // wllama tells no outputs of a score head.
    ratio_wasm_vs_wllama: null,
    ratio_wasm_vs_own_full: ratio(own, ['full'], own),
  }
}

/** Largest difference of one engine's cached scores from those of its full passes, before the sigmoid. */
function cachedAgainstFull(results: readonly ScoreResult[], engines: readonly string[]): number | null {
  const own = results.filter(({ engine, scores }) => engines.includes(engine) && scores.length > 0)
  const pairs = own
    .filter(({ mode }) => mode === 'cached')
    .flatMap((cached) => {
      const full = own.find(
        ({ mode, candidates, engine }) =>
          mode === 'full' && candidates === cached.candidates && engine === cached.engine,
      )
      return full === undefined ? [] : cached.scores.map((score, index) => Math.abs(score - (full.scores[index] ?? 0)))
    })
  return pairs.length === 0 ? null : Math.max(...pairs)
}

function differences(results: readonly ScoreResult[]): string[] {
  return results.flatMap((result) => {
    const first = results.find(({ candidates, scores }) => candidates === result.candidates && scores.length > 0)
    if (first === undefined || result.scores.length === 0) return []
    const difference = Math.max(...result.scores.map((score, index) => Math.abs(score - (first.scores[index] ?? 0))))
    if (difference < SAME_SCORES) return []
    return [`${result.label}, ${result.mode}: scores differ from ${first.label}'s by ${difference}`]
  })
}

function describe({ candidatesPerSecond, tokensPerSecond, missing }: ScoreResult): string {
  if (candidatesPerSecond === null || tokensPerSecond === null) return missing ?? 'no figure'
  return `${figure(candidatesPerSecond)} (${figure(tokensPerSecond)})`
}
