import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRunFile } from '../../formats/run-file.ts'
import { aggregate } from '../../search/aggregate.ts'
import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import type { ProbeState, ProbeStep } from '../../state/search/probe-state.ts'
import { nodeReading, recordedScores } from './node-reading.ts'
import { rankings } from './rankings.ts'

const { events } = readRunFile(readFileSync('public/runs/first-visit.json', 'utf8'), 'first-visit.json')
const tree = events.reduce(applyEvent, emptyTree())
const node = tree.nodes.find(({ depth, decision }) => depth === 2 && decision?.rule === 'rank')
if (!node) throw new Error('no ranked node')
const label = { valid: false, reachable: false, label: 0, message: 'wrong' } as const
const run = { tree, events, labels: { [node.id]: { ...label, valid: true, message: 'recorded' } } }
const token = { id: 1, text: 'x', logprob: -1, alternatives: [] }
const step = (score: number): ProbeStep => ({
  text: `step ${score}`,
  end: '\n',
  score,
  tokens: [token],
  logprob: -1,
  label,
})
const probe = (change: Partial<ProbeState>): ProbeState => ({
  run: 'a',
  node: node.id,
  original: [step(0.1), step(0.2)],
  steps: [step(0.1), step(0.2)],
  firstEdit: null,
  status: 'ready',
  error: null,
  estimates: [],
  ...change,
})
const other = [{ what: 'reward model', run: 'countdown-prm', now: 'PRM abc, step 8' }] as const

describe('what the inspector says of a step', () => {
  it('is as it was recorded, and says by whom where other models are loaded', () => {
    const reading = nodeReading(run, node, probe({}), [], aggregate)
    expect(reading).toMatchObject({ of: 'recorded', score: node.score, text: node.text.trim(), said: null })
    expect(reading.label?.message).toBe('recorded')
    const now = nodeReading(run, node, probe({}), other, aggregate)
    expect(now.score).toBe(node.score)
    expect(now.said).toBe('As recorded, by countdown-prm. The path below is read by PRM abc, step 8.')
    expect(recordedScores(run, node, probe({}), other)?.at(-1)).toBe(node.score)
    expect(recordedScores(run, node, probe({}), [])).toBeNull()
  })

  it('after an edit is all of the edited step: text, scores, tokens, truth, rankings', () => {
    const edited = probe({ firstEdit: 0, steps: [step(0.9), step(0.3)] })
    const reading = nodeReading(run, node, edited, [], aggregate)
    expect(reading).toMatchObject({ of: 'edited', text: 'step 0.3', score: 0.3, pathScore: 0.3, tokens: [token] })
    expect(reading.label?.message).toBe('wrong')
    expect(reading.scores).toEqual([0.9, 0.3])
    const rows = rankings(tree, node, aggregate, reading.scores ?? [])
    expect(rows.find(({ aggregation }) => aggregation === 'mean')?.score).toBeCloseTo(0.6)
    const waiting = probe({ firstEdit: 0, status: 'waiting', steps: [step(0.9), { ...step(0), score: null }] })
    expect(nodeReading(run, node, waiting, [], aggregate)).toMatchObject({ score: null, pathScore: null, scores: null })
    expect(recordedScores(run, node, edited, other)).toBeNull()
  })
})
