import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundledCli } from './bundle-cli.mjs'

let root = ''
const source = (name, text) => writeFileSync(join(root, 'src/cli', name), text)

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'stepscope-bundle-'))
  mkdirSync(join(root, 'src/cli'), { recursive: true })
  writeFileSync(join(root, 'package-lock.json'), '{}')
  source('main.ts', "import { word } from './word.ts'\nexport const said: string = word")
  source('command-thread.ts', 'export const place: string = import.meta.url')
  source('word.ts', "export const word = 'one'")
})
afterAll(() => rmSync(root, { recursive: true }))

it('is made once, and again when a source it is of has changed', async () => {
  const first = await bundledCli(root)
  expect((await import(/* @vite-ignore */ first)).said).toBe('one')
  expect(await bundledCli(root)).toBe(first)
  source('word.ts', "export const word = 'two'")
  utimesSync(join(root, 'src/cli/word.ts'), 1, 1)
  const second = await bundledCli(root)
  expect(second).not.toBe(first)
  expect((await import(/* @vite-ignore */ second)).said).toBe('two')
  // Who has just started the older one still reads it.
  expect(readFileSync(fileURLToPath(first), 'utf8')).toContain('one')
})

it('is made again when a source or the bundle itself is gone', async () => {
  source('main.ts', "export const said: string = 'alone'")
  rmSync(join(root, 'src/cli/word.ts'))
  const alone = await bundledCli(root)
  expect((await import(/* @vite-ignore */ alone)).said).toBe('alone')
  rmSync(fileURLToPath(alone))
  expect(await bundledCli(root)).not.toBe(alone)
})

it('knows where its modules lie', async () => {
  const main = await bundledCli(root)
  const thread = new URL('command-thread.mjs', main).href
  expect((await import(/* @vite-ignore */ thread)).place).toBe(
    pathToFileURL(join(root, 'src/cli/command-thread.ts')).href,
  )
})

it('is none where a source is broken: the sources run, and say what is wrong', async () => {
  source('main.ts', 'export const = ')
  expect(await bundledCli(root)).toBeNull()
})
