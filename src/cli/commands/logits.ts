import { StepscopeError } from '../../core/errors.ts'
import { writeSafetensors } from '../../engine/checkpoint/safetensors.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { headOutputs } from '../../engine/head-outputs.ts'
import { loadModel } from '../../engine/load-model.ts'
import { checkOutputs } from '../../search/read-out.ts'
import { fromFolder } from '../checkpoint-directory.ts'
import type { Command } from '../command.ts'
import { BACKEND_OPTION, openCommandBackend, readWeights, WEIGHTS_OPTION } from '../engine.ts'
import { checkOutputFile, readJsonFile, writeOutputFile } from '../files.ts'
import { ProgressLine } from '../output.ts'

export const logits: Command = {
  name: 'logits',
  usage: '--model DIR --ids FILE.json --out FILE.safetensors [options]',
  summary: 'Runs a model over token ids and writes the logits at every position.',
  options: {
    model: { type: 'string', value: 'DIR', required: true, description: 'Hugging Face folder of the model.' },
    ids: {
      type: 'string',
      value: 'FILE.json',
      required: true,
      description: 'Token ids, [[1, 2, 3], [4, 5, 6]]: rows of equal length.',
    },
    out: {
      type: 'string',
      value: 'FILE.safetensors',
      required: true,
      description: 'Written with the tensor “logits”, [rows, tokens, vocabulary], float32.',
    },
    ...WEIGHTS_OPTION,
    ...BACKEND_OPTION,
  },
  run: async (options, output, signal) => {
    const directory = options.required('model')
    const idsFile = options.required('ids')
    const out = options.required('out')
    const weights = readWeights(options)
    const rows = readIds(await readJsonFile(idsFile), idsFile)
    await checkOutputFile(out, [idsFile, directory])
    const backend = await openCommandBackend(options, output)
    const progress = new ProgressLine(output)
    try {
      const onProgress = (loaded: number, total: number): void =>
        progress.show(`Loading the model: ${Math.round((100 * loaded) / total)}%`)
      const model = await fromFolder(directory, (files) =>
        loadModel(backend, files, { weights, signal, onProgress }, createDecoder),
      )
      try {
        const length = rows[0]?.length ?? 0
        checkVocabulary(rows, model.decoder.config.vocabSize, idsFile)
        checkLength(length, model.contextLength, idsFile)
        const width = model.scheduler.outputWidth
        const data = new Float32Array(rows.length * length * width)
        for (const [index, outputs] of (await headOutputs(model, rows, signal)).entries()) {
          checkOutputs(outputs, 'logit', `row ${index} of ${idsFile}`, directory)
          data.set(outputs, index * length * width)
        }
        const file = writeSafetensors({ logits: { shape: [rows.length, length, width], data } })
        await writeOutputFile(out, file)
      } finally {
        model.dispose()
      }
    } finally {
      progress.clear()
      backend.dispose()
    }
  },
}

function readIds(value: unknown, file: string): number[][] {
  const isRow = (row: unknown): row is number[] =>
    Array.isArray(row) && row.length > 0 && row.every((id) => Number.isSafeInteger(id) && id >= 0)
  const bad = (message: string, expected: string, found: string, row?: number): StepscopeError => {
    const place = row === undefined ? { file } : { file, field: `[${row}]` }
    return new StepscopeError({ code: 'bad-file', message, expected, found, place })
  }
  if (!Array.isArray(value) || value.length === 0) {
    throw bad('The file holds no rows of token ids', '[[1, 2, 3], …]', JSON.stringify(value).slice(0, 60))
  }
  const wrong = value.findIndex((row) => !isRow(row))
  if (wrong >= 0) {
    const found = JSON.stringify(value[wrong]).slice(0, 60)
    throw bad(`Row ${wrong} is no row of token ids`, 'a list of whole numbers from 0, not empty', found, wrong)
  }
  const rows = value as number[][]
  const length = rows[0]?.length ?? 0
  const other = rows.findIndex((row) => row.length !== length)
  if (other >= 0) {
    throw bad(`Row ${other} has another length than row 0`, `${length} ids`, `${rows[other]?.length} ids`, other)
  }
  return rows
}

function checkVocabulary(rows: readonly (readonly number[])[], size: number, file: string): void {
  for (const [index, row] of rows.entries()) {
    const found = row.find((id) => id >= size)
    if (found === undefined) continue
    const message = `Row ${index} has an id outside the model’s vocabulary`
    throw new StepscopeError({
      code: 'bad-file',
      message,
      expected: `ids from 0 to ${size - 1}`,
      found: String(found),
      place: { file, field: `[${index}]` },
    })
  }
}

function checkLength(length: number, contextLength: number, file: string): void {
  if (length <= contextLength) return
  throw new StepscopeError({
    code: 'bad-file',
    message: 'The rows are longer than the model’s context',
    expected: `at most ${contextLength} ids`,
    found: `${length} ids`,
    place: { file },
  })
}
