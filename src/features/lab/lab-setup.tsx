import { SettingFields } from '../../panels/strategy-form.tsx'
import { strategyOptions } from '../../panels/strategy-words.ts'
import type { StrategyConfig, StrategyId } from '../../search/settings.ts'
import { DEFAULT_CONFIG, judgesResponses, STRATEGY_IDS, settingOf, usesSetting } from '../../search/settings.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { SweepConfig } from '../../state/lab/lab-state.ts'
import { BUNDLED_CHOICES } from '../../state/models/bundled-models.ts'
import { budgetOf } from '../../sweep/config.ts'
import { TASKS, taskById } from '../../tasks/registry.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { NumberListField } from '../../ui/number-list-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { Segmented } from '../../ui/segmented.tsx'
import { Select } from '../../ui/select.tsx'
import { EstimateLine } from './estimate-line.tsx'
import styles from './lab.module.css'
import { useStartSweep } from './use-start-sweep.ts'

const SEEDS = { min: 0, max: 0xffff_ffff, most: 100 } as const
const BUDGETS = { min: 1, max: 1024, most: 20 } as const

/** What the next sweep will do, from the problems to the button that starts it. */
export function LabSetup() {
  const config = useApp((state) => state.lab.draft.config)
  return (
    <section className={styles.setup} aria-label="Next sweep">
      <div className={styles.scroll}>
        <Panel title="Problems" actions={<EditHistory />}>
          <ProblemsPart config={config} />
        </Panel>
        <Panel title="Strategies">
          <StrategiesPart config={config} />
        </Panel>
        <Panel title="Budgets">
          <BudgetsPart config={config} />
        </Panel>
        <Panel title="Models">
          <ModelsPart config={config} />
        </Panel>
        <Panel title="Files" startsOpen={false}>
          <FilesPart />
        </Panel>
      </div>
      <StartPart />
    </section>
  )
}

function EditHistory() {
  const actions = useActions()
  const { canUndo, canRedo } = useApp((state) => state.lab.draft)
  return (
    <span className={styles.history}>
      <IconButton icon="undo" label="Undo" shortcut="Ctrl+Z" disabled={!canUndo} onClick={actions.lab.undo} />
      <IconButton icon="redo" label="Redo" shortcut="Ctrl+Shift+Z" disabled={!canRedo} onClick={actions.lab.redo} />
      <Button variant="plain" onClick={actions.lab.reset}>
        Defaults
      </Button>
    </span>
  )
}

function ProblemsPart({ config }: { config: SweepConfig }) {
  const actions = useActions()
  const error = useApp((state) => state.lab.draft.errors.problems)
  const { list, reading, error: fileError } = useApp((state) => state.lab.sets)
  const task = taskById(config.task)
  const { problems } = config
  const own = list.filter((set) => set.task === config.task)
  const generator = task.generator
  const choose = (hash: string) => {
    const set = own.find((one) => one.hash === hash)
    if (set) actions.lab.change({ problems: { source: 'file', file: set.name, hash: set.hash } })
  }
  const chosen = problems.source === 'file' ? own.find(({ hash }) => hash === problems.hash) : undefined
  return (
    <>
      <Select
        label="Task"
        value={config.task}
        options={TASKS.map(({ id, name }) => ({ value: id, label: name }))}
        hint={task.description}
        onChange={actions.lab.setTask}
      />
      {generator ? (
        <Segmented<'generated' | 'file'>
          label="Source of the problems"
          value={problems.source}
          options={[
            { value: 'generated', label: 'Generated' },
            { value: 'file', label: 'A problem set' },
          ]}
          onChange={(source) =>
            actions.lab.change({
              problems:
                source === 'file'
                  ? { source, file: own[0]?.name ?? '(none)', hash: own[0]?.hash ?? null }
                  : {
                      source,
                      difficulty: generator.difficulties[0]?.id ?? '',
                      count: 20,
                      seed: 1,
                      split: 'held-out',
                    },
            })
          }
        />
      ) : null}
      {problems.source === 'generated' && generator ? (
        <>
          <Select
            label="Difficulty"
            value={problems.difficulty}
            options={generator.difficulties.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(difficulty) => actions.lab.change({ problems: { ...problems, difficulty } })}
          />
          <NumberField
            label="Problems"
            value={problems.count}
            min={1}
            max={10_000}
            stops={[10, 20, 50, 100, 200, 500, 1000]}
            hint="More problems make narrower intervals: four times as many, half as wide."
            onChange={(count) => actions.lab.change({ problems: { ...problems, count } }, 'count')}
          />
          <NumberField
            label="Seed of the problems"
            value={problems.seed}
            min={0}
            max={SEEDS.max}
            onChange={(seed) => actions.lab.change({ problems: { ...problems, seed } }, 'problem seed')}
          />
          <Select
            label="Split"
            inline
            value={problems.split}
            options={[
              { value: 'held-out', label: 'Held out' },
              { value: 'train', label: 'Training' },
            ]}
            onChange={(split) => actions.lab.change({ problems: { ...problems, split } })}
          />
          <Button variant="plain" onClick={() => void actions.lab.sets.keepGenerated()}>
            Keep as a problem set
          </Button>
        </>
      ) : (
        <>
          {own.length > 0 ? (
            <div className={styles.row}>
              <div className={styles.grow}>
                <Select
                  label="Problem set"
                  value={chosen?.hash ?? ''}
                  options={[
                    ...(chosen ? [] : [{ value: '', label: 'Choose one' }]),
                    ...own.map((set) => ({ value: set.hash, label: `${set.name} (${set.count})` })),
                  ]}
                  hint={chosen ? `From ${chosen.origin}; SHA-256 ${chosen.hash.slice(0, 12)}…` : undefined}
                  onChange={choose}
                />
              </div>
              {chosen ? (
                <IconButton
                  icon="trash"
                  label={`Delete the problem set ${chosen.name}`}
                  onClick={() => actions.lab.sets.remove(chosen.id)}
                />
              ) : null}
            </div>
          ) : null}
          {reading ? (
            <div className={styles.row} role="status">
              <span className={styles.grow}>
                Reading <OutsideText text={reading.name} bare />: {reading.count} problems so far
              </span>
              <Button onClick={actions.lab.sets.cancel}>Cancel</Button>
            </div>
          ) : (
            <FileButton
              icon="open"
              label="Problems from a file"
              accept=".jsonl,.json,.ndjson"
              onPick={async ({ files: [file] }) => {
                const set = file && (await actions.lab.sets.open(config.task, file))
                if (set) actions.lab.change({ problems: { source: 'file', file: set.name, hash: set.hash } })
              }}
            >
              Problems from a file
            </FileButton>
          )}
          <p className={styles.muted}>JSON Lines in the task’s columns; maths answers take GSM8K’s and MATH-500’s.</p>
          {fileError ? <ErrorNotice details={fileError} onDismiss={actions.lab.sets.dismissError} /> : null}
        </>
      )}
      {error ? (
        <p className={styles.error} role="alert">
          {error}
        </p>
      ) : null}
    </>
  )
}

function StrategiesPart({ config }: { config: SweepConfig }) {
  const actions = useActions()
  const lineErrors = useApp((state) => state.lab.draft.errors)
  const { lines } = config
  const unused = STRATEGY_IDS.find((id) => !lines.some(({ strategy }) => strategy === id)) ?? 'beam'
  return (
    <>
      {lines.map((line, index) => {
        const budget = budgetOf(line.strategy)
        const change = (next: Partial<StrategyConfig>) => {
          const merged = { ...line.config, ...next }
          const differing = Object.entries(merged).filter(
            ([name, value]) => DEFAULT_CONFIG[name as keyof StrategyConfig] !== value,
          )
          actions.lab.changeLine(index, { config: Object.fromEntries(differing) as Partial<StrategyConfig> })
        }
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its place
          <div key={index} className={styles.line}>
            <div className={styles.row}>
              <div className={styles.grow}>
                <Select
                  label={`Strategy ${index + 1}`}
                  hideLabel
                  value={line.strategy}
                  options={strategyOptions(true)}
                  onChange={(strategy: StrategyId) => actions.lab.changeLine(index, { strategy, config: {} })}
                />
              </div>
              <IconButton
                icon="close"
                label={`Remove strategy ${index + 1}`}
                disabled={lines.length === 1}
                onClick={() => actions.lab.removeLine(index)}
              />
            </div>
            <details className={styles.settings}>
              <summary>Settings{Object.keys(line.config).length > 0 ? ' (changed)' : ''}</summary>
              <div className={styles.fields}>
                <SettingFields
                  strategy={line.strategy}
                  config={{ ...DEFAULT_CONFIG, ...line.config }}
                  errors={{}}
                  without={budget === null ? [] : [budget]}
                  onConfig={change}
                />
              </div>
            </details>
          </div>
        )
      })}
      {Object.entries(lineErrors)
        .filter(([field]) => !/^(problems|models|budgets|seeds)/.test(field))
        .map(([field, message]) => (
          <p key={field} className={styles.error} role="alert">
            {message}
          </p>
        ))}
      <Button icon="plus" onClick={() => actions.lab.addLine(unused)}>
        Add a strategy
      </Button>
    </>
  )
}

function BudgetsPart({ config }: { config: SweepConfig }) {
  const actions = useActions()
  const { lines, vary, budgets, seeds } = config
  const uses = (name: 'm' | 'lookahead') =>
    lines.some(({ strategy }) => usesSetting(strategy, name) && budgetOf(strategy) !== name)
  return (
    <>
      <NumberListField
        label="Budgets"
        values={budgets}
        {...BUDGETS}
        hint="What every strategy may spend, one after the other: n, or iterations or attempts where it has no n."
        onChange={(next) => actions.lab.change({ budgets: next }, 'budgets')}
      />
      {(['m', 'lookahead'] as const).filter(uses).map((name) => {
        const { name: label, description } = settingOf(name)
        return (
          <NumberListField
            key={name}
            label={label}
            values={vary[name] ?? [DEFAULT_CONFIG[name]]}
            min={name === 'm' ? 1 : 0}
            max={name === 'm' ? 1024 : 40}
            most={10}
            hint={description}
            onChange={(values) => actions.lab.change({ vary: { ...vary, [name]: values } }, name)}
          />
        )
      })}
      <Choices name="answerBy" config={config} />
      <Choices name="aggregation" config={config} />
      <NumberListField
        label="Seeds"
        values={seeds}
        {...SEEDS}
        hint="With several, intervals take into account that a problem comes back under each."
        onChange={(next) => actions.lab.change({ seeds: next }, 'seeds')}
      />
    </>
  )
}

/** Several values of a choice at once; with none marked each strategy has its own. */
function Choices({ name, config }: { name: 'answerBy' | 'aggregation'; config: SweepConfig }) {
  const actions = useActions()
  const { vary, lines } = config
  const setting = settingOf(name)
  if (setting.kind !== 'choice' || !lines.some(({ strategy }) => usesSetting(strategy, name))) return null
  const chosen: readonly string[] = vary[name] ?? []
  return (
    <fieldset className={styles.checks}>
      <legend>{setting.name}</legend>
      {setting.choices.map(({ id, name: label }) => (
        <label key={id}>
          <input
            type="checkbox"
            className={styles.checkbox}
            checked={chosen.includes(id)}
            onChange={(event) => {
              const wanted = new Set(chosen)
              if (event.target.checked) wanted.add(id)
              else wanted.delete(id)
              const values = setting.choices.flatMap((one) => (wanted.has(one.id) ? [one.id] : []))
              const { [name]: _, ...others } = vary
              actions.lab.change({
                vary: (values.length === 0 ? others : { ...vary, [name]: values }) as SweepConfig['vary'],
              })
            }}
          />
          {label}
        </label>
      ))}
      <p className={styles.muted}>With none marked, each strategy’s own.</p>
    </fieldset>
  )
}

const NONE = ''

function ModelsPart({ config }: { config: SweepConfig }) {
  const actions = useActions()
  const own = useApp((state) => state.engine.ownModels)
  const errors = useApp((state) => state.lab.draft.errors)
  const { models } = config
  const offered = (role: 'policy' | 'reward') => [
    ...BUNDLED_CHOICES[role],
    ...own.filter((model) => (model.role === 'policy') === (role === 'policy')),
  ]
  const options = (role: 'policy' | 'reward', id: string | null) => {
    const listed = offered(role).map((model) => ({ value: model.id, label: model.name }))
    const missing = id !== null && !listed.some(({ value }) => value === id)
    return [...listed, ...(missing ? [{ value: id, label: `${id} (not in this browser)` }] : [])]
  }
  const set = (index: number, change: Partial<SweepConfig['models'][number]>) =>
    actions.lab.change({ models: models.map((pair, at) => (at === index ? { ...pair, ...change } : pair)) })
  const judges = config.lines.some(({ strategy }) => judgesResponses(strategy))
  return (
    <>
      {models.map((pair, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a pair is known by its place
        <div key={index} className={styles.line}>
          <div className={styles.row}>
            <div className={styles.grow}>
              <Select
                label={models.length > 1 ? `Policy ${index + 1}` : 'Policy'}
                value={pair.policy}
                options={options('policy', pair.policy)}
                onChange={(policy) => set(index, { policy })}
              />
            </div>
            {models.length > 1 ? (
              <IconButton
                icon="close"
                label={`Remove models ${index + 1}`}
                onClick={() => actions.lab.change({ models: models.filter((_, at) => at !== index) })}
              />
            ) : null}
          </div>
          <Select
            label={models.length > 1 ? `Reward model ${index + 1}` : 'Reward model'}
            value={pair.reward ?? NONE}
            options={[...options('reward', pair.reward), { value: NONE, label: 'None: no scores' }]}
            onChange={(reward) => set(index, { reward: reward === NONE ? null : reward })}
          />
          {judges ? (
            <Select
              label={models.length > 1 ? `Judge of whole responses ${index + 1}` : 'Judge of whole responses'}
              value={pair.outcome ?? NONE}
              options={[{ value: NONE, label: 'The reward model' }, ...options('reward', pair.outcome ?? null)]}
              onChange={(outcome) => {
                const { outcome: _, ...rest } = pair
                const next = outcome === NONE ? rest : { ...rest, outcome }
                actions.lab.change({ models: models.map((one, at) => (at === index ? next : one)) })
              }}
            />
          ) : null}
          {errors[`models.${index}`] ? (
            <p className={styles.error} role="alert">
              {errors[`models.${index}`]}
            </p>
          ) : null}
        </div>
      ))}
      <Button
        icon="plus"
        onClick={() => {
          const last = models.at(-1)
          if (last) actions.lab.change({ models: [...models, last] })
        }}
      >
        Add models
      </Button>
      <p className={styles.muted}>
        Trained models and your own are in the lists; several trained ones show what training and search add.
      </p>
    </>
  )
}

function FilesPart() {
  const actions = useActions()
  return (
    <>
      <Button
        icon="download"
        onClick={() => {
          const { name, text } = actions.lab.exportConfig(null)
          saveFile(name, text)
        }}
      >
        Save this config
      </Button>
      <FolderOrFiles />
      <p className={styles.muted}>
        The config is what <code>stepscope sweep --config</code> runs; a directory that it wrote opens here.
      </p>
    </>
  )
}

function FolderOrFiles() {
  const actions = useActions()
  return (
    <div className={styles.row}>
      <FileButton
        icon="open"
        label="Open a config"
        accept=".json"
        onPick={async ({ files }) => void (await actions.lab.openFiles(files))}
      >
        Open a config
      </FileButton>
      <FileButton
        icon="open"
        label="Open a directory of results"
        folder
        onPick={async ({ files }) => {
          const wanted = files.filter(({ name }) => /^(config\.json|problems\.jsonl|results\.jsonl)$/.test(name))
          await actions.lab.openFiles(wanted)
        }}
      >
        Open a directory
      </FileButton>
    </div>
  )
}

function StartPart() {
  const actions = useActions()
  const starting = useApp((state) => state.lab.starting)
  const refused = useApp((state) => state.lab.refused)
  const { start, why } = useStartSweep()
  return (
    <footer className={styles.footer}>
      <EstimateLine />
      {refused ? <ErrorNotice details={refused} /> : null}
      <Button variant="primary" icon="play" disabled={why !== null} onClick={start}>
        Start the sweep
      </Button>
      {starting ? (
        <Button icon="stop" onClick={actions.lab.cancelStart}>
          Cancel
        </Button>
      ) : null}
      {why ? <p className={styles.muted}>{why}</p> : null}
    </footer>
  )
}
