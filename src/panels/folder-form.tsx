import { useState } from 'react'
import { plainText } from '../core/outside-text.ts'
import type { ManifestField, ModelRole } from '../search/manifest.ts'
import { useActions } from '../state/hooks.ts'
import type { LoadedModel, ManifestFields, PendingFolder } from '../state/models/engine-state.ts'
import { Button } from '../ui/button.tsx'
import { OutsideText } from '../ui/outside-text.tsx'
import { Select } from '../ui/select.tsx'
import { formatBytes, formatNumber } from '../viz/layout/format-number.ts'
import styles from './folder-form.module.css'
import { firstFields, PromptField, StepEndField, TaskField } from './manifest-fields.tsx'
import { ReadingFields } from './reading-fields.tsx'
import { ReadingPreview } from './reading-preview.tsx'

const ROLE_NAMES = {
  policy: 'a policy',
  'process-reward-model': 'a process reward model',
  'outcome-reward-model': 'an outcome reward model',
} as const

/** What is known of how it is read; else a guess, to be looked at: a language model's own head is read at two tokens. */
function firstReading({ manifest: { reading }, role, chat }: PendingFolder): NonNullable<ManifestFields['reading']> {
  if (reading?.id !== undefined) return reading
  if (role === 'policy') return { id: chat ? 'chat-turns' : 'step-tag' }
  return { scoreAt: '\n', activation: 'sigmoid', aggregation: 'last', ...reading }
}

function lacksReference({ role, reading }: ManifestFields): boolean {
  return role !== 'policy' && reading?.id === 'implicit' && typeof reading.reference !== 'string'
}

interface FolderFormProps {
  folder: PendingFolder
  /** What it is taken for where its files do not say. */
  expects?: ModelRole
  onLoaded?(model: LoadedModel): void
}

/** What a dropped folder is, and a field for all that it does not say itself. */
export function FolderForm({ folder, expects = folder.role, onLoaded }: FolderFormProps) {
  const actions = useActions()
  const asked = new Set<ManifestField>(folder.missing)
  const inRole = (role: ModelRole) => ({ role, ...(role === 'policy' ? {} : { reading: firstReading(folder) }) })
  const [fields, setFields] = useState<ManifestFields>(() => ({
    ...firstFields(folder.manifest, folder.chat),
    ...inRole(asked.has('role') && folder.role === 'policy' ? expects : folder.role),
  }))
  const role = fields.role ?? folder.role
  return (
    <form
      className={styles.folder}
      aria-label={`Model folder ${plainText(folder.name)}`}
      onSubmit={(event) => {
        event.preventDefault()
        void actions.models.confirmFolder(fields).then((loaded) => loaded && onLoaded?.(loaded))
      }}
    >
      <h3 className={styles.heading}>
        <OutsideText text={folder.name} />
      </h3>
      <p>
        <OutsideText text={folder.family} />, {formatNumber(folder.parameters)} parameters, {formatBytes(folder.bytes)}:{' '}
        {ROLE_NAMES[folder.role]}.
        {asked.size > 0 ? ' It has no stepscope.json that says how to use it; please fill in the rest.' : ''}
        {folder.recognized ? ` ${folder.recognized}` : ''}
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
              onChange={(next) => {
                const { reading, ...rest } = fields
                setFields({ ...rest, ...inRole(next), ...(reading && next !== 'policy' ? { reading } : {}) })
              }}
            />
          ) : null}
          {folder.manifest.task === undefined ? <TaskField fields={fields} onChange={setFields} /> : null}
          {folder.manifest.prompt === undefined ? (
            <PromptField fields={fields} chat={folder.chat} onChange={setFields} />
          ) : null}
          {asked.has('stepEnds') ? <StepEndField fields={fields} onChange={setFields} /> : null}
        </div>
      ) : null}
      {asked.size > 0 && role !== 'policy' ? (
        <>
          <ReadingFields fields={fields} onChange={setFields} />
          {fields.reading?.id === 'implicit' ? null : <ReadingPreview of="folder" fields={fields} />}
        </>
      ) : null}
      <div className={styles.buttons}>
        <Button variant="primary" type="submit" disabled={fields.stepEnds?.length === 0 || lacksReference(fields)}>
          Load it
        </Button>
        <Button onClick={actions.models.dismissFolder}>Leave it</Button>
      </div>
    </form>
  )
}
