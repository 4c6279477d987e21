import { readFile } from 'node:fs/promises'
import { expect, test } from './fixtures.ts'

test('the tree is saved as a picture, whole or as shown', async ({ page }, testInfo) => {
  await page.goto('/')
  const save = async (choice: string) => {
    await page.getByRole('button', { name: 'Save a picture of the tree' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: choice }).click()
    const file = testInfo.outputPath(choice)
    await (await download).saveAs(file)
    await page.keyboard.press('Escape')
    return readFile(file)
  }
  const svg = (await save('Whole tree, SVG')).toString()
  expect(svg).toMatch(/^<svg xmlns/)
  const problem = await page.getByRole('textbox', { name: 'Problem', exact: true }).inputValue()
  expect(svg).toContain(`>${problem.replace('>', '&gt;')}</text>`)
  const png = await save('As shown, PNG')
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  expect(png.length).toBeGreaterThan(10_000)
})
