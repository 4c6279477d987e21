// The rooms of src/: the one table that the check of imports and the map in docs/architecture.md are made from.

/** Rooms of pure functions, without the DOM, devices or state. */
const PURE = ['core', 'tasks', 'search', 'rewards', 'objectives', 'sweep']
const MECHANISMS = [
  'core',
  'tasks',
  'search',
  'rewards',
  'objectives',
  'sweep',
  'compute',
  'engine',
  'training',
  'hub',
  'runtimes',
  'downloads',
  'formats',
]

/**
 * Each room, what lives there, and what it may import from elsewhere in src/ (`mayTypes`: only types of). The first pattern
 * that fits a file is its room; `each`: every match is a room of its own. `npm run rooms` draws the map in docs/architecture.md.
 */
export const ROOMS = [
  {
    room: 'core',
    says: 'errors for people, text from outside made safe to show, counter-based random numbers, statistics',
    files: /^core\//,
    may: [],
  },
  {
    room: 'tasks',
    says: 'each task in a folder: generator, prompt, step grammar, verifier, labels; `registry.ts` names them',
    files: /^tasks\//,
    may: ['core'],
  },
  {
    room: 'search',
    says: 'the ports (`models.ts`), events, strategies and their settings (`settings.ts`), the tree reducer, the ledger',
    files: /^search\//,
    may: ['core'],
  },
  {
    room: 'rewards',
    says: 'sampled responses, Monte Carlo and tree-based step labels, measures of reward models',
    files: /^rewards\//,
    may: ['core', 'search'],
  },
  {
    room: 'objectives',
    says: 'a folder for each training objective: what it trains, takes, uses and is called, and its loss, plain arithmetic on what the model says',
    files: /^objectives\//,
    may: ['core', 'rewards'],
  },
  {
    room: 'sweep',
    says: 'many searches on many problems: the config of a sweep, its plan, its results and what they say',
    files: /^sweep\//,
    may: ['core', 'tasks', 'search', 'rewards'],
  },
  {
    room: 'compute',
    says: 'one `Backend`, two implementations (`webgpu/`, `cpu/`); `kernels/<op>/`',
    files: /^compute\//,
    may: ['core'],
  },
  {
    room: 'engine',
    says: 'checkpoints, decoder, prefix cache, scheduler; the engine’s `Policy` and `RewardModel`',
    files: /^engine\//,
    may: ['core', 'search', 'compute'],
  },
  {
    room: 'training',
    says: 'the model in training, runs and their saves',
    files: /^training\//,
    may: ['core', 'tasks', 'search', 'rewards', 'objectives', 'compute', 'engine', 'formats'],
  },
  // Another runtime under the same tokens: tokenizer, step ends and sampler are our own engine's.
  {
    room: 'runtimes',
    says: 'other runtimes under the same ports, over the engine’s tokenizer, step ends and sampler: `transformersjs/`, for ONNX checkpoints in the browser',
    files: /^runtimes\//,
    may: ['core', 'search', 'compute', 'engine', 'hub'],
  },
  {
    room: 'hub',
    says: 'what huggingface.co is asked, and what its answers mean for people',
    files: /^hub\//,
    may: ['core'],
  },
  {
    room: 'downloads',
    says: 'models from the hub or a URL: listing, resumable range downloads, their place in OPFS, locks, checks',
    files: /^downloads\//,
    may: ['core', 'search', 'engine', 'hub', 'formats'],
  },
  {
    room: 'formats',
    says: 'run files, permalinks, recipes, data and rollout files: each a schema and a pair of functions',
    files: /^formats\//,
    may: ['core', 'tasks', 'search', 'objectives', 'sweep'],
  },
  // What goes wrong on purpose, in development builds alone.
  {
    room: 'faults',
    says: 'what goes wrong on purpose, in development builds alone ([faults.md](faults.md))',
    files: /^faults\//,
    may: ['core'],
  },
  // What the page sees of the worker: types of the mechanisms, no code of theirs.
  {
    room: 'worker-client',
    where: '`src/worker/protocol.ts`, `client.ts`',
    says: 'what the page sees of the worker: the typed protocol and its client; types of the mechanisms, no code of theirs',
    files: /^worker\/(protocol|client)(\.test)?\.ts$/,
    may: ['core', 'faults'],
    mayTypes: [...MECHANISMS, 'worker'],
  },
  {
    room: 'worker',
    says: 'the worker that owns the engine',
    files: /^worker\//,
    may: [...MECHANISMS, 'worker-client', 'faults'],
  },
  { room: 'storage', says: 'IndexedDB tables', files: /^storage\//, may: ['core', 'search', 'formats'] },
  {
    room: 'state',
    says: 'one vanilla zustand store in slices by domain, serializable data only; React hooks',
    files: /^state\//,
    may: [
      ...['core', 'tasks', 'search', 'rewards', 'objectives', 'sweep', 'hub'],
      ...['formats', 'storage', 'worker-client'],
    ],
  },
  {
    room: 'viz-layout',
    where: '`src/viz/layout/`',
    says: 'pure geometry of pictures',
    files: /^viz\/layout\//,
    may: ['core', 'search'],
  },
  { room: 'viz', says: 'pictures: React SVG and canvas', files: /^viz\//, may: ['core', 'search', 'viz-layout'] },
  {
    room: 'ui',
    says: 'controls without knowledge of the domain, among them the one that shows text from outside',
    files: /^ui\//,
    may: ['core'],
  },
  // Parts of a run that more than one screen shows. The pure rooms below are read for words, settings and definitions.
  {
    room: 'panels',
    says: 'parts of the domain shared by screens: transport, ledger figures, strategy form',
    files: /^panels\//,
    may: [...PURE, 'state', 'viz', 'viz-layout', 'ui'],
  },
  // One room per screen: features/playground never sees features/compare.
  {
    room: 'features',
    says: 'one folder per screen, which never sees another’s',
    files: /^features\/[^/]+/,
    may: [...PURE, 'state', 'viz', 'viz-layout', 'ui', 'panels'],
    each: true,
  },
  {
    room: 'app',
    says: 'composition root and routes',
    files: /^app\//,
    may: [...PURE, 'features', 'panels', 'state', 'storage', 'viz', 'viz-layout', 'ui', 'worker-client', 'faults'],
  },
  {
    room: 'cli',
    says: 'the command line over the same engine, each command in a thread of its own',
    files: /^cli\//,
    may: [...MECHANISMS, 'worker', 'worker-client', 'storage'],
  },
]

/** @returns the room of a file, by its path in src/; `name` tells the rooms of `each` apart */
export function roomOf(file) {
  const found = ROOMS.find(({ files }) => files.test(file))
  if (!found) return undefined
  const name = found.each ? found.files.exec(file)[0] : found.room
  return { ...found, name }
}
