import type { Locator, Page } from '@playwright/test'
import { openReady } from './app.ts'
import { expect } from './fixtures.ts'

/** The run that the Train screen shows. */
export const shown = (page: Page): Locator => page.getByRole('region', { name: 'Training run', exact: true })

/** Opens the Train screen with a short recipe of an objective. @param address the page, before its `#` */
export async function openRecipe(page: Page, recipe: object, address = '/'): Promise<void> {
  const text = JSON.stringify({ model: 'countdown-policy', evaluateProblems: 2, passTokens: 512, ...recipe })
  await openReady(page, `${address}#/train?recipe=${encodeURIComponent(text)}`)
}

export async function startTraining(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start training' }).click()
}

export async function expectTrained(page: Page): Promise<void> {
  await expect(shown(page).getByRole('heading', { level: 2 })).toContainText('finished')
}
