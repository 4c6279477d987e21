import { readEscapes, showEscapes } from '../core/escapes.ts'
import { AGGREGATIONS } from '../search/models.ts'
import type { Activation, Reading, ReadingId, ReadingInput } from '../search/reading.ts'
import { READING_IDS } from '../search/reading.ts'
import { IMPLICIT_BETA, READINGS, withPreset } from '../search/readings.ts'
import { useApp } from '../state/hooks.ts'
import { BUNDLED_CHOICES } from '../state/models/bundled-models.ts'
import type { ManifestFields } from '../state/models/engine-state.ts'
import { NumberField } from '../ui/number-field.tsx'
import { Select } from '../ui/select.tsx'
import { TextField } from '../ui/text-field.tsx'
import styles from './reading.module.css'

const INPUTS: Readonly<Record<ReadingInput, string>> = {
  prompt: 'as a policy is asked and writes',
  pieces: 'each part tokenized alone',
  text: 'one text',
  chat: 'a chat: question and answer',
  turns: 'a chat: a question for each step',
}

const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  sigmoid: 'sigmoid of one number',
  softmax: 'softmax, label 1',
  candidates: 'softmax of two tokens’ logits',
}

const PLACES: Readonly<Record<Reading['readAt'], string>> = {
  'score-at': 'at the last token of what follows a step',
  answer: 'before the answer to each step',
  end: 'at the end of the response',
}

const BOS: Readonly<Record<Reading['bos'], string>> = {
  never: 'no',
  'if-any': 'where the tokenizer names one',
  always: 'yes',
}

const optionsOf = <Value extends string>(labels: Readonly<Record<Value, string>>) =>
  (Object.keys(labels) as Value[]).map((value) => ({ value, label: labels[value] }))

interface ReadingFieldsProps {
  fields: ManifestFields
  onChange(fields: ManifestFields): void
}

/** How a reward model is read: a known way by name, and every field of it. */
export function ReadingFields({ fields, onChange }: ReadingFieldsProps) {
  const reading = withPreset(fields.reading ?? {})
  const id = reading.id ?? 'step-end'
  const set = (change: Partial<Reading>) => onChange({ ...fields, reading: { ...fields.reading, ...change } })
  const choose = (next: ReadingId) => {
    const { system: _, reading: __, stepEnds: ___, ...rest } = fields
    onChange({ ...rest, role: READINGS[next].role, reading: { id: next } })
  }
  const text = (
    label: string,
    field: 'scoreAt' | 'afterProblem' | 'beforeStep' | 'betweenSteps' | 'answer',
    hint = '',
  ) => (
    <TextField
      label={label}
      mono
      hint={hint}
      value={showEscapes(reading[field] ?? '')}
      onChange={(value) => set({ [field]: readEscapes(value) })}
    />
  )
  const [right = '', wrong = ''] = reading.candidates ?? []
  const readAs = (
    <Select
      label="Read as"
      hint={`${READINGS[id].summary} For ${READINGS[id].models}.`}
      value={id}
      options={READING_IDS.map((value) => ({ value, label: READINGS[value].name }))}
      onChange={choose}
    />
  )
  if (id === 'implicit') {
    return (
      <div className={styles.main}>
        {readAs}
        <ImplicitFields reading={reading} onChange={set} />
      </div>
    )
  }
  return (
    <>
      <div className={styles.main}>
        {readAs}
        {text(
          'After each step',
          'scoreAt',
          '\\n is a line end, \\n\\n a blank line. It is part of how the model was trained.',
        )}
        <Select
          label="Score"
          value={reading.activation ?? 'sigmoid'}
          hint="How the output becomes a number from 0 to 1."
          options={optionsOf(ACTIVATIONS)}
          onChange={(activation) => set({ activation })}
        />
        <Select
          label="Path score"
          hint="How step scores become the score of a path, unless the strategy says otherwise."
          value={reading.aggregation ?? 'last'}
          options={AGGREGATIONS.map((value) => ({ value, label: value }))}
          onChange={(aggregation) => set({ aggregation })}
        />
      </div>
      <details className={styles.details}>
        <summary>All fields</summary>
        <div className={styles.main}>
          <Select
            label="Input"
            value={reading.input ?? 'prompt'}
            options={optionsOf(INPUTS)}
            onChange={(input) => set({ input })}
          />
          <Select
            label="Read"
            value={reading.readAt ?? 'score-at'}
            options={optionsOf(PLACES)}
            onChange={(readAt) => set({ readAt })}
          />
          <Select
            label="Begins with the beginning-of-sequence token"
            value={reading.bos ?? 'never'}
            options={optionsOf(BOS)}
            onChange={(bos) => set({ bos })}
          />
          <TextField
            label="System message"
            hint="What a chat begins with."
            value={fields.system ?? READINGS[id].system ?? ''}
            onChange={(system) => onChange({ ...fields, system })}
          />
          {text('After the problem', 'afterProblem')}
          {text('Before each step', 'beforeStep', '{n} is its number.')}
          {text('Between steps', 'betweenSteps')}
          {text('Answer to each step', 'answer', 'In a chat with a question for each step.')}
          <Select
            label="White space around steps"
            value={reading.trimsSteps ? 'out' : 'in'}
            options={[
              { value: 'in', label: 'stays' },
              { value: 'out', label: 'is left out' },
            ]}
            onChange={(value) => set({ trimsSteps: value === 'out' })}
          />
          <TextField
            label="Token for right"
            mono
            value={right}
            onChange={(value) => set({ candidates: [value, wrong] })}
          />
          <TextField
            label="Token for wrong"
            mono
            value={wrong}
            onChange={(value) => set({ candidates: [right, value] })}
          />
        </div>
      </details>
    </>
  )
}

interface ImplicitFieldsProps {
  reading: Partial<Reading>
  onChange(change: Partial<Reading>): void
}

/** What a language model is held against, and how strongly. */
function ImplicitFields({ reading, onChange }: ImplicitFieldsProps) {
  const own = useApp((state) => state.engine.ownModels)
  const models = [...BUNDLED_CHOICES.policy, ...own.filter(({ role, kind }) => role === 'policy' && kind !== 'onnx')]
  const { reference } = reading
  const known = models.some(({ id }) => id === reference)
  return (
    <>
      <Select
        label="Reference model"
        hint="The language model that it was trained from, with the same tokens. Load yours as a policy first."
        value={reference ?? ''}
        options={[
          ...(known ? [] : [{ value: reference ?? '', label: reference ? `${reference} (not here)` : 'Choose one' }]),
          ...models.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(value) => onChange({ reference: value === '' ? null : value })}
      />
      <NumberField
        label="β"
        hint="As it was trained with."
        value={reading.beta ?? IMPLICIT_BETA}
        min={0.001}
        max={10}
        step={0.01}
        onChange={(beta) => onChange({ beta })}
      />
    </>
  )
}
