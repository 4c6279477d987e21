import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StepscopeError } from '../../core/errors.ts'
import { writeSafetensors } from '../../engine/checkpoint/safetensors.ts'
import { RecordedCase } from '../../training/recorded-case.ts'
import { runReferenceCase } from '../../training/reference-case.ts'
import { openCheckpointDirectory } from '../checkpoint-directory.ts'
import type { Command } from '../command.ts'
import { BACKEND_OPTION, openCommandBackend } from '../engine.ts'
import { checkOutputFile, writeOutputFile } from '../files.ts'

export const reference: Command = {
  name: 'reference',
  usage: '--case DIR/NAME --out FILE.safetensors [options]',
  summary: 'Recomputes a recorded training case: loss, gradients, and whatever else it has of the objective.',
  options: {
    case: {
      type: 'string',
      value: 'DIR/NAME',
      required: true,
      description:
        'DIR holds NAME.safetensors, NAME.json, model/ and, where needed, reference-model/; NAME selects the objective.',
    },
    out: {
      type: 'string',
      value: 'FILE.safetensors',
      required: true,
      description: 'Written with the tensors of the case under their names, recomputed; inputs as they were.',
    },
    recompute: { type: 'boolean', description: 'Runs layers again on the way back; changes nothing.' },
    ...BACKEND_OPTION,
  },
  notes: ['Loss, gradient norm and metrics go to stdout as JSON, for several steps as "trajectory".'],
  run: async (options, output) => {
    const path = options.required('case')
    const out = options.required('out')
    const directory = dirname(path)
    await checkOutputFile(out, [directory, join(directory, 'model'), join(directory, 'reference-model')])
    const files = await openCheckpointDirectory(directory)
    const parts = ['json', 'safetensors'].map((end) => `${basename(path)}.${end}`)
    if (!parts.every((part) => files.files.includes(part))) throw noCase(path, parts)
    const recorded = await RecordedCase.open(files, basename(path))
    const model = await openCheckpointDirectory(join(directory, 'model'))
    const frozen = join(directory, 'reference-model')
    const backend = await openCommandBackend(options, output)
    try {
      const result = await runReferenceCase({
        backend,
        recorded,
        model,
        reference: existsSync(frozen) ? await openCheckpointDirectory(frozen) : null,
        recompute: options.flag('recompute'),
      })
      await writeOutputFile(out, writeSafetensors(Object.fromEntries(result.tensors)))
      output.out(`${JSON.stringify({ adapter: backend.adapter, ...result.figures }, null, 1)}\n`)
    } finally {
      backend.dispose()
    }
  },
}

function noCase(path: string, parts: readonly string[]): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'There is no recorded case of this name',
    expected: `${parts.join(' and ')} in ${dirname(path)}`,
    place: { file: path },
    nextStep: 'Give --case the path of a recorded case without its ending, e.g. tests/fixtures/train/sft.',
  })
}
