import { StepscopeError } from '../../core/errors.ts'
import { readProblemFile } from '../../formats/problem-file.ts'
import { readResults, readSweepFile } from '../../formats/sweep.ts'
import type { SweepConfig } from '../../sweep/config.ts'
import { searchesOf } from '../../sweep/plan.ts'
import type { ProblemFields } from '../../sweep/problem-set.ts'
import type { SweepResult } from '../../sweep/result.ts'
import { taskById } from '../../tasks/registry.ts'

export interface NamedText {
  readonly name: string
  readonly text: string
}

/** A config, with problems and results where the files hold them: what `stepscope sweep --out DIR` wrote. */
export interface OpenedSweep {
  readonly config: SweepConfig
  readonly run: { readonly problems: readonly ProblemFields[]; readonly results: readonly SweepResult[] } | null
}

/**
 * Reads the files of a sweep: a config alone, or the three files of a directory of the command line.
 * @throws StepscopeError that names the file that is missing, or the line and field that cannot be read
 */
export async function readSweepFiles(files: readonly NamedText[]): Promise<OpenedSweep> {
  const results = files.find(({ name }) => /results.*\.jsonl$/i.test(name))
  const problems = files.find(({ name }) => /problems.*\.jsonl$/i.test(name))
  const configFile =
    files.find(({ name }) => /config.*\.json$/i.test(name)) ?? files.find(({ name }) => /\.json$/i.test(name))
  if (!configFile) throw lacking('the config of a sweep (config.json)', files)
  const config = readSweepFile(configFile.text, configFile.name)
  if (!results) return { config, run: null }
  if (!problems) throw lacking('the problems of the sweep (problems.jsonl)', files)
  const task = taskById(config.task)
  const fields: ProblemFields[] = []
  for await (const found of readProblemFile(task, pieces(problems.text), problems.name)) {
    fields.push(...found.map(({ problem }) => task.fields(problem)))
  }
  const read = readResults(results.text, results.name)
  const searches = new Set(searchesOf(config).map(({ name }) => name))
  const strange = read.find(
    ({ search, problem, pair }) => !searches.has(search) || problem >= fields.length || pair >= config.models.length,
  )
  if (strange) {
    throw new StepscopeError({
      code: 'bad-file',
      message: 'The results are not of this config and these problems',
      found: strange.key,
      place: { file: results.name },
      nextStep: 'Choose the files of one directory.',
    })
  }
  return { config, run: { problems: fields, results: read } }
}

async function* pieces(text: string): AsyncGenerator<string> {
  yield text
}

function lacking(expected: string, files: readonly NamedText[]): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'The files are not those of a sweep',
    expected,
    found: files.map(({ name }) => name).join(', ') || 'nothing',
    nextStep: 'Choose a config, or config.json, problems.jsonl and results.jsonl of one directory together.',
  })
}
