import { useActions, useApp } from '../../state/hooks.ts'
import { BUNDLED_CHOICES } from '../../state/models/bundled-models.ts'
import type { ModelChoice } from '../../state/models/engine-state.ts'
import { isRefused } from '../../state/traces/trace-columns.ts'
import type { Slot, TracesState } from '../../state/traces/traces-state.ts'
import { LABEL_KINDS, SLOTS } from '../../state/traces/traces-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { IconFileButton } from '../../ui/file-button.tsx'
import { Select } from '../../ui/select.tsx'
import styles from './model-slots.module.css'
import { countWords } from './trace-words.ts'
import type { Room } from './use-room.ts'

const NONE = 'none'

const TRUTHS: Readonly<Record<TracesState['truth'], string>> = {
  any: 'By hand, else file, exact, completions',
  human: 'Labels by hand',
  file: 'The file’s labels',
  exact: 'Exact labels of the task',
  'monte-carlo': 'Completions (Monte Carlo)',
}

/** Two reward models side by side, and what counts as the truth. */
export function ModelSlots({ room }: { room: Room }) {
  const actions = useActions()
  const truth = useApp((state) => state.traces.truth)
  return (
    <div className={styles.bar}>
      {SLOTS.map((slot) => (
        <SlotPicker key={slot} slot={slot} room={room} />
      ))}
      <div className={styles.truth}>
        <Select
          label="Truth"
          value={truth}
          options={(['any', ...LABEL_KINDS] as const).map((value) => ({ value, label: TRUTHS[value] }))}
          onChange={actions.traces.setTruth}
        />
      </div>
    </div>
  )
}

function SlotPicker({ slot, room }: { slot: Slot; room: Room }) {
  const actions = useActions()
  const chosen = useApp((state) => state.traces.slots[slot])
  const scorers = useApp((state) => state.traces.scorers)
  const own = useApp((state) => state.engine.ownModels)
  const scoring = useApp((state) => state.traces.scoring)
  const models: readonly ModelChoice[] = [
    ...BUNDLED_CHOICES.reward,
    ...own.filter(({ role, onnx, implicit }) => !onnx && (role !== 'policy' || implicit)),
  ]
  const newest = new Map(scorers.map((scorer) => [`${scorer.model.kind}:${scorer.model.id}`, scorer.key]))
  // Scores of a model as it was before: other weights, another reading, or a model that is not here any more.
  const earlier = scorers.filter(
    ({ key, model: { kind, id } }) =>
      newest.get(`${kind}:${id}`) !== key || !models.some((model) => model.kind === kind && model.id === id),
  )
  const value = chosen === null ? NONE : shownValue(chosen)
  const options = [
    ...models.map((model) => ({ value: modelValue(model), label: model.name })),
    ...earlier.map(({ key, model, hash }) => ({
      value: `scores:${key}`,
      label: `${model.name}, as of ${hash.slice(0, 6)}`,
    })),
    { value: NONE, label: slot === 'a' ? 'None' : 'None: one model alone' },
  ]
  const shown = options.some((option) => option.value === value)
  const name = `Model ${slot.toUpperCase()}`
  const { scored, refused, total } = countScored(room, slot)
  const due = total - scored - refused
  const busy = scoring !== null && scoring.status !== 'interrupted'
  const isEarlier = value.startsWith('scores:')
  const scorer = room.scorers[slot]
  return (
    <div className={styles.slot}>
      <Select
        label={name}
        value={value}
        options={shown || chosen === null ? options : [{ value, label: chosen.model.name }, ...options]}
        hint={
          scorer
            ? `${scorer.reading}, ${scorer.hash.slice(0, 8)}; ${scored.toLocaleString('en')} of ${total.toLocaleString('en')} scored`
            : chosen
              ? 'not scored yet'
              : undefined
        }
        onChange={(next) => {
          const model = models.find((one) => modelValue(one) === next)
          const before = earlier.find(({ key }) => `scores:${key}` === next)
          if (model) actions.traces.setSlot(slot, { model: bare(model), scorer: null })
          else if (before) actions.traces.setSlot(slot, { model: before.model as ModelChoice, scorer: before.key })
          else if (next === NONE) actions.traces.setSlot(slot, null)
        }}
      />
      {slot === 'a' ? (
        <IconFileButton
          icon="open"
          label="Open the folder of a reward model"
          folder
          onPick={async ({ files, folder }) => {
            const loaded = await actions.models.openFolder(folder ?? 'chosen folder', files)
            if (loaded) await actions.traces.takeModel(loaded)
          }}
        />
      ) : null}
      {chosen === null || isEarlier || due === 0 ? null : (
        <Button
          variant={slot === 'a' ? 'primary' : 'secondary'}
          disabled={busy}
          onClick={() => void actions.traces.score(slot)}
        >
          Score {due.toLocaleString('en')}
        </Button>
      )}
      {refused === 0 || busy ? null : (
        <div className={styles.refused}>
          <ErrorNotice
            details={{
              message: `${countWords(refused, 'trace')} could not be scored${scorer?.failure ? `: ${scorer.failure.message}` : ''}`,
              ...(scorer?.failure?.nextStep ? { nextStep: scorer.failure.nextStep } : {}),
            }}
          >
            {isEarlier ? null : <Button onClick={() => void actions.traces.score(slot, true)}>Try again</Button>}
          </ErrorNotice>
        </div>
      )}
    </div>
  )

  function shownValue(state: NonNullable<TracesState['slots'][Slot]>): string {
    const isNow = state.scorer === null || newest.get(`${state.model.kind}:${state.model.id}`) === state.scorer
    const here = models.some(({ kind, id }) => kind === state.model.kind && id === state.model.id)
    return isNow && here ? modelValue(state.model) : `scores:${state.scorer}`
  }
}

function modelValue({ kind, id }: Pick<ModelChoice, 'kind' | 'id'>): string {
  return `model:${kind}:${id}`
}

function bare({ kind, id, name }: ModelChoice): ModelChoice {
  return { kind, id, name }
}

function countScored(room: Room, slot: Slot) {
  let [scored, refused] = [0, 0]
  for (const trace of room.traces) {
    if (room.scoresOf(slot, trace) !== null) scored += 1
    else if (isRefused(room.scores[slot], trace)) refused += 1
  }
  return { scored, refused, total: room.traces.length }
}
