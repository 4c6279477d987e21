import { configDefaults, defineConfig } from 'vitest/config'

/** Set by `npm run test:long`: proofs that take minutes, in files named *.long.test.ts, and kernels on lavapipe as it comes. */
const long = Boolean(process.env.STEPSCOPE_LONG)

/** Each of its tests compiles shaders for a few numbers: nearly all of their time is lavapipe's compiler. */
const KERNELS = 'src/compute/**/*.test.ts'

/** Lavapipe compiles in a third of its time without optimizing and for four lanes. Arithmetic stays what it is. */
const QUICK_SHADERS = { GALLIVM_PERF: 'nopt', LP_NATIVE_VECTOR_WIDTH: '128' }

/**
 * Files with a process each: those that open WebGPU, since Dawn may end a process in which several files opened it, and those
 * that replace modules or globals. The others share processes, so that sources are loaded once.
 */
const OWN_PROCESS = [
  'src/engine/{bundled-models,forward-cases,wasm-failures}.test.ts',
  'src/training/train-step.test.ts',
  'src/training/run/lost-device.test.ts',
  'src/runtimes/transformersjs/kept-answers.test.ts',
  'src/panels/scaling-view.test.tsx',
]

/** Suites that run on more backends, or longer, where `long` is asked for. */
const WHOLE = [KERNELS, 'src/{engine,training,rewards}/**/*.test.ts', 'src/cli/interruptions.test.ts']

/** No WebGPU in a shared process: a file that opens it there finds no adapter. */
const NO_WEBGPU = { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' }

const NO_LONG = [...configDefaults.exclude, '**/*.long.test.*']

export default defineConfig({
  test: {
    environment: 'node',
    // A process per worker: Dawn's native module is not made for several threads of one process. Two, because software
    // Vulkan itself spreads over all cores.
    pool: 'forks',
    maxWorkers: 2,
    // They stop what hangs; how long anything takes on a busy machine is no test's business.
    testTimeout: long ? 1_800_000 : 180_000,
    hookTimeout: 180_000,
    restoreMocks: true,
    projects: long
      ? [
          {
            extends: true,
            test: { name: 'long', include: ['{src,bench,scripts}/**/*.long.test.{ts,tsx,mjs}', ...WHOLE] },
          },
        ]
      : [
          { extends: true, test: { name: 'kernels', include: [KERNELS], exclude: NO_LONG, env: QUICK_SHADERS } },
          {
            extends: true,
            test: { name: 'engine', include: OWN_PROCESS, exclude: NO_LONG, env: QUICK_SHADERS },
          },
          {
            extends: true,
            test: {
              name: 'units',
              include: ['src/**/*.test.{ts,tsx}', 'bench/**/*.test.ts', 'scripts/**/*.test.{ts,mjs}'],
              exclude: [...NO_LONG, ...OWN_PROCESS, KERNELS],
              isolate: false,
              env: NO_WEBGPU,
            },
          },
        ],
  },
})
