import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dist } from '../scripts/prepare.mjs'
import { expect, test } from './fixtures.ts'

test('the switch for what goes wrong is in development builds alone', async () => {
  const assets = join(dist, 'assets')
  const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'))
  expect(scripts.some((name) => name.startsWith('worker-'))).toBe(true)
  for (const name of scripts) {
    const text = await readFile(join(assets, name), 'utf8')
    for (const word of ['stepscopeFaults', 'worker-killed', 'disk-full', 'opening backing store', '.fired'])
      expect(text.includes(word), `${word} in ${name}`).toBe(false)
  }
})
