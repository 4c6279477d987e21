import { describe, expect, it } from 'vitest'
import type { RecipeInput } from '../../formats/training-recipe.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import { SFT_FORMAT } from '../../formats/trl.ts'
import type { SftRow } from '../../objectives/rows.ts'
import { taskById } from '../../tasks/registry.ts'
import { memoryStore } from '../testing/memory-store.ts'
import type { MakeRows } from './make-rows.ts'
import { copyMadeData, fileRows, loadRows } from './run-rows.ts'

const row = (index: number) => `${JSON.stringify({ prompt: 'Q', completion: `${index}` })}\n`
const numbers = (rows: { length: number; item<T>(index: number, encode: (row: SftRow) => T): T }) =>
  Array.from({ length: rows.length }, (_, index) => rows.item(index, ({ completion }) => Number(completion)))

describe('rows of a file', () => {
  const of = (count: number) => {
    const text = Array.from({ length: count }, (_, index) => row(index + 1)).join('')
    return fileRows(SFT_FORMAT, { name: 'a.jsonl', text })
  }

  it.each([
    [1, []],
    [9, []],
    [10, [10]],
    [29, [10, 20]],
    [30, [10, 20, 30]],
  ])('of %i, those held out are every tenth', (count, held) => {
    const { train, heldOut } = of(count)
    expect(numbers(heldOut)).toEqual(held)
    expect([...numbers(train), ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  })

  it('of many, at most 200 are held out, over the whole file', () => {
    const { train, heldOut } = of(5003)
    const held = numbers(heldOut)
    expect(held.length).toBeLessThanOrEqual(200)
    expect(held.length).toBeGreaterThan(180)
    expect(held.at(-1)).toBeGreaterThan(4970)
    expect(new Set([...numbers(train), ...held]).size).toBe(5003)
  })

  it('are named by their lines, empty ones counted', () => {
    const { all } = fileRows(SFT_FORMAT, { name: 'a.jsonl', text: `\n${row(1)}  \n${row(2)}{"prompt": "Q"}` })
    const names: string[] = []
    for (const index of [0, 1]) all.item(index, (_, id) => names.push(id))
    expect(names).toEqual(['a.jsonl, line 2', 'a.jsonl, line 4'])
    expect(() => all.item(2, () => null)).toThrow('a.jsonl, line 5, completion: The field is missing')
  })
})

describe('made rows', () => {
  const rig = () => {
    const store = memoryStore()
    const made: number[] = []
    const recipeOf = (given: Partial<RecipeInput>) =>
      readRecipe({ objective: 'sft', model: 'm', evaluateProblems: 1, ...given })
    const load = (given: Partial<RecipeInput> = {}, from = store) => {
      const recipe = recipeOf(given)
      const { signal } = new AbortController()
      const maker = {
        task: taskById('countdown'),
        recipe,
        policy: () => Promise.reject(),
        rowPrompt: () => 'Q',
        report: () => {},
        signal,
      }
      const make: MakeRows<SftRow> = async (_, split, count) => {
        made.push(count)
        return [{ prompt: 'Q', completion: `${recipe.seed} ${split}` }]
      }
      return loadRows({ recipe, data: null, store: from, maker }, SFT_FORMAT, make)
    }
    return { store, made, load, recipeOf }
  }

  it('are kept, and made again where the recipe is another or what is kept is damaged', async () => {
    const { store, made, load } = rig()
    const first = await load()
    expect(first.record).toMatchObject({ rows: 1, heldOut: 1 })
    expect((await load({ steps: 7, optimizer: { learningRate: 1 } })).record).toEqual(first.record)
    expect(made).toHaveLength(2)
    expect((await load({ seed: 8 })).record.sha256).not.toBe(first.record.sha256)
    expect(made).toHaveLength(4)
    await store.write('data.jsonl', new TextEncoder().encode('{"prompt": "Q", "completion": "other"}\n'))
    await load({ seed: 8 })
    expect(made).toHaveLength(6)
  })

  it('are kept where only the balance of labels is another', async () => {
    const { made, load } = rig()
    await load({ objective: 'process-reward' })
    await load({ objective: 'process-reward', labels: { balance: 'problem' } })
    expect(made).toHaveLength(2)
    await load({ objective: 'process-reward', labels: { balance: 'problem', planted: 0 } })
    expect(made).toHaveLength(4)
  })

  it('are taken along by a branch whose settings would make the same', async () => {
    const { store, made, load, recipeOf } = rig()
    await load()
    for (const [given, count] of [
      [{ batch: 5 }, 2],
      [{ data: { source: 'generated', problems: 7 } }, 4],
    ] as const) {
      const branch = memoryStore()
      await copyMadeData(store, branch, recipeOf(given))
      await load(given, branch)
      expect(made).toHaveLength(count)
    }
  })
})
