import { describe, expect, it } from 'vitest'
import { formatScore } from '../layout/format-number.ts'
import { idsFromRoot } from '../layout/node-appearance.ts'
import { syntheticTree } from '../layout/testing/synthetic-tree.ts'
import { treeOf } from '../layout/testing/tree-of.ts'
import type { VizTheme } from './theme.ts'
import { treeSvg } from './tree-svg.ts'

const theme: VizTheme = {
  scheme: 'light',
  background: '#f0f0f0',
  surface: '#ffffff',
  text: '#111111',
  muted: '#666666',
  line: '#cccccc',
  accent: '#b4470e',
  focus: '#1d5fd1',
  mono: 'ui-monospace, Menlo, monospace',
  sans: 'system-ui, sans-serif',
}

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
const count = (svg: string, part: string | RegExp) => svg.split(part).length - 1

/** Open and close tags in balance, every attribute quoted, no bare ampersand. */
function expectWellFormed(svg: string): void {
  const open: string[] = []
  const rest = svg.replace(
    /<(\/?)([a-zA-Z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>/g,
    (_, end, name, _attributes, empty) => {
      if (end === '/') expect(open.pop()).toBe(name)
      else if (empty === '') open.push(name)
      return ''
    },
  )
  expect(open).toEqual([])
  expect(rest).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/)
}

describe('the tree as SVG', () => {
  it('shows every step with its score, the problem and the names of the steps', () => {
    const tree = syntheticTree({ seed: 3, n: 16, m: 4, rounds: 4 })
    const svg = treeSvg(tree, { theme })
    expectWellFormed(svg)
    const shown = texts(svg)
    expect(shown).toEqual(expect.arrayContaining(['problem', 'step 1', 'step 4']))
    expect(shown).toContain(tree.started?.setup.problem.replace('>', '&gt;'))
    for (const node of tree.nodes.slice(1)) {
      expect(shown).toContain(node.text.trim().split(' : ')[0])
      expect(shown).toContain(formatScore(node.score))
    }
    // One number each, besides duplicates' counts and the names.
    expect(shown.filter((text) => /^\d\.\d{3}$/.test(text ?? '')).length).toBe(tree.nodes.length - 1)
  })

  it('with the truth shown, a step from which nothing right comes has no colour, whatever its score', () => {
    const tree = syntheticTree({ seed: 3, n: 4, m: 2, rounds: 2 })
    const of = (label: { valid: boolean; reachable: boolean }) =>
      treeSvg(tree, { theme, truth: new Map(tree.nodes.map(({ id }) => [id, label])) })
    const colours = (svg: string) => new Set(svg.match(/fill="#[0-9a-f]{6}"/g))
    const plain = colours(of({ valid: true, reachable: true }))
    const lost = of({ valid: true, reachable: false })
    const invalid = of({ valid: false, reachable: false })
    expect([...plain].filter((colour) => !colours(lost).has(colour)).length).toBeGreaterThan(0)
    expect(colours(lost)).toEqual(colours(invalid))
    // The two are told apart by the mark's shape.
    expect(lost).not.toBe(invalid)
  })

  it('marks the answer’s path, and pruned steps by their dashes', () => {
    const tree = syntheticTree({ seed: 3, n: 16, m: 4, rounds: 4 })
    const svg = treeSvg(tree, { theme })
    const path = idsFromRoot(tree, tree.finished?.node ?? null)
    expect(path.length).toBeGreaterThan(3)
    // The path is one stroke; each of its steps has an outline, its last one a second; a tick or cross is not accented.
    expect(count(svg, `stroke="${theme.accent}"`)).toBe(1 + (path.length - 1) + 1)
    const pruned = tree.nodes.filter(({ state, verdict }) => state === 'pruned' && verdict === null)
    expect(count(svg, 'stroke-dasharray="3 2.5"')).toBe(pruned.length)
  })

  it('stands alone: generic fonts, no style sheet, nothing from elsewhere', () => {
    const svg = treeSvg(syntheticTree({ seed: 4, n: 8, m: 4, rounds: 3, lookahead: 1 }), {
      theme,
    })
    expectWellFormed(svg)
    expect(new Set([...svg.matchAll(/font-family="([^"]*)"/g)].map(([, family]) => family))).toEqual(
      new Set(['monospace', 'sans-serif']),
    )
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/http|var\(|<style|<image|href/)
  })

  it('has everything within its borders', () => {
    const svg = treeSvg(syntheticTree({ seed: 5, n: 12, m: 4, rounds: 3 }), { theme })
    expectWellFormed(svg)
    const [, width = '', height = ''] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []
    for (const [, x, y] of svg.matchAll(/<text x="([^"]+)" y="([^"]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0)
      expect(Number(x)).toBeLessThanOrEqual(Number(width))
      expect(Number(y)).toBeGreaterThanOrEqual(0)
      expect(Number(y)).toBeLessThanOrEqual(Number(height))
    }
  })

  it('reveals the truth only where it is given', () => {
    const tree = treeOf([{ parent: null }, { parent: 0, score: 0.4, text: '3*5=15 : 7 2 15\n' }])
    const hidden = treeSvg(tree, { theme })
    const shown = treeSvg(tree, {
      theme,
      truth: new Map([[1, { valid: true, reachable: false }]]),
    })
    expect(count(shown, 'stroke-width="1.4"')).toBe(count(hidden, 'stroke-width="1.4"') + 1)
  })
})
