import { describe, expect, it } from 'vitest'
import { defaultSweep } from './default-sweep.ts'
import { draftErrors, LabDraftEditor } from './lab-draft.ts'
import type { LabDraft } from './lab-state.ts'

const here = { sets: [], knows: () => true }

describe('the draft of a sweep', () => {
  it('can run as it begins, and says by its part what cannot', () => {
    const config = defaultSweep('countdown')
    expect(draftErrors(config, here)).toEqual({})
    expect(draftErrors({ ...config, budgets: [] }, here)).toHaveProperty('budgets')
    expect(draftErrors({ ...config, models: [{ policy: 'words-policy', reward: 'words-prm' }] }, here)).toEqual({
      'models.0': expect.stringContaining('was made for'),
    })
    expect(draftErrors({ ...config, models: [{ policy: 'countdown-policy', reward: null }] }, here)).toEqual({
      'models.0': expect.stringContaining('needs a reward model'),
    })
    expect(draftErrors(config, { ...here, knows: () => false })).toEqual({
      'models.0': expect.stringContaining('not in this browser'),
    })
    const file = { source: 'file' as const, file: 'test.jsonl', hash: 'a'.repeat(64) }
    expect(draftErrors({ ...config, problems: file }, here)).toEqual({
      problems: expect.stringContaining('test.jsonl are not in this browser'),
    })
  })

  it('is undone and redone, and follows the task of searches only until it is edited', () => {
    const shown: LabDraft[] = []
    const editor = new LabDraftEditor(
      defaultSweep('countdown'),
      () => 0,
      (draft) => shown.push(draft),
      () => here,
    )
    editor.followTask('word-problems')
    expect(editor.config.task).toBe('word-problems')
    editor.change({ seeds: [1, 2] }, null)
    editor.followTask('countdown')
    expect(editor.config).toEqual({ ...defaultSweep('word-problems'), seeds: [1, 2] })
    editor.undo()
    expect(editor.config).toEqual(defaultSweep('word-problems'))
    expect(shown.at(-1)).toMatchObject({ canUndo: false, canRedo: true, errors: {} })
    editor.redo()
    expect(editor.config.seeds).toEqual([1, 2])
  })
})
