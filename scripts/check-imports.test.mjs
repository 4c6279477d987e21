import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkImports } from './check-imports.mjs'

let src

beforeEach(() => {
  src = mkdtempSync(join(tmpdir(), 'stepscope-imports-'))
})
afterEach(() => rmSync(src, { recursive: true }))

function problemsOf(files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(src, dirname(name)), { recursive: true })
    writeFileSync(join(src, name), text)
  }
  return checkImports(src).problems
}

const empty = 'export {}'

test('arrows of the rooms table are accepted', () => {
  const problems = problemsOf({
    'core/random.ts': 'export const a = 1',
    'ui/text.tsx': "import '../core/random.ts'",
    'search/tree.ts': "export { a } from '../core/random.ts'",
    'engine/decoder.ts': "import '../compute/backend.ts'",
    'compute/backend.ts': empty,
    'worker/protocol.ts': "import type { T } from '../engine/decoder.ts'",
    'worker/client.ts': "import './protocol.ts'",
    'worker/worker.ts': "import '../engine/decoder.ts'; import './protocol.ts'",
    'state/store.ts': "import '../worker/client.ts'; import { createStore } from 'zustand/vanilla'",
    'viz/layout/tidy.ts': "import { tree } from 'd3'",
    'viz/marks/tree.tsx': "import '../layout/tidy.ts'; import { useMemo } from 'react'",
    'features/playground/screen.tsx': "import '../../state/store.ts'; import './panel.tsx'",
    'features/playground/panel.tsx': "import '../../viz/marks/tree.tsx'",
    'app/main.tsx': "import '../features/playground/screen.tsx'",
    'cli/main.ts': "import { readFileSync } from 'node:fs'; import '../compute/node-device.ts'",
    'compute/node-device.ts': "import { create } from 'webgpu'",
  })
  expect(problems).toEqual([])
})

test.each([
  ['core', 'search', 'core/a.ts', "import '../search/b.ts'", 'search/b.ts'],
  ['search', 'engine, though only for a type', 'search/a.ts', "import type { B } from '../engine/b.ts'", 'engine/b.ts'],
  ['search', 'engine inside a type', 'search/a.ts', "type B = import('../engine/b.ts').B", 'engine/b.ts'],
  ['state', 'engine, though later', 'state/a.ts', "void import('../engine/b.ts')", 'engine/b.ts'],
  ['tasks', 'search through a re-export', 'tasks/a.ts', "export { b } from '../search/b.ts'", 'search/b.ts'],
  ['state', 'the worker itself', 'state/a.ts', "import '../worker/worker.ts'", 'worker/worker.ts'],
  ['worker-client', 'code of the engine', 'worker/client.ts', "import { b } from '../engine/b.ts'", 'engine/b.ts'],
  [
    'features/playground',
    'another feature',
    'features/playground/a.tsx',
    "import '../compare/b.tsx'",
    'features/compare/b.tsx',
  ],
  ['ui', 'search', 'ui/a.tsx', "import '../search/b.ts'", 'search/b.ts'],
  ['viz-layout', 'marks', 'viz/layout/a.ts', "import '../marks/b.tsx'", 'viz/marks/b.tsx'],
  ['cli', 'state', 'cli/a.ts', "import '../state/b.ts'", 'state/b.ts'],
])('%s must not import %s', (room, _what, file, text, target) => {
  const problems = problemsOf({ [file]: text, [target]: empty })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(`src/${file}:1: ${room} must not import`)
})

test('cycles are found, through types too', () => {
  const problems = problemsOf({
    'core/a.ts': "import type { B } from './b.ts'",
    'core/b.ts': "import './c.ts'",
    'core/c.ts': "import './a.ts'",
  })
  expect(problems).toEqual(['cycle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts'])
})

test('Node, drawing packages, tests and unknown rooms are kept out', () => {
  const problems = problemsOf({
    'engine/a.ts': "import 'node:fs'",
    'search/b.ts': "import { useMemo } from 'react'",
    'viz/layout/c.ts': "import { useMemo } from 'react'",
    'compute/d.ts': "import './node-device.ts'",
    'compute/node-device.ts': empty,
    'core/e.ts': "import './e.test.ts'",
    'core/e.test.ts': "import '../engine/a.ts'",
    'core/h.ts': "import './testing/helper.ts'",
    'core/testing/helper.ts': "import '../../engine/a.ts'",
    'elsewhere/f.ts': empty,
    'core/g.ts': "import './missing'",
  })
  expect(problems).toEqual([
    "src/compute/d.ts:1: './node-device.ts' runs in Node alone; pass what it makes in from the command line",
    "src/core/e.ts:1: './e.test.ts' is a test",
    "src/core/g.ts:1: './missing' is not a file; write its full name",
    "src/core/h.ts:1: './testing/helper.ts' is a test",
    'src/elsewhere/f.ts: in no known room; rooms are listed in scripts/check-imports.mjs',
    "src/engine/a.ts:1: 'node:fs' runs in Node alone; only src/cli and src/compute/**/node-*.ts may import it",
    "src/search/b.ts:1: search must not import the package 'react'",
    "src/viz/layout/c.ts:1: viz-layout must not import the package 'react'",
  ])
})
