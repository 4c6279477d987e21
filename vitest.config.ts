import { configDefaults, defineConfig } from 'vitest/config'

/** Set by `npm run test:long`: proofs that take minutes, in files named *.long.test.ts, and only these. */
const long = Boolean(process.env.STEPSCOPE_LONG)

export default defineConfig({
  test: {
    include: long
      ? ['{src,bench,scripts}/**/*.long.test.{ts,tsx,mjs}']
      : ['src/**/*.test.{ts,tsx}', 'bench/**/*.test.ts', 'scripts/**/*.test.{ts,mjs}'],
    exclude: long ? configDefaults.exclude : [...configDefaults.exclude, '**/*.long.test.*'],
    environment: 'node',
    // A process per worker: Dawn's native module is not made for several threads of one process. Two, because software
    // Vulkan itself spreads over all cores.
    pool: 'forks',
    maxWorkers: 2,
    // They stop what hangs; how long anything takes on a busy machine is no test's business.
    testTimeout: long ? 1_800_000 : 180_000,
    hookTimeout: 180_000,
    restoreMocks: true,
  },
})
