import { StepscopeError } from '../../core/errors.ts'
import { fileStem } from '../../core/file-stem.ts'
import { promptText } from '../../core/prompt.ts'
import type { RunFile } from '../../formats/run-file.ts'
import { RUN_FILE_STATUSES, readRunFile, writeRunFile } from '../../formats/run-file.ts'
import type { RunSetup, SearchEvent } from '../../search/events.ts'
import { strategyName } from '../../search/settings.ts'
import type { StoredRun } from '../../storage/stored-run.ts'
import { problemOf, promptOf } from '../../tasks/registry.ts'
import type { RunId, RunParent, RunSource, RunStatus, RunView } from './runs-state.ts'
import { checkTask } from './task-tools.ts'

/** A run that is not live, as it is put into the state. */
export interface OpenedRun {
  readonly id: RunId
  readonly title: string
  readonly setup: RunSetup
  readonly source: RunSource
  readonly status: RunStatus
  readonly events: readonly SearchEvent[]
  readonly measured: RunView['measured']
  readonly createdAt: string
  readonly parent: RunParent | null
  readonly selected: RunFile['selected']
}

/** What a run is called until somebody renames it. */
export function runTitle(setup: RunSetup, strategy: string = strategyName(setup.strategy)): string {
  return `${setup.problem} · ${strategy}${setup.prefix.length > 0 ? ` after ${setup.prefix.length} given` : ''}`
}

/** The title of a saved run; earlier versions put the strategy's id into those that nobody gave. */
export function shownTitle({ title, setup }: { readonly title: string; readonly setup: RunSetup }): string {
  return title === runTitle(setup, setup.strategy) ? runTitle(setup) : title
}

type ExportedRun = Pick<
  RunView,
  'createdAt' | 'title' | 'setup' | 'measured' | 'parent' | 'events' | 'status' | 'cursor' | 'selected'
>

/** A run as a file's name and text; one that is still going is written as interrupted. */
export function exportRun(run: ExportedRun, appVersion: string): { readonly name: string; readonly text: string } {
  const { createdAt, title, setup, measured, parent, events } = run
  const text = writeRunFile({
    app: appVersion,
    createdAt,
    title,
    status: RUN_FILE_STATUSES.find((known) => known === run.status) ?? 'interrupted',
    setup,
    models: modelsOf(events),
    measured,
    parent,
    selected: { event: run.cursor, node: run.selected },
    events,
  })
  return { name: `${fileStem(title)}.stepscope.json`, text }
}

/** A run file's text. Throws a StepscopeError that names file and field. */
export function importRun(name: string, text: string, id: RunId, source: RunSource): OpenedRun {
  const { title, setup, status, events, measured, createdAt, parent, selected } = readRunFile(text, name)
  checkTask(setup.task, { file: name, field: 'setup.task' }, 'Reload Stepscope to get its newest version.')
  checkPrompt(setup, events[0], name)
  const run = { id, setup, source, status, events, measured, createdAt, parent, selected }
  return { ...run, title: shownTitle({ title, setup }) }
}

/** The tree must be of the problem that is shown beside it. */
function checkPrompt(setup: RunSetup, started: SearchEvent | undefined, file: string): void {
  if (started?.type !== 'started') return
  const { task, problem } = problemOf(setup)
  const put = promptOf(task, problem)
  // A chat, or a text with examples, has the question in it.
  if (started.prompt === promptText(put) || started.prompt.includes(put.question)) return
  throw new StepscopeError({
    code: 'bad-file',
    message: 'The tree is of another problem',
    expected: JSON.stringify(promptText(put)),
    found: JSON.stringify(started.prompt),
    place: { file, field: 'events[0].prompt' },
    nextStep: 'Open a file that Stepscope exported.',
  })
}

/** The record of a run that is saved whole. */
export function storedRun(run: OpenedRun, updatedAt: string): StoredRun {
  const { id, title, setup, events, measured, createdAt, parent, selected } = run
  const finished = events.find((event) => event.type === 'finished')
  return {
    id,
    title,
    purpose: 'search',
    createdAt,
    updatedAt,
    status: run.status,
    setup,
    models: modelsOf(events),
    measured,
    parent,
    selected,
    eventCount: events.length,
    answer: finished?.answer ?? null,
    correct: finished?.correct ?? null,
    owner: null,
    removed: false,
  }
}

function modelsOf(events: readonly SearchEvent[]): RunFile['models'] {
  const started = events[0]
  return started?.type === 'started' ? { policy: started.policy, reward: started.reward } : null
}
