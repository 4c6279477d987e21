import { expect, test } from 'vitest'
import { storeRig } from '../testing/store-rig.ts'

const rows = (...given: readonly object[]): File =>
  new File([given.map((row) => `${JSON.stringify(row)}\n`).join('')], 'small.jsonl')

const FIGS = { question: 'Ann has 3 figs and buys 4. How many has she?', answer: '3+4=<<3+4=7>>7\n#### 7' }
const PEARS = { problem: 'Cy has 9 pears. How many?', answer: 9 }

test('a file is listed for its task, a problem of it is the next run’s with its gold answer, and a reload keeps it', async () => {
  const rig = storeRig()
  await rig.ready()
  const { session, problemFiles } = rig.store.actions
  session.setTask('maths')
  await problemFiles.open('maths', rows(FIGS, PEARS))
  expect(rig.state().problemFiles).toMatchObject({ reading: null, error: null })
  const listed = rig.state().problemFiles.files.maths
  expect(listed).toEqual({
    name: 'small.jsonl',
    problems: [
      { line: 1, text: FIGS.question, gold: '7' },
      { line: 2, text: PEARS.problem, gold: '9' },
    ],
  })
  session.chooseProblem(FIGS.question, '7')
  expect(rig.state().session).toMatchObject({
    problemText: FIGS.question,
    problem: { ok: true, text: FIGS.question, fields: { problem: FIGS.question, answer: '7' }, remarks: [] },
  })
  session.undo()
  expect(rig.state().session.gold).toBe('')
  await rig.store.dispose()

  const again = storeRig({ indexedDB: rig.indexedDB })
  await again.ready()
  expect(again.state().problemFiles.files).toEqual({ maths: listed })
  again.store.actions.problemFiles.remove('maths')
  expect(again.state().problemFiles.files).toEqual({})
  const notice = again.state().notices.at(-1)
  await again.store.actions.notices.undo(notice?.id ?? '')
  expect(again.state().problemFiles.files.maths).toEqual(listed)
  again.store.actions.problemFiles.remove('maths')
  await again.store.dispose()

  const third = storeRig({ indexedDB: rig.indexedDB })
  await third.ready()
  expect(third.state().problemFiles.files).toEqual({})
  await third.store.dispose()
})

test('a file that is refused says where, and the last one stays', async () => {
  const rig = storeRig()
  await rig.ready()
  const { problemFiles } = rig.store.actions
  await problemFiles.open('maths', rows(FIGS))
  await problemFiles.open('maths', rows(PEARS, { answer: '3' }))
  expect(rig.state().problemFiles).toMatchObject({
    reading: null,
    files: { maths: { problems: [{ text: FIGS.question }] } },
    error: { task: 'maths', details: { place: { file: 'small.jsonl', line: 2, field: 'problem' } } },
  })
  problemFiles.dismissError()
  await problemFiles.open('words', rows(PEARS))
  expect(rig.state().problemFiles.error).toMatchObject({ task: 'words', details: { code: 'not-found' } })
  await rig.store.dispose()
})

test('reading can be cancelled, and a file that is gone is told', async () => {
  const rig = storeRig()
  await rig.ready()
  const { problemFiles } = rig.store.actions
  let more: (bytes: Uint8Array) => void = () => {}
  const slow = {
    name: 'slow.jsonl',
    stream: () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          more = (bytes) => controller.enqueue(bytes)
        },
      }),
  }
  const opened = problemFiles.open('maths', slow)
  expect(rig.state().problemFiles.reading).toEqual({ task: 'maths', name: 'slow.jsonl', count: 0 })
  more(new TextEncoder().encode(`${JSON.stringify(FIGS)}\n`))
  await rig.until(({ problemFiles: { reading } }) => reading?.count === 1)
  problemFiles.cancel()
  more(new TextEncoder().encode(`${JSON.stringify(PEARS)}\n`))
  await opened
  expect(rig.state().problemFiles).toEqual({ files: {}, reading: null, error: null })

  const gone = {
    name: 'gone.jsonl',
    stream: () => new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('gone')) }),
  }
  await problemFiles.open('maths', gone)
  expect(rig.state().problemFiles.error?.details.message).toContain('changed, moved or deleted')
  await rig.store.dispose()
})
