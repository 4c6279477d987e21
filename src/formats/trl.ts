import { z } from 'zod'
import type { PreferenceRow, RowKind, Rows, SftRow, StepwiseRow, UnpairedRow } from '../objectives/rows.ts'
import type { RowFormat } from './json-lines.ts'

/**
 * The data sets of TRL (huggingface/trl, docs/source/dataset_formats.md) in their standard form, texts without roles.
 * Further columns are allowed and passed over, as TRL does.
 */

const text = z
  .string({
    error: ({ input }) =>
      input === undefined
        ? 'The field is missing'
        : Array.isArray(input)
          ? 'Expected a text; lists of messages (the conversational form) are not read'
          : 'Expected a text',
  })
  .min(1, 'The text is empty')

export const SFT_FORMAT: RowFormat<SftRow> = {
  schema: z.object({ prompt: text, completion: text }),
  example: '{"prompt": "Q 3 5 > 8\\n", "completion": "3+5=8 : 8\\nA 8\\n"}',
}

export const PREFERENCE_FORMAT: RowFormat<PreferenceRow> = {
  schema: z
    .object({ prompt: text, chosen: text, rejected: text })
    .refine(({ chosen, rejected }) => chosen !== rejected, {
      message: 'The rejected text is the chosen one',
      path: ['rejected'],
    }),
  example: '{"prompt": "…", "chosen": "…", "rejected": "…"}',
}

export const UNPAIRED_FORMAT: RowFormat<UnpairedRow> = {
  schema: z.object({ prompt: text, completion: text, label: z.boolean('The label is not true or false') }),
  example: '{"prompt": "…", "completion": "…", "label": true}',
}

const label = z.union([z.boolean(), z.number().min(0).max(1)], {
  error: 'A label is neither true or false nor a number from 0 to 1',
})

export const STEPWISE_FORMAT: RowFormat<StepwiseRow> = {
  schema: z
    .object({
      prompt: text,
      // Models write empty lines, too, and those have a label.
      completions: z.array(z.string('A step is not a text'), 'Expected a list of steps').min(1, 'There are no steps'),
      labels: z.array(label, 'Expected a list of labels, one for each step'),
    })
    .check(({ value: { completions, labels }, issues }) => {
      if (labels.length === completions.length) return
      const message = `There must be one label for each step: ${labels.length} labels, ${completions.length} steps`
      issues.push({ code: 'custom', message, path: ['labels'], input: labels })
    }),
  example: '{"prompt": "…", "completions": ["first step", "second step"], "labels": [true, 0.25]}',
}

export const ROW_FORMATS: { readonly [Kind in RowKind]: RowFormat<Rows[Kind]> } = {
  'prompt-completion': SFT_FORMAT,
  preference: PREFERENCE_FORMAT,
  unpaired: UNPAIRED_FORMAT,
  stepwise: STEPWISE_FORMAT,
}
