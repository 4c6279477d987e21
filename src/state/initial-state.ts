import { DEFAULT_PROBLEM, DEFAULT_TASK } from '../core/default-task.ts'
import { defaultRecipe } from '../formats/training-recipe.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import type { AppState } from './app-state.ts'
import type { CompareEntry } from './compare/compare-state.ts'
import { initialDraft } from './lab/lab-draft.ts'
import { bundledChoice, DEFAULT_POLICY } from './models/bundled-models.ts'
import type { SessionCore } from './session/session-slice.ts'
import { deriveSession } from './session/session-slice.ts'
import { EVERYTHING } from './traces/trace-view.ts'
import type { TracesState } from './traces/traces-state.ts'

export const INITIAL_SESSION: SessionCore = {
  task: DEFAULT_TASK,
  problemText: DEFAULT_PROBLEM.text,
  gold: '',
  system: null,
  difficulty: DEFAULT_PROBLEM.difficulty,
  strategy: 'beam',
  config: DEFAULT_CONFIG,
  seed: 7,
  prefix: [],
  parent: null,
}

export const INITIAL_COMPARE: readonly CompareEntry[] = (['greedy-tree', 'beam'] as const).map((strategy) => ({
  strategy,
  config: DEFAULT_CONFIG,
  models: {},
  run: null,
}))

/** Quick enough to be watched: supervised fine-tuning of the bundled policy. */
export const INITIAL_RECIPE = defaultRecipe('sft', DEFAULT_POLICY.id)

const INITIAL_TRACES: TracesState = {
  status: 'loading',
  error: null,
  sets: [],
  traces: [],
  made: { human: {}, 'monte-carlo': {} },
  handHistory: [],
  scorers: [],
  scores: {},
  slots: { a: null, b: null },
  truth: 'any',
  view: EVERYTHING,
  selected: null,
  picture: 'heatmap',
  reading: null,
  held: null,
  scoring: null,
  relabelling: null,
  bytes: 0,
}

/** The page before anything was loaded. */
export function initialState(): AppState {
  return {
    engine: {
      phase: 'idle',
      backend: 'auto',
      arithmetic: 'auto',
      weights: { policy: 'auto', reward: 'auto' },
      policy: DEFAULT_POLICY,
      reward: bundledChoice(INITIAL_SESSION.task, 'reward'),
      beside: [],
      progress: { policy: null, reward: null },
      models: null,
      status: null,
      rates: [],
      error: null,
      folder: null,
      ownModels: [],
    },
    onnx: { status: 'closed', origin: null, summary: null, error: null },
    reading: { of: null, sample: { problem: '', steps: '' }, status: 'idle', preview: null, model: null, error: null },
    downloads: {
      status: 'loading',
      error: null,
      models: [],
      unreadable: [],
      others: [],
      transfers: {},
      failures: {},
      space: null,
      persisted: null,
      runs: null,
      offer: null,
    },
    training: {
      status: 'loading',
      error: null,
      draft: {
        recipe: INITIAL_RECIPE,
        errors: {},
        data: null,
        dataError: null,
        reading: false,
        from: null,
        canUndo: false,
        canRedo: false,
      },
      estimate: { status: 'idle', value: null, error: null },
      starting: false,
      refused: null,
      runs: [],
      unreadable: [],
      active: null,
      trees: null,
    },
    lab: {
      status: 'loading',
      error: null,
      draft: initialDraft(INITIAL_SESSION.task),
      sets: { list: [], reading: null, error: null },
      sweeps: [],
      active: null,
      shown: null,
      starting: false,
      refused: null,
    },
    traces: INITIAL_TRACES,
    session: deriveSession(INITIAL_SESSION),
    problemFiles: { files: {}, reading: null, error: null },
    runs: { byId: {}, active: null, waiting: [] },
    history: { status: 'loading', error: null, runs: [], query: '' },
    compare: {
      entries: INITIAL_COMPARE,
      canUndo: false,
      canRedo: false,
      starting: false,
      link: 'share',
      position: 1,
      playing: false,
      table: [],
      equalFlops: null,
      started: null,
    },
    probe: {
      run: null,
      node: null,
      original: [],
      steps: [],
      firstEdit: null,
      status: 'idle',
      error: null,
      estimates: [],
    },
    preferences: {
      theme: 'system',
      revealTruth: false,
      follow: true,
      motion: 'system',
      aggregation: null,
      pace: 1,
      chain: 'off',
    },
    link: { carrying: false, ask: null },
    notices: [],
  }
}
