import type { PromptForm } from '../search/manifest.ts'
import type { ManifestFields } from '../state/models/engine-state.ts'
import { TASKS } from '../tasks/registry.ts'
import { Select } from '../ui/select.tsx'
import { TextField } from '../ui/text-field.tsx'
import { readStepEnds, showStepEnds } from './step-ends-text.ts'

const FIRST_TASK = Object.values(TASKS)[0]?.id ?? ''

const PROMPTS: readonly { readonly value: PromptForm; readonly label: string; readonly hint: string }[] = [
  { value: 'notation', label: 'The task’s own notation', hint: 'As models that were trained for one task are asked.' },
  { value: 'chat', label: 'A chat', hint: 'By the template that comes with the tokenizer.' },
  { value: 'completion', label: 'Text to go on with', hint: 'As models are asked that were never taught to chat.' },
]

interface FieldProps {
  fields: ManifestFields
  onChange(change: ManifestFields): void
}

/** What a form for a model begins with, where its files say nothing: those without a chat template serve one task. */
export function firstFields(stated: ManifestFields, chat: boolean): ManifestFields {
  return { ...(chat ? {} : { task: FIRST_TASK }), stepEnds: ['\n'], ...stated }
}

/** Which problems a model is for; a chat model serves any. */
export function TaskField({ fields, onChange }: FieldProps) {
  return (
    <Select
      label="Task"
      hint="Which problems and prompt format it was trained on."
      value={fields.task ?? ''}
      options={[
        ...Object.values(TASKS).map(({ id, name }) => ({ value: id, label: name })),
        { value: '', label: 'Any task' },
      ]}
      onChange={(value) => {
        const { task: _, ...rest } = fields
        onChange(value === '' ? rest : { ...rest, task: value })
      }}
    />
  )
}

/** @param chat whether its tokenizer has a chat template */
export function PromptField({ fields, chat, onChange }: FieldProps & { chat: boolean }) {
  const usual = fields.task !== undefined ? 'notation' : chat ? 'chat' : 'completion'
  const form = fields.prompt ?? usual
  return (
    <Select
      label="Asked in"
      hint={PROMPTS.find(({ value }) => value === form)?.hint}
      value={form}
      options={PROMPTS.filter(({ value }) => chat || value !== 'chat')}
      onChange={(prompt) => onChange({ ...fields, prompt })}
    />
  )
}

export function StepEndField({ fields, onChange }: FieldProps) {
  return (
    <TextField
      label="Step end"
      mono
      hint="Text that ends a step: \n is a line end, \n\n a blank line; “\n or ;” is either of two."
      value={showStepEnds(fields.stepEnds ?? [])}
      onChange={(text) => onChange({ ...fields, stepEnds: readStepEnds(text) })}
    />
  )
}
