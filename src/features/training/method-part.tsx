import { useActions } from '../../state/hooks.ts'
import type { TrainingRecipe } from '../../state/training/training-state.ts'
import { NumberField } from '../../ui/number-field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import styles from './recipe-panel.module.css'

const TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const

interface MethodPartProps {
  recipe: TrainingRecipe
  errors: Readonly<Record<string, string>>
  /** A branch trains the weights that its save has. */
  branches: boolean
}

/** All weights, or low-rank adapters beside some of them. */
export function MethodPart({ recipe: { method }, errors, branches }: MethodPartProps) {
  const actions = useActions()
  const set = (next: TrainingRecipe['method']) => actions.training.setField('method', next)
  return (
    <>
      <div className={styles.labelled}>
        <span className={styles.label}>Weights</span>
        <Segmented<'full' | 'low-rank'>
          label="Weights to train"
          value={method.kind}
          disabled={branches}
          options={[
            { value: 'full', label: 'All' },
            { value: 'low-rank', label: 'LoRA' },
          ]}
          onChange={(kind) =>
            set(
              kind === 'full'
                ? { kind }
                : { kind, rank: 8, alpha: 16, targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] },
            )
          }
        />
        <p className={styles.hint}>
          {method.kind === 'full'
            ? 'Every weight moves; twice their bytes more for the optimizer.'
            : 'Only small matrices beside the frozen ones: for models that are too large to train whole.'}
        </p>
      </div>
      {method.kind === 'low-rank' ? (
        <>
          <NumberField
            label="Rank"
            hint="Inner width of an adapter."
            error={errors['method.rank']}
            value={method.rank}
            min={1}
            max={256}
            stops={[1, 2, 4, 8, 16, 32, 64]}
            disabled={branches}
            onChange={(rank) => set({ ...method, rank })}
          />
          <NumberField
            label="Alpha"
            hint="An adapter counts alpha / rank times."
            error={errors['method.alpha']}
            value={method.alpha}
            min={0.01}
            max={1024}
            step={0.5}
            stops={[1, 2, 4, 8, 16, 32, 64]}
            disabled={branches}
            onChange={(alpha) => set({ ...method, alpha })}
          />
          <fieldset className={styles.checks} disabled={branches}>
            <legend className={styles.label}>Beside</legend>
            {TARGETS.map((target) => (
              <label key={target}>
                <input
                  type="checkbox"
                  className={styles.checkbox}
                  checked={method.targets.includes(target)}
                  onChange={(event) => {
                    const wanted = new Set(method.targets)
                    if (event.target.checked) wanted.add(target)
                    else wanted.delete(target)
                    set({ ...method, targets: TARGETS.filter((name) => wanted.has(name)) })
                  }}
                />
                {target}
              </label>
            ))}
          </fieldset>
          {errors['method.targets'] ? <p className={styles.error}>{errors['method.targets']}</p> : null}
        </>
      ) : null}
    </>
  )
}
