import { readFileSync } from 'node:fs'
import { readJsonText } from '../../src/core/json.ts'
import type { RowFormat } from '../../src/formats/json-lines.ts'
import { readRows } from '../../src/formats/json-lines.ts'
import { OMEGA_FORMAT } from '../../src/formats/omega-file.ts'
import { ROLLOUT_FORMAT } from '../../src/formats/rollout-file.ts'
import { readRunFile } from '../../src/formats/run-file.ts'
import { readRecipe } from '../../src/formats/training-recipe.ts'
import { PREFERENCE_FORMAT, SFT_FORMAT, STEPWISE_FORMAT, UNPAIRED_FORMAT } from '../../src/formats/trl.ts'
import { readStoredRun } from '../../src/storage/stored-run.ts'
import { checkpointTargets } from './checkpoint-targets.ts'
import { commandTargets } from './command-targets.ts'
import { linkTarget } from './link-target.ts'
import { recipeRule, rowRules } from './row-rules.ts'
import type { Rule } from './rules.ts'
import { runFileRule } from './run-file-rules.ts'
import { savesTargets } from './saves-targets.ts'
import type { Target } from './target.ts'
import { text } from './target.ts'

const EARLIER = 'tests/fixtures/earlier'
const file = (path: string) => (): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path))

/** JSON as it is in the file, whatever reads it: the last of doubled names, without a byte order mark. */
const parsed = (bytes: Uint8Array): unknown => JSON.parse(text(bytes))

function rows(name: keyof typeof rowRules, format: RowFormat<unknown>, path: string): Target {
  return {
    name,
    kind: 'jsonl',
    sample: file(`${EARLIER}/data/${path}.jsonl`),
    read: async (bytes) => readRows(format, text(bytes), `${name}.jsonl`),
    silent: (bytes, found) => {
      const lines = text(bytes)
        .split('\n')
        .filter((line) => line.trim() !== '')
      if ((found as unknown[]).length !== lines.length) return 'there are not as many rows as lines'
      for (const [index, line] of lines.entries()) {
        const wrong = rowRules[name](JSON.parse(line))
        if (wrong !== null) return `line ${index + 1}: ${wrong}`
      }
      return null
    },
  }
}

const byRule =
  (rule: Rule): NonNullable<Target['silent']> =>
  (bytes) =>
    rule(parsed(bytes))

function runFile(name: string): Target {
  return {
    name: 'run file',
    kind: 'json',
    sample: file(`${EARLIER}/runs/${name}.stepscope.json`),
    read: async (bytes) => readRunFile(text(bytes), 'run.stepscope.json'),
    silent: byRule(runFileRule),
  }
}

/** Every format that Stepscope reads; some stand twice, with files of different kinds. */
export const TARGETS: readonly Target[] = [
  runFile('lookahead'),
  runFile('best-of-n'),
  linkTarget,
  ...checkpointTargets,
  {
    name: 'recipe',
    kind: 'json',
    sample: () => new TextEncoder().encode(text(readFileSync('tests/fixtures/fuzz/recipe.json'))),
    read: async (bytes) => readRecipe(readJsonText(text(bytes), { place: { file: 'recipe.json' } }), 'recipe.json'),
    silent: byRule(recipeRule),
  },
  rows('sft', SFT_FORMAT, 'sft'),
  rows('preference', PREFERENCE_FORMAT, 'pairs'),
  rows('unpaired', UNPAIRED_FORMAT, 'outcome'),
  rows('stepwise', STEPWISE_FORMAT, 'monte-carlo'),
  rows('omega', OMEGA_FORMAT, 'omega-tree'),
  rows('rollout', ROLLOUT_FORMAT, 'rollouts'),
  ...savesTargets,
  ...commandTargets,
  {
    name: 'saved run',
    kind: 'json',
    sample: () => new TextEncoder().encode(savedRun()),
    read: async (bytes) => readStoredRun(readJsonText(text(bytes), { place: { file: 'database' } })),
  },
]

function savedRun(): string {
  const { stores } = JSON.parse(readFileSync(`${EARLIER}/indexeddb.json`, 'utf8')) as {
    stores: { runs: { rows: unknown[] } }
  }
  return JSON.stringify(stores.runs.rows[0])
}
