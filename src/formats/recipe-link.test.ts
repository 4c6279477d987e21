import { describe, expect, it } from 'vitest'
import { OBJECTIVE_IDS } from '../objectives/registry.ts'
import { readRecipeLink, writeRecipeLink } from './recipe-link.ts'
import { defaultRecipe, readRecipe } from './training-recipe.ts'

describe('a recipe in a link', () => {
  it('holds what differs from the defaults, and comes back whole', () => {
    for (const objective of OBJECTIVE_IDS) {
      const plain = defaultRecipe(objective, 'countdown-policy')
      expect(JSON.parse(writeRecipeLink(plain))).toEqual({ objective, model: 'countdown-policy' })
      const changed = readRecipe({
        ...plain,
        steps: 33,
        optimizer: { ...plain.optimizer, learningRate: 0.002 },
        method: { kind: 'low-rank', rank: 4 },
        data: { source: 'file', file: 'mine.jsonl' },
      })
      expect(readRecipeLink(writeRecipeLink(changed))).toEqual(changed)
      const written = JSON.parse(writeRecipeLink(changed)) as object
      const { optimizer, method, data } = changed
      const generated = plain.data.source === 'generated'
      expect(written).toMatchObject({ steps: 33, optimizer: { learningRate: optimizer.learningRate }, method })
      expect(Object.keys(Reflect.get(written, 'optimizer') as object)).toEqual(['learningRate'])
      expect(Reflect.get(written, 'data')).toEqual(generated ? data : { file: 'mine.jsonl' })
      expect(Object.keys(written).sort()).toEqual(['data', 'method', 'model', 'objective', 'optimizer', 'steps'])
    }
  })

  it('that is cut, or has a field that cannot be, is refused by name', () => {
    expect(() => readRecipeLink('{"objective":"sft"')).toThrow(
      /^link, recipe: The value is not JSON: it breaks at column 19/,
    )
    expect(() => readRecipeLink('{"objective":"sft","model":"m","steps":-1}')).toThrow(/^steps: .*found -1/)
  })
})
