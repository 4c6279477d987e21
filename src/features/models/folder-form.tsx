import { useState } from 'react'
import { plainText } from '../../core/outside-text.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import { useActions } from '../../state/hooks.ts'
import type { ManifestFields, PendingFolder } from '../../state/types.ts'
import { TASKS } from '../../tasks/registry.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { formatBytes, formatNumber } from '../../viz/layout/format-number.ts'
import { readEscapes, showEscapes } from './escapes.ts'
import styles from './models-screen.module.css'

const FIRST_TASK = Object.values(TASKS)[0]?.id ?? ''

/** What a dropped folder is, and a field for all that it does not say itself. */
export function FolderForm({ folder }: { folder: PendingFolder }) {
  const actions = useActions()
  const [fields, setFields] = useState<Partial<ManifestFields>>(() => ({
    role: folder.role,
    task: FIRST_TASK,
    stepEnd: '\n',
    ...(folder.role === 'process-reward-model'
      ? { scoreAt: '\n', activation: 'sigmoid' as const, aggregation: 'last' as const }
      : {}),
    ...folder.adapter,
  }))
  const set = (change: Partial<ManifestFields>) => setFields({ ...fields, ...change })
  const asked = new Set<keyof ManifestFields>(folder.missing)
  return (
    <form
      className={styles.folder}
      aria-label={`Model folder ${plainText(folder.name)}`}
      onSubmit={(event) => {
        event.preventDefault()
        void actions.engine.confirmFolder(fields)
      }}
    >
      <h3 className={styles.heading}>
        <OutsideText text={folder.name} />
      </h3>
      <p>
        <OutsideText text={folder.family} />, {formatNumber(folder.parameters)} parameters, {formatBytes(folder.bytes)}:{' '}
        {folder.role === 'policy' ? 'a policy' : 'a process reward model'}.
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
                { value: 'process-reward-model', label: 'Reward model: scores steps' },
              ]}
              onChange={(role) => set({ role })}
            />
          ) : null}
          {asked.has('task') ? (
            <Select
              label="Task"
              hint="Which problems and prompt format it was trained on."
              value={fields.task ?? ''}
              options={Object.values(TASKS).map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(task) => set({ task })}
            />
          ) : null}
          {asked.has('stepEnd') ? (
            <TextField
              label="Step end"
              mono
              hint="Text that ends a step; \n is a line end."
              value={showEscapes(fields.stepEnd ?? '')}
              onChange={(text) => set({ stepEnd: readEscapes(text) })}
            />
          ) : null}
          {asked.has('scoreAt') ? (
            <TextField
              label="Score at"
              mono
              hint="Text of the token whose output is the score of the step."
              value={showEscapes(fields.scoreAt ?? '')}
              onChange={(text) => set({ scoreAt: readEscapes(text) })}
            />
          ) : null}
          {asked.has('activation') ? (
            <Select
              label="Activation"
              hint="How the output becomes a score from 0 to 1."
              value={fields.activation ?? 'sigmoid'}
              options={[
                { value: 'sigmoid', label: 'sigmoid (one label)' },
                { value: 'softmax', label: 'softmax (two labels)' },
              ]}
              onChange={(activation) => set({ activation })}
            />
          ) : null}
          {asked.has('aggregation') ? (
            <Select
              label="Path score"
              hint="How step scores become the score of a path, unless the strategy says otherwise."
              value={fields.aggregation ?? 'last'}
              options={AGGREGATIONS.map((value) => ({ value, label: value }))}
              onChange={(aggregation) => set({ aggregation })}
            />
          ) : null}
        </div>
      ) : null}
      <div className={styles.buttons}>
        <Button variant="primary" type="submit">
          Load it
        </Button>
        <Button onClick={actions.engine.dismissFolder}>Leave it</Button>
      </div>
    </form>
  )
}
