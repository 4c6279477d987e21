import { useActions, useApp } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { useHotkeys } from '../../ui/use-hotkeys.ts'

/** The keys of PLAYGROUND_SHORTCUTS that are not the canvas's own. */
export function usePlaygroundKeys(run: RunView | null, toggleView: () => void): void {
  const actions = useActions()
  const revealTruth = useApp((state) => state.preferences.revealTruth)
  const chain = useApp((state) => state.preferences.chain)
  const onRun = (act: (run: RunView) => void) => () => {
    if (run) act(run)
  }
  useHotkeys({
    ' ': onRun(({ id, playing }) => (playing ? actions.runs.stop(id) : actions.runs.play(id))),
    ',': onRun(({ id }) => actions.runs.stepBy(id, -1)),
    '.': onRun(({ id }) => actions.runs.stepBy(id, 1)),
    '[': onRun(({ id }) => actions.runs.stepRound(id, -1)),
    ']': onRun(({ id }) => actions.runs.stepRound(id, 1)),
    // While a run is live its controls stand where Run was; the key does not start a second one beside it.
    r: () => {
      if (run?.status !== 'running' && run?.status !== 'paused') void actions.runs.start()
    },
    p: onRun(({ id, status }) => {
      if (status === 'running') actions.runs.pause(id)
      if (status === 'paused') actions.runs.resume(id)
    }),
    Escape: onRun(({ id }) => actions.runs.select(id, null)),
    v: toggleView,
    h: () => actions.preferences.set({ chain: chain === 'hidden' ? 'shown' : 'hidden' }),
    t: () => actions.preferences.set({ revealTruth: !revealTruth }),
    e: () => document.querySelector<HTMLTextAreaElement>('[data-last-step]')?.focus(),
    n: () => actions.session.randomProblem(),
    'Ctrl+z': () => actions.session.undo(),
    'Ctrl+Shift+z': () => actions.session.redo(),
  })
}
