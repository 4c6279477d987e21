import { BOUNDS } from '../../core/bounds.ts'
import type { StreamedFile } from '../../core/chosen-file.ts'
import { streamChosen } from '../../core/chosen-file.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import { pushAll } from '../../core/push-all.ts'
import { readProblemFile } from '../../formats/problem-file.ts'
import type { StoredProblemSet } from '../../storage/stored-problem-set.ts'
import { hashProblems } from '../../sweep/problem-set.ts'
import { generateProblems } from '../../tasks/generate-problems.ts'
import { taskById } from '../../tasks/registry.ts'
import type { Saving } from '../session/saving.ts'
import type { SliceContext } from '../slice-context.ts'
import type { LabActions, ProblemSet, ProblemSetsState } from './lab-state.ts'

type SetFields = readonly Readonly<Record<string, unknown>>[]

export interface ProblemSetSlice {
  readonly actions: LabActions['sets']
  restore(): Promise<void>
  /** The problems of a saved set; null where it is not here. */
  problemsOf(hash: string): Promise<SetFields | null>
  /** Keeps problems under a name, unless a set of the same problems is kept. */
  keep(set: Pick<StoredProblemSet, 'name' | 'task' | 'origin' | 'problems'>): Promise<ProblemSet>
  dispose(): void
}

/** Problem sets that a person keeps: named, reusable, known by the hash of their problems. */
export function createProblemSetSlice(
  context: SliceContext,
  saving: Saving,
  patch: (change: Partial<ProblemSetsState>) => void,
  owner: () => string | null,
): ProblemSetSlice {
  const { get, deps, notify } = context
  const state = (): ProblemSetsState => get().lab.sets
  /** Problems of sets of this visit: those that could not be saved are here alone. */
  const held = new Map<string, SetFields>()
  let reading: AbortController | null = null

  const show = (set: ProblemSet): void => patch({ list: [...state().list.filter(({ id }) => id !== set.id), set] })

  const keep: ProblemSetSlice['keep'] = async (given) => {
    const hash = await hashProblems(given.problems)
    const known = state().list.find((set) => set.hash === hash && set.task === given.task)
    if (known) return known
    const { problems, ...rest } = given
    const record = { ...rest, id: deps.randomId(), createdAt: deps.date(), hash, removed: false, removedBy: null }
    held.set(hash, problems)
    const saved = await saving.attempt((storage) => storage.sweeps.writeSet({ ...record, problems }).then(() => true))
    const set: ProblemSet = {
      id: record.id,
      name: record.name,
      task: record.task,
      origin: record.origin,
      hash,
      count: problems.length,
      unsaved: saved === null,
    }
    show(set)
    return set
  }

  return {
    keep,
    problemsOf: async (hash) => {
      const known = held.get(hash)
      if (known) return known
      const listed = state().list.find((set) => set.hash === hash)
      const found = listed && (await saving.attempt((storage) => storage.sweeps.readSet(listed.id)))
      if (!found) return null
      held.set(hash, found.problems)
      return found.problems
    },
    restore: async () => {
      const found = await saving.attempt((storage) => storage.sweeps.listSets())
      const kept = (found ?? []).map(
        ({ id, name, task, origin, hash, problemCount }): ProblemSet => ({
          id,
          name,
          task,
          origin,
          hash,
          count: problemCount,
          unsaved: false,
        }),
      )
      patch({ list: kept })
    },
    dispose: () => reading?.abort(),
    actions: {
      open: async (taskId, file: StreamedFile) => {
        reading?.abort()
        const controller = new AbortController()
        const { signal } = controller
        reading = controller
        patch({ reading: { name: file.name, count: 0 }, error: null })
        try {
          const task = taskById(taskId)
          const problems: Readonly<Record<string, unknown>>[] = []
          for await (const found of readProblemFile(task, streamChosen(file, signal), file.name)) {
            signal.throwIfAborted()
            pushAll(
              problems,
              found.map(({ problem }) => task.fields(problem)),
            )
            if (problems.length > BOUNDS.listedProblems.max) throw tooMany(file.name)
            patch({ reading: { name: file.name, count: problems.length } })
          }
          const set = await keep({ name: nameOf(file.name), task: taskId, origin: file.name, problems })
          if (signal.aborted) return null
          patch({ reading: null })
          return set
        } catch (error) {
          if (!signal.aborted) patch({ reading: null, error: toErrorDetails(error) })
          return null
        }
      },
      cancel: () => {
        reading?.abort()
        patch({ reading: null })
      },
      keepGenerated: async () => {
        const { task: taskId, problems: choice } = get().lab.draft.config
        if (choice.source !== 'generated') return
        const task = taskById(taskId)
        try {
          const problems = generateProblems(task, choice).map((problem) => task.fields(problem))
          const origin = `${choice.difficulty}, ${choice.split}, seed ${choice.seed}`
          const set = await keep({ name: `${choice.count} of ${origin}`, task: taskId, origin, problems })
          notify({ tone: 'info', text: `Kept as the problem set “${plainText(set.name, 80)}”` })
        } catch (error) {
          patch({ error: toErrorDetails(error) })
        }
      },
      rename: async (id, name) => {
        const set = state().list.find((one) => one.id === id)
        if (!set || name.trim() === '') return
        patch({ list: state().list.map((one) => (one.id === id ? { ...one, name: name.trim() } : one)) })
        await saving.attempt((storage) => storage.sweeps.changeSet(id, { name: name.trim() }))
      },
      remove: (id) => {
        const set = state().list.find((one) => one.id === id)
        if (!set) return
        patch({ list: state().list.filter((one) => one.id !== id) })
        const mark = (removed: boolean) =>
          saving.attempt((storage) => storage.sweeps.changeSet(id, { removed, removedBy: removed ? owner() : null }))
        void mark(true)
        notify({ tone: 'info', text: `Deleted the problem set “${plainText(set.name, 80)}”` }, async () => {
          show(set)
          await mark(false)
        })
      },
      dismissError: () => patch({ error: null }),
    },
  }
}

/** A file's name without its ending. */
function nameOf(file: string): string {
  return file.replace(/\.(jsonl|ndjson|json)$/i, '')
}

function tooMany(file: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'The file has more problems than a set of the page holds',
    expected: `at most ${BOUNDS.listedProblems.max}`,
    found: 'more',
    place: { file },
    nextStep: 'Split the file, or give it to the command line.',
  })
}
