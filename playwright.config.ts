import { defineConfig, devices } from '@playwright/test'
import { chromiumPath } from './scripts/system.mjs'

// A port of this run's own, so that two runs on one machine do not meet; workers inherit the choice.
process.env.STEPSCOPE_E2E_PORT ??= String(20_000 + (process.pid % 20_000))
const port = process.env.STEPSCOPE_E2E_PORT
const baseURL = `http://localhost:${port}`

const executablePath = chromiumPath({ shell: true })

/** Set by `npm run test:long`: journeys that take minutes, in files named *.long.spec.ts, and those that then look at more. */
const long = Boolean(process.env.STEPSCOPE_LONG)
const LONG_FILES = [/\.long\.spec\.ts$/, /\/(downloads|engine|screens|training)\.spec\.ts$/]

/** Headless, as root in containers, and quiet: no connections of the browser's own. */
const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking']

const chromium = (extra: string[]) => ({
  ...devices['Desktop Chrome'],
  launchOptions: { args: [...args, ...extra], ...(executablePath ? { executablePath } : {}) },
})

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Two browsers: a journey waits more than it computes. Files go side by side, journeys of a file one after the other.
  workers: long ? 1 : 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // A journey that passes at its second try is told by name as flaky (scripts/test-report.mjs) and is to be mended.
  retries: long ? 0 : 1,
  // These stop what hangs; how long anything takes on a busy machine is no journey's business.
  timeout: long ? 1_800_000 : 180_000,
  expect: { timeout: 60_000 },
  reporter: [
    ['list'],
    ['json', { outputFile: process.env.STEPSCOPE_E2E_REPORT ?? '.cache/playwright.json' }],
    ...(long ? [['./e2e/faults/summary.ts'] as [string]] : []),
  ],
  // Traces cost as much time as the journeys do.
  use: { baseURL, trace: 'on-first-retry', screenshot: 'only-on-failure' },
  projects: [
    // On Linux without a graphics card Chromium gives a software adapter (SwiftShader) only with this flag.
    {
      name: 'webgpu',
      testMatch: long ? LONG_FILES : /\.spec\.ts$/,
      testIgnore: long ? /\.cpu\.long\.spec\.ts$/ : [/\.cpu\.spec\.ts$/, /\.long\.spec\.ts$/],
      use: chromium(['--enable-unsafe-webgpu']),
    },
    // Without an adapter: the page falls back to the CPU backend.
    {
      name: 'cpu',
      testMatch: long ? /\.cpu\.long\.spec\.ts$/ : /\.cpu\.spec\.ts$/,
      use: chromium(['--disable-features=WebGPU']),
    },
  ],
  webServer: {
    command: 'node scripts/start.mjs',
    // The long journeys make things fail on purpose: a development build lets them.
    env: { PORT: port, ...(long ? { STEPSCOPE_FAULTS: '1' } : {}) },
    url: baseURL,
    reuseExistingServer: false,
    timeout: 180_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 2_000 },
  },
})
