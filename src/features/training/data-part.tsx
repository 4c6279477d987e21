import { objectiveById } from '../../objectives/registry.ts'
import { ROW_KINDS } from '../../objectives/rows.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { dataKind, makesData } from '../../state/training/training-objectives.ts'
import type { TrainingRecipe } from '../../state/training/training-state.ts'
import { taskById, usualDifficulties } from '../../tasks/registry.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { formatNumber } from '../../viz/layout/format-number.ts'
import styles from './recipe-panel.module.css'

/** What is learned from: problems of the task's generator, or a file of problems or in one of TRL's formats. */
export function DataPart() {
  const actions = useActions()
  const { recipe, errors, data, dataError, reading, from } = useApp((state) => state.training.draft)
  const kind = dataKind(recipe.objective, recipe.task)
  const { source } = recipe.data
  const objective = objectiveById(recipe.objective)
  const rowWord = objective.online ? 'problem' : 'row'
  const makes = makesData(recipe.task, objective, recipe.labels)
  return (
    <>
      <Segmented<'generated' | 'file'>
        label="Source of the data"
        value={source}
        options={[
          ...(makes || source === 'generated'
            ? [{ value: 'generated' as const, label: objective.online ? 'Generated problems' : 'Generated' }]
            : []),
          { value: 'file' as const, label: 'A file' },
        ]}
        onChange={(next) =>
          actions.training.setField(
            'data',
            next === 'file'
              ? { source: 'file', file: data?.name ?? from?.file ?? '' }
              : { source: 'generated', difficulties: usualDifficulties(recipe.task), problems: 2000 },
          )
        }
      />
      {makes ? null : (
        <p className={styles.hint}>
          {taskById(recipe.task).name} makes no data for this objective: it learns from a file.
        </p>
      )}
      {recipe.data.source === 'generated' ? (
        <Generated recipe={recipe} given={recipe.data} errors={errors} />
      ) : (
        <>
          <p className={styles.hint}>
            {kind.words}: <code>{kind.example.replace(/\s+/g, ' ')}</code>
          </p>
          <FileButton
            icon="open"
            label="Choose a data file"
            accept=".jsonl,.json,.txt"
            onPick={({ files: [file] }) => {
              if (file) actions.training.setData(file.name, file)
            }}
          >
            {data ? 'Choose another file' : 'Choose a file, or drop it'}
          </FileButton>
          {data ? (
            <p>
              <code>
                <OutsideText text={data.name} />
              </code>
              : {formatNumber(data.rows)} {data.rows === 1 ? rowWord : `${rowWord}s`} to train on,{' '}
              {formatNumber(data.heldOut)} held out
            </p>
          ) : null}
          {reading ? <p className={styles.hint}>The {rowWord}s are being looked at…</p> : null}
          {dataError ? <ErrorNotice details={dataError} /> : null}
        </>
      )}
    </>
  )
}

interface GeneratedProps {
  recipe: TrainingRecipe
  given: Extract<TrainingRecipe['data'], { source: 'generated' }>
  errors: Readonly<Record<string, string>>
}

function Generated({ recipe, given, errors }: GeneratedProps) {
  const actions = useActions()
  const { name, generator } = taskById(recipe.task)
  const difficulties = generator?.difficulties ?? []
  return (
    <>
      <p className={styles.hint}>{generatedWords(recipe)}</p>
      <fieldset className={styles.checks}>
        <legend className={styles.label}>{name}</legend>
        {difficulties.map(({ id, name: label }) => (
          <label key={id}>
            <input
              type="checkbox"
              className={styles.checkbox}
              checked={given.difficulties.includes(id)}
              onChange={(event) => {
                const wanted = new Set(given.difficulties)
                if (event.target.checked) wanted.add(id)
                else wanted.delete(id)
                const next = difficulties.flatMap((one) => (wanted.has(one.id) ? [one.id] : []))
                actions.training.setField('data.difficulties', next)
              }}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {errors['data.difficulties'] ? <p className={styles.error}>{errors['data.difficulties']}</p> : null}
      <NumberField
        label="Problems"
        hint="Of the training split; those of evaluation are never among them."
        error={errors['data.problems']}
        value={given.problems}
        min={1}
        max={1_000_000}
        stops={[50, 100, 200, 500, 1000, 2000, 5000, 10_000]}
        onChange={(problems) => actions.training.setField('data.problems', problems)}
      />
    </>
  )
}

function generatedWords({ objective: id, labels }: TrainingRecipe): string {
  const objective = objectiveById(id)
  if (objective.online) return 'Problems; the model writes the responses as it learns.'
  return ROW_KINDS[objective.rows].madeWords(labels)
}
