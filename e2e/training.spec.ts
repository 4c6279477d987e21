import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Page } from '@playwright/test'
import type { RunFile } from '../src/formats/run-file.ts'
import { runToEnd, waitReady } from './app.ts'
import { expect, LONG, test } from './fixtures.ts'
import { expectTrained, openRecipe, shown, startTraining } from './train.ts'

interface PeftConfig {
  readonly r: number
  readonly target_modules: readonly string[]
}

/** Unpacks an archive of stored files. @returns the folder that all of them lie in */
async function unpack(archive: string, to: string): Promise<string> {
  const bytes = await readFile(archive)
  let folder = to
  // From the directory at its end: headers before the files need not say their sizes.
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [size, local] = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 42)]
    const [name, extra, comment] = [28, 30, 32].map((place) => bytes.readUInt16LE(at + place)) as [
      number,
      number,
      number,
    ]
    const path = join(to, bytes.toString('utf8', at + 46, at + 46 + name))
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes.subarray(start, start + size))
    folder = dirname(path)
    at += 46 + name + extra + comment
  }
  return folder
}

/** The hash of the loaded policy's weights, on the Models screen. */
async function policyHash(page: Page): Promise<string> {
  const policy = page.getByRole('region', { name: 'Policy', exact: true })
  return policy.locator('dl > div').filter({ hasText: 'hash' }).locator('dd').innerText()
}

/**
 * Searches, and takes the events from the exported run: every token with its log-probability, every step with its score, to
 * the last bit. Only the first event names the models.
 */
async function searchedEvents(page: Page): Promise<RunFile['events']> {
  await runToEnd(page)
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export the run as a file' }).click()
  const { events } = JSON.parse(await readFile(await (await downloading).path(), 'utf8')) as RunFile
  return events.slice(1)
}

test('a fine-tuning run is paused, survives a reload, is searched, and comes back from its download', async ({
  page,
}, testInfo) => {
  const data = { source: 'generated', problems: 20 }
  await openRecipe(page, { objective: 'sft', steps: 10, batch: 4, saveEvery: 2, evaluateEvery: 5, data })
  await startTraining(page)
  const run = shown(page)
  await expect(run.getByRole('img', { name: /^loss:/ })).toBeVisible()
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await expect(run.getByRole('heading', { level: 2 })).toContainText('paused')
  const paused = await run.getByRole('progressbar').getAttribute('aria-label')
  await page.waitForTimeout(500)
  expect(await run.getByRole('progressbar').getAttribute('aria-label')).toBe(paused)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(run.getByText(/Saved at step [2-8]/).first()).toBeVisible()

  await page.reload()
  await waitReady(page)
  await page.getByRole('button', { name: /^Continue from step/ }).click()
  await expectTrained(page)
  await expect(run.getByRole('img', { name: /^loss:.*step 10, from .* at step [01],/ })).toBeVisible()

  const downloading = page.waitForEvent('download')
  await run.getByRole('button', { name: 'Download', exact: true }).click()
  await page.getByRole('button', { name: /Hugging Face folder/ }).click()
  const archive = testInfo.outputPath('trained.zip')
  await (await downloading).saveAs(archive)
  const folder = await unpack(archive, testInfo.outputPath('unpacked'))
  expect(await readFile(join(folder, 'card.md'), 'utf8')).toContain('sft')

  await run.getByRole('button', { name: 'Open in the playground' }).click()
  await expect(page).toHaveURL(/playground/)
  const searched = await searchedEvents(page)
  const tokens = searched.flatMap((event) => (event.type === 'proposed' ? event.tokens : []))
  expect(new Set(tokens.map(({ logprob }) => logprob)).size).toBeGreaterThan(50)
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Models' }).click()
  const trained = await policyHash(page)

  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await (await chooser).setFiles(folder)
  const list = page.getByRole('list', { name: /^Policy/ })
  await expect(list.getByRole('listitem').filter({ hasText: 'local' })).toContainText('chosen')
  expect(await policyHash(page)).toBe(trained)
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Playground' }).click()
  expect(await searchedEvents(page)).toEqual(searched)
})

test('a preference file is checked, then learned from by DPO', async ({ page }) => {
  await openRecipe(page, { objective: 'dpo', steps: 3, batch: 2, saveEvery: 3, evaluateProblems: 0 })
  const rows = ['3*8=24 : 24\nA 24\n', '3+8=11 : 11\nA 11\n']
  const pair = { prompt: 'Q 3 8 > 24\n', chosen: rows[0], rejected: rows[1] }
  const choose = async (text: string) => {
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: /Choose (a|another) file/ }).click()
    await (await chooser).setFiles({ name: 'pairs.jsonl', mimeType: 'text/plain', buffer: Buffer.from(text) })
  }
  await page.getByRole('radio', { name: 'A file' }).click()
  await choose(`${JSON.stringify(pair)}\n${JSON.stringify({ ...pair, rejected: 3 })}\n`)
  const data = page.getByRole('region', { name: 'Data' })
  await expect(data.getByRole('alert').filter({ hasText: 'pairs.jsonl' })).toContainText(/Line\s*2.*rejected/s)
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
  await choose(`${JSON.stringify(pair)}\n`.repeat(8))
  await startTraining(page)
  await expectTrained(page)
  await expect(shown(page).getByRole('img', { name: /^rewards: chosen/ })).toBeVisible()
})

test('GRPO samples, is rewarded, and writes what it samples', async ({ page }) => {
  const rollout = { samples: 4 }
  const mix = { rewardModel: 'countdown-prm', reward: { verifier: 0.5, outcome: 0.5 } }
  await openRecipe(page, { objective: 'grpo', steps: 2, batch: 2, saveEvery: 2, evaluateEvery: 2, rollout, ...mix })
  await startTraining(page)
  await expectTrained(page)
  await expect(shown(page).getByRole('img', { name: /^reward:/ })).toBeVisible()
  await expect(shown(page).getByRole('img', { name: /^verifier and proxy: verifier .*; proxy / })).toBeVisible()
  await expect(
    shown(page)
      .getByText(/Right|Wrong/)
      .first(),
  ).toBeVisible()
})

/** The model that the playground takes for a role. */
const chosen = (page: Page, role: string) =>
  page.getByRole('combobox', { name: role, exact: true }).locator('option:checked')

const few = { data: { source: 'generated', problems: 4 }, rollout: { samples: 4 } }

// Every other objective is trained by src/training/run/every-objective.test.ts.
if (LONG)
  test('a process reward model is trained on labels that the model makes, and is taken in its role', async ({
    page,
  }) => {
    const labels = { method: 'soft', completions: 2 }
    await openRecipe(page, {
      ...few,
      objective: 'process-reward',
      steps: 2,
      batch: 4,
      saveEvery: 2,
      evaluateEvery: 2,
      labels,
    })
    await startTraining(page)
    await expectTrained(page)
    await expect(shown(page).getByRole('img', { name: /^loss:/ })).toBeVisible()
    await shown(page).getByRole('button', { name: 'Open in the playground' }).click()
    await expect(chosen(page, 'Reward model')).toContainText('step 2')
    await runToEnd(page)
  })

if (LONG)
  test('an implicit reward model scores steps in the playground', async ({ page }) => {
    const optimizer = { learningRate: 1e-3, warmupSteps: 1 }
    const objective = 'implicit-process-reward'
    await openRecipe(page, { ...few, objective, steps: 4, batch: 4, saveEvery: 4, optimizer })
    await startTraining(page)
    await expectTrained(page)
    await shown(page).getByRole('button', { name: 'Open in the playground' }).click()
    await expect(chosen(page, 'Reward model')).toContainText('step 4')
    const events = await searchedEvents(page)
    const scores = events.flatMap((event) => (event.type === 'scored' && event.score !== null ? [event.score] : []))
    // Of the model before training, against itself, each is one half.
    expect(new Set(scores).size).toBeGreaterThan(4)
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Models' }).click()
    const reward = page.getByRole('region', { name: 'Reward model', exact: true })
    await expect(reward.getByText(/^β 0\.05 against Countdown policy/)).toBeVisible()
  })

if (LONG)
  test('LoRA downloads as a PEFT adapter, and a run branches from its save', async ({ page }, testInfo) => {
    const method = { kind: 'low-rank', rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] }
    const data = { source: 'generated', problems: 8 }
    await openRecipe(page, { objective: 'sft', steps: 2, batch: 4, saveEvery: 2, evaluateEvery: 2, data, method })
    await startTraining(page)
    await expectTrained(page)
    const run = shown(page)
    const downloading = page.waitForEvent('download')
    await run.getByRole('button', { name: 'Download', exact: true }).click()
    await page.getByRole('button', { name: /PEFT adapter/ }).click()
    const archive = testInfo.outputPath('adapter.zip')
    await (await downloading).saveAs(archive)
    const folder = await unpack(archive, testInfo.outputPath('unpacked'))
    const { r, target_modules } = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as PeftConfig
    expect({ r, target_modules }).toEqual({ r: 4, target_modules: method.targets })

    await run.getByRole('button', { name: 'Branch…' }).click()
    await page.getByRole('spinbutton', { name: 'Steps', exact: true }).fill('4')
    await page.getByRole('button', { name: 'Branch from step 2' }).click()
    await expect(run.getByText(/branched from step 2 of/)).toBeVisible()
    await expectTrained(page)
    await expect(run.getByText('Step 4 of 4')).toBeVisible()
  })
