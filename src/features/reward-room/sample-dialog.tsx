import { useState } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { TASKS } from '../../tasks/registry.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { Select } from '../../ui/select.tsx'
import styles from './add-traces.module.css'

const SAMPLED = TASKS.filter(({ generator, label }) => generator && label)

/** Traces of a bundled task, sampled by the policy at hand; exact labels come with them. */
export function SampleDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const actions = useActions()
  const session = useApp((state) => state.session.task)
  const policy = useApp((state) => state.engine.policy.name)
  const task = SAMPLED.find(({ id }) => id === session) ?? SAMPLED[0]
  const difficulties = task?.generator?.difficulties ?? []
  const [chosen, setChosen] = useState<string | null>(null)
  const [count, setCount] = useState(200)
  const [perProblem, setPerProblem] = useState(4)
  const [seed, setSeed] = useState(1)
  const [temperature, setTemperature] = useState(1)
  if (!task) return null
  const difficulty = difficulties.find(({ id }) => id === chosen)?.id ?? difficulties[0]?.id ?? ''
  return (
    <Dialog title="Sample traces" open={open} onOpenChange={onOpenChange}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          onOpenChange(false)
          void actions.traces.sample({ task: task.id, difficulty, count, perProblem, seed, temperature })
        }}
      >
        <p className={styles.muted}>
          {policy} answers held-out problems of {task.name}; the task labels every step exactly. Another task or policy:
          choose it in the playground.
        </p>
        <Select
          label="Difficulty"
          value={difficulty}
          options={difficulties.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={setChosen}
        />
        <div className={styles.row}>
          <NumberField label="Traces" value={count} min={1} max={10_000} onChange={setCount} />
          <NumberField label="Of each problem" value={perProblem} min={1} max={64} onChange={setPerProblem} />
          <NumberField label="Temperature" value={temperature} min={0} max={2} step={0.1} onChange={setTemperature} />
          <NumberField label="Seed" value={seed} min={0} max={4_294_967_295} onChange={setSeed} />
        </div>
        <div className={styles.buttons}>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" type="submit">
            Sample them
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
