import { describeError } from '../../core/errors.ts'
import { StrategyForm } from '../../panels/strategy-form.tsx'
import { choosesByVote, judgingRemark, usesSetting } from '../../search/settings.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { TASKS, taskById } from '../../tasks/registry.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { ModelPickers } from './model-pickers.tsx'
import { ProblemFile } from './problem-file.tsx'
import { RunControl } from './run-control.tsx'
import styles from './setup-panel.module.css'

/** What the next run will do, from the problem to the button that starts it. */
export function SetupPanel() {
  return (
    <section className={styles.setup} aria-label="Setup">
      <div className={styles.scroll}>
        <ProblemPart />
        <StrategyPart />
        <Panel title="Models">
          <ModelPickers />
        </Panel>
      </div>
      <footer className={styles.footer}>
        <RunControl />
      </footer>
    </section>
  )
}

function ProblemPart() {
  const actions = useActions()
  const { task: taskId, problemText, gold, problem, difficulty, prefix } = useApp((state) => state.session)
  const task = taskById(taskId)
  const error = problem.ok ? null : problem.error
  return (
    <Panel title="Problem" actions={<EditHistory />}>
      <Select
        label="Task"
        value={taskId}
        options={TASKS.map(({ id, name }) => ({ value: id, label: name }))}
        hint={task.description}
        onChange={actions.session.setTask}
      />
      <TextField
        label="Problem"
        mono={task.notation !== undefined}
        lines={problemText.length > 40 ? 5 : 1}
        value={problemText}
        placeholder={task.example}
        error={error ? describeError(error) : null}
        onChange={actions.session.setProblem}
      />
      {problem.ok
        ? problem.remarks.map((message) => <ErrorNotice key={message} tone="caution" details={{ message }} />)
        : null}
      {task.withGold ? (
        <TextField
          label="Gold answer"
          value={gold}
          placeholder="not known"
          hint="What the answer is compared with. No model is shown it."
          onChange={actions.session.setGold}
        />
      ) : null}
      <SystemMessage />
      {task.generator ? (
        <div className={styles.row}>
          <div className={styles.grow}>
            <Select
              label="Difficulty"
              value={difficulty}
              options={task.generator.difficulties.map(({ id, name }) => ({ value: id, label: name }))}
              hint={task.generator.difficulties.find(({ id }) => id === difficulty)?.description}
              onChange={actions.session.setDifficulty}
            />
          </div>
          <Button icon="dice" className={styles.dice} onClick={actions.session.randomProblem}>
            Random
          </Button>
        </div>
      ) : null}
      <ProblemFile task={taskId} />
      {prefix.length > 0 ? (
        <div className={styles.prefix}>
          <p>The search continues after these steps:</p>
          <ol className={styles.given}>
            {prefix.map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same step may be given twice; its place is its identity
              <li key={index}>
                <OutsideText text={step.trim()} />
              </li>
            ))}
          </ol>
          <Button onClick={actions.session.clearPrefix}>Start from the problem instead</Button>
        </div>
      ) : null}
    </Panel>
  )
}

/** What a chat begins with: for policies that are asked in a chat, and where a link or a run brought one. */
function SystemMessage() {
  const actions = useActions()
  const { task, system } = useApp((state) => state.session)
  const asked = useApp((state) => state.engine.models?.asked)
  const chat = asked?.prompt === 'chat'
  if (!chat && system === null) return null
  const usual = asked?.system ?? taskById(task).instructions.system
  const text = system ?? usual
  const from = asked?.system === undefined ? 'the task' : 'the model'
  return (
    <div className={styles.system}>
      <TextField
        label="System message"
        lines={text.length > 40 ? 3 : 2}
        value={text}
        placeholder="none"
        hint={
          chat
            ? system === null
              ? `What the chat with the policy begins with, as ${from} says it; empty for nothing.`
              : 'What the chat with the policy begins with; empty for nothing.'
            : 'This policy is not asked in a chat: the message is not used.'
        }
        onChange={actions.session.setSystem}
      />
      {system === null ? null : (
        <Button variant="plain" icon="restart" onClick={() => actions.session.setSystem(null)}>
          The message of {from}
        </Button>
      )}
    </div>
  )
}

function EditHistory() {
  const actions = useActions()
  const canUndo = useApp((state) => state.session.canUndo)
  const canRedo = useApp((state) => state.session.canRedo)
  return (
    <span className={styles.history}>
      <IconButton icon="undo" label="Undo" shortcut="Ctrl+Z" disabled={!canUndo} onClick={actions.session.undo} />
      <IconButton icon="redo" label="Redo" shortcut="Ctrl+Shift+Z" disabled={!canRedo} onClick={actions.session.redo} />
    </span>
  )
}

function StrategyPart() {
  const actions = useActions()
  const { task, strategy, config, settingErrors, seed } = useApp((state) => state.session)
  const remark = useApp((state) => judgingRemark(strategy, state.engine.models?.reward?.kind))
  return (
    <Panel
      title="Strategy"
      actions={
        <Button variant="plain" onClick={actions.session.resetConfig}>
          Reset
        </Button>
      }
    >
      <StrategyForm
        strategy={strategy}
        config={config}
        errors={settingErrors}
        onStrategy={actions.session.setStrategy}
        onConfig={actions.session.setConfig}
      />
      {remark === null ? null : <ErrorNotice tone="caution" details={{ message: remark }} />}
      {usesSetting(strategy, 'waits') ? <ForcingRemark task={task} /> : null}
      {choosesByVote({ strategy, config }) ? <p className={styles.muted}>{taskById(task).votesOver}</p> : null}
      <div className={styles.row}>
        <div className={styles.grow}>
          <NumberField
            label="Seed"
            value={seed}
            min={0}
            max={0xffff_ffff}
            hint="The same seed, models and backend give the same tree."
            onChange={actions.session.setSeed}
          />
        </div>
        <IconButton icon="dice" label="Another seed" onClick={actions.session.randomSeed} />
      </div>
    </Panel>
  )
}

/** What the task puts in for “Wait”, and what should be known of it. */
function ForcingRemark({ task }: { task: string }) {
  const { name, forcing } = taskById(task)
  if (!forcing) {
    const message = `${name} names no step that stands for “Wait”: the search would be refused.`
    return <ErrorNotice tone="caution" details={{ message }} />
  }
  const { wait, answerMarker, remark } = forcing
  return (
    <p className={styles.muted}>
      In place of an end: “{wait}”; to ask for the answer: “{answerMarker.trim()}”. {remark}
    </p>
  )
}
