import { z } from 'zod'
import { BOUNDS } from '../../core/bounds.ts'
import type { StreamedFile } from '../../core/chosen-file.ts'
import { streamChosen } from '../../core/chosen-file.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { pushAll } from '../../core/push-all.ts'
import { readProblemFile } from '../../formats/problem-file.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { TASKS, taskById } from '../../tasks/registry.ts'
import type { Actions } from '../app-state.ts'
import type { Saving } from '../session/saving.ts'
import type { SliceContext } from '../slice-context.ts'
import type { ListedProblem, ProblemFile, ProblemFilesState } from './problem-file-state.ts'

export interface ProblemFilesSlice {
  readonly actions: Actions['problemFiles']
  /** The files that the browser kept. */
  restore(): Promise<void>
  dispose(): void
}

const keptSchema: z.ZodType<ProblemFile> = z.object({
  name: z.string(),
  problems: z.array(z.object({ line: z.number(), text: z.string(), gold: z.string() })),
})

const keyOf = (task: string): string => `problems of ${task}`

/** Files of problems from which one is chosen for the next run. */
export function createProblemFilesSlice(context: SliceContext, saving: Saving): ProblemFilesSlice {
  const { get, set, notify } = context
  let reading: AbortController | null = null

  const patch = (change: Partial<ProblemFilesState>): void =>
    set({ problemFiles: { ...get().problemFiles, ...change } })

  const keep = async (task: string, file: ProblemFile | null): Promise<void> => {
    const { [task]: _, ...others } = get().problemFiles.files
    patch({ files: file === null ? others : { ...others, [task]: file } })
    await saving.attempt((storage) => storage.writeSetting(keyOf(task), file))
  }

  const read = async (task: AnyTask, file: StreamedFile, signal: AbortSignal): Promise<ListedProblem[]> => {
    const problems: ListedProblem[] = []
    for await (const found of readProblemFile(task, streamChosen(file, signal), file.name)) {
      signal.throwIfAborted()
      pushAll(
        problems,
        found.map(({ line, problem }) => ({
          line,
          text: task.format(problem),
          gold: task.withGold === null ? '' : (task.gold(problem) ?? ''),
        })),
      )
      if (problems.length > BOUNDS.listedProblems.max) throw tooMany(file.name)
      patch({ reading: { task: task.id, name: file.name, count: problems.length } })
    }
    return problems
  }

  return {
    restore: async () => {
      const files: Record<string, ProblemFile> = {}
      for (const { id } of TASKS) {
        const kept = keptSchema.safeParse(await saving.attempt((storage) => storage.readSetting(keyOf(id))))
        if (kept.success) files[id] = kept.data
      }
      patch({ files: { ...files, ...get().problemFiles.files } })
    },
    dispose: () => reading?.abort(),
    actions: {
      open: async (id, file) => {
        reading?.abort()
        const controller = new AbortController()
        reading = controller
        patch({ reading: { task: id, name: file.name, count: 0 }, error: null })
        try {
          const problems = await read(taskById(id), file, controller.signal)
          if (controller.signal.aborted) return
          patch({ reading: null })
          await keep(id, { name: file.name, problems })
        } catch (error) {
          if (controller.signal.aborted) return
          patch({ reading: null, error: { task: id, details: toErrorDetails(error) } })
        }
      },
      cancel: () => {
        reading?.abort()
        patch({ reading: null })
      },
      remove: (id) => {
        const file = get().problemFiles.files[id]
        if (!file) return
        void keep(id, null)
        notify({ tone: 'info', text: `The problems of ${file.name} are not listed any more.` }, () => keep(id, file))
      },
      dismissError: () => patch({ error: null }),
    },
  }
}

function tooMany(file: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'The file has more problems than the page lists',
    expected: `at most ${BOUNDS.listedProblems.max}`,
    found: 'more',
    place: { file },
    nextStep: 'Split the file, or give it to the command line with --problems.',
  })
}
