import { app, openReady } from '../app.ts'
import { arm, expectKept, expectPlainWords, expectTold, expectUsable, fired, savedOn, test } from './faults.ts'

test('a search in a worker that hangs is cancelled: the worker is restarted within seconds, and the page says so', async ({
  page,
}) => {
  await openReady(page)
  await expectUsable(page)
  const before = await savedOn(page)
  await app.setup(page).getByRole('combobox', { name: 'Strategy' }).selectOption('Beam search')
  await arm(page, 'worker-hangs@told/events:3')
  await app.setup(page).getByRole('button', { name: 'Run', exact: true }).click()
  await fired(page)
  await app.setup(page).getByRole('button', { name: 'Cancel', exact: true }).click()
  await expectTold(page, /did not answer within two seconds/)
  await expectPlainWords(page)
  await expectUsable(page)
  expectKept(before, await savedOn(page))
})
