import { useState } from 'react'
import { readEscapes, showEscapes } from '../../core/escapes.ts'
import { plainText } from '../../core/outside-text.ts'
import type { ManifestField } from '../../search/manifest.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import { useActions } from '../../state/hooks.ts'
import type { ManifestFields, PendingFolder } from '../../state/models/engine-state.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { formatBytes, formatNumber } from '../../viz/layout/format-number.ts'
import { firstFields, PromptField, StepEndField, TaskField } from './manifest-fields.tsx'
import styles from './models-screen.module.css'

const ROLE_NAMES = {
  policy: 'a policy',
  'process-reward-model': 'a process reward model',
  'outcome-reward-model': 'an outcome reward model',
} as const

/** What a dropped folder is, and a field for all that it does not say itself. */
export function FolderForm({ folder }: { folder: PendingFolder }) {
  const actions = useActions()
  const [fields, setFields] = useState<ManifestFields>(() => ({
    ...firstFields(folder.manifest, folder.chat),
    role: folder.role,
    ...(folder.role === 'policy'
      ? {}
      : { reading: { scoreAt: '\n', activation: 'sigmoid', aggregation: 'last', ...folder.manifest.reading } }),
  }))
  const { reading = {} } = fields
  const set = (change: ManifestFields) => setFields({ ...fields, ...change })
  const read = (change: ManifestFields['reading']) => set({ reading: { ...reading, ...change } })
  const asked = new Set<ManifestField>(folder.missing)
  return (
    <form
      className={styles.folder}
      aria-label={`Model folder ${plainText(folder.name)}`}
      onSubmit={(event) => {
        event.preventDefault()
        void actions.models.confirmFolder(fields)
      }}
    >
      <h3 className={styles.heading}>
        <OutsideText text={folder.name} />
      </h3>
      <p>
        <OutsideText text={folder.family} />, {formatNumber(folder.parameters)} parameters, {formatBytes(folder.bytes)}:{' '}
        {ROLE_NAMES[folder.role]}.
        {asked.size > 0 ? ' It has no stepscope.json that says how to use it; please fill in the rest.' : ''}
      </p>
      {asked.size > 0 ? (
        <div className={styles.fields}>
          {asked.has('role') ? (
            <Select
              label="Role"
              value={fields.role ?? folder.role}
              options={[
                { value: 'policy', label: 'Policy: proposes steps' },
                { value: 'process-reward-model', label: 'Process reward model: scores steps' },
                { value: 'outcome-reward-model', label: 'Outcome reward model: scores whole responses' },
              ]}
              onChange={(role) => set({ role })}
            />
          ) : null}
          {folder.manifest.task === undefined ? <TaskField fields={fields} onChange={setFields} /> : null}
          {folder.manifest.prompt === undefined ? (
            <PromptField fields={fields} chat={folder.chat} onChange={setFields} />
          ) : null}
          {asked.has('stepEnds') ? <StepEndField fields={fields} onChange={setFields} /> : null}
          {asked.has('scoreAt') ? (
            <TextField
              label="Score at"
              mono
              hint="Text of the token whose output is the score of the step."
              value={showEscapes(reading.scoreAt ?? '')}
              onChange={(text) => read({ scoreAt: readEscapes(text) })}
            />
          ) : null}
          {asked.has('activation') ? (
            <Select
              label="Activation"
              hint="How the output becomes a score from 0 to 1."
              value={reading.activation ?? 'sigmoid'}
              options={[
                { value: 'sigmoid', label: 'sigmoid (one label)' },
                { value: 'softmax', label: 'softmax (two labels)' },
              ]}
              onChange={(activation) => read({ activation })}
            />
          ) : null}
          {asked.has('aggregation') ? (
            <Select
              label="Path score"
              hint="How step scores become the score of a path, unless the strategy says otherwise."
              value={reading.aggregation ?? 'last'}
              options={AGGREGATIONS.map((value) => ({ value, label: value }))}
              onChange={(aggregation) => read({ aggregation })}
            />
          ) : null}
        </div>
      ) : null}
      <div className={styles.buttons}>
        <Button variant="primary" type="submit" disabled={fields.stepEnds?.length === 0}>
          Load it
        </Button>
        <Button onClick={actions.models.dismissFolder}>Leave it</Button>
      </div>
    </form>
  )
}
