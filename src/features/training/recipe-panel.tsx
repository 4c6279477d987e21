import { useEffect } from 'react'
import type { ObjectiveId } from '../../objectives/registry.ts'
import { OBJECTIVE_IDS, objectiveById } from '../../objectives/registry.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { recipeWarning, usesField } from '../../state/training/training-view.ts'
import { TASKS } from '../../tasks/registry.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Select } from '../../ui/select.tsx'
import { DataPart } from './data-part.tsx'
import { EstimateLine } from './estimate-line.tsx'
import { MethodPart } from './method-part.tsx'
import { ModelPart } from './model-part.tsx'
import { settingGroups } from './recipe-fields.ts'
import styles from './recipe-panel.module.css'
import { SettingField } from './setting-field.tsx'
import { useStart } from './use-start.ts'

/** What the next training run will do, from the objective to the button that starts it. */
export function RecipePanel() {
  const actions = useActions()
  const { recipe, errors, from } = useApp((state) => state.training.draft)
  const title = useApp(({ training }) => training.runs.find(({ id }) => id === from?.id)?.title)
  const phase = useApp((state) => state.engine.phase)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked for changes with these
  useEffect(() => actions.training.estimate(), [actions, recipe, phase])
  return (
    <section className={styles.recipe} aria-label="Next training run">
      <div className={styles.scroll}>
        <Panel title="Recipe" actions={<EditHistory />}>
          <Select
            label="Task"
            disabled={from !== null}
            value={recipe.task}
            options={TASKS.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={actions.training.setTask}
          />
          <ObjectivePicker objective={recipe.objective} />
          {from ? (
            <div className={styles.branch}>
              <p>
                Goes on from step {from.step} of <OutsideText text={title ?? from.title} />, with the settings below.
              </p>
              <Button onClick={actions.training.leaveBranch}>Start from the model instead</Button>
            </div>
          ) : null}
          <ModelPart recipe={recipe} errors={errors} branches={from !== null} />
          <MethodPart recipe={recipe} errors={errors} branches={from !== null} />
        </Panel>
        <Panel title="Data">
          <DataPart />
        </Panel>
        {settingGroups(recipe.objective).map(({ title, folded, settings }) => {
          const shown = settings.filter(({ path }) => usesField(recipe, path))
          if (shown.length === 0) return null
          const wrong = shown.some(({ path }) => errors[path] !== undefined)
          return (
            <Panel
              // What is wrong is in sight.
              key={`${title} ${wrong}`}
              title={title}
              {...(folded ? { startsOpen: wrong } : {})}
            >
              {shown.map((setting) => (
                <SettingField key={setting.path} setting={setting} recipe={recipe} error={errors[setting.path]} />
              ))}
            </Panel>
          )
        })}
      </div>
      <StartPart />
    </section>
  )
}

function ObjectivePicker({ objective }: { objective: ObjectiveId }) {
  const actions = useActions()
  const { hint, source } = objectiveById(objective)
  return (
    <Select
      label="Objective"
      value={objective}
      options={OBJECTIVE_IDS.map((value) => ({ value, label: objectiveById(value).name }))}
      hint={
        <>
          {hint}{' '}
          {source ? (
            <a href={source.href} target="_blank" rel="noreferrer">
              {source.label}
            </a>
          ) : null}
        </>
      }
      onChange={actions.training.setObjective}
    />
  )
}

function EditHistory() {
  const actions = useActions()
  const canUndo = useApp((state) => state.training.draft.canUndo)
  const canRedo = useApp((state) => state.training.draft.canRedo)
  return (
    <span className={styles.history}>
      <IconButton icon="undo" label="Undo" shortcut="Ctrl+Z" disabled={!canUndo} onClick={actions.training.undo} />
      <IconButton
        icon="redo"
        label="Redo"
        shortcut="Ctrl+Shift+Z"
        disabled={!canRedo}
        onClick={actions.training.redo}
      />
      <Button variant="plain" onClick={actions.training.reset}>
        Defaults
      </Button>
    </span>
  )
}

function StartPart() {
  const actions = useActions()
  const starting = useApp((state) => state.training.starting)
  const refused = useApp((state) => state.training.refused)
  const from = useApp((state) => state.training.draft.from)
  const warning = useApp((state) => recipeWarning(state.training.draft.recipe))
  const { start, why } = useStart()
  return (
    <footer className={styles.footer}>
      <EstimateLine />
      {warning ? <p className={styles.muted}>{warning}</p> : null}
      {refused ? <ErrorNotice details={refused} /> : null}
      <Button variant="primary" icon="play" disabled={why !== null} onClick={start} className={styles.start}>
        {from ? `Branch from step ${from.step}` : 'Start training'}
      </Button>
      {starting ? (
        <Button icon="stop" onClick={actions.training.cancelStart}>
          Cancel
        </Button>
      ) : null}
      {why ? <p className={styles.muted}>{why}</p> : null}
    </footer>
  )
}
