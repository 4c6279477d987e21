import { strategyName } from '../../search/settings.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'

/** In place of the tree while there is none: what to do, what is waited for, or what a link asks for. */
export function NoTree() {
  const actions = useActions()
  const { ask, carrying } = useApp((state) => state.link)
  const waiting = useApp(({ runs }) => runs.waiting.length > 0)
  if (ask) return <LinkQuestion event={ask.event} />
  if (waiting) {
    return (
      <EmptyState icon="tree" title="Waiting for the models" later>
        <p>The search starts as soon as they are loaded.</p>
      </EmptyState>
    )
  }
  if (carrying) {
    return (
      <EmptyState icon="tree" title="Opening the link" later>
        <p>It is read as soon as the page is ready.</p>
      </EmptyState>
    )
  }
  return (
    <EmptyState icon="tree" title="No search yet" later>
      <p>
        Choose a problem and a strategy, then run it. The tree grows here as the policy proposes and the PRM scores.
      </p>
      <Button variant="primary" icon="play" onClick={() => void actions.runs.start()}>
        Run
      </Button>
    </EmptyState>
  )
}

/** A link never starts a search by itself: it says which one it is of, and how large it may be. */
function LinkQuestion({ event }: { event: number }) {
  const actions = useActions()
  const { problem, problemText, strategy, config, seed, settingErrors } = useApp((state) => state.session)
  const runnable = problem.ok && Object.keys(settingErrors).length === 0
  return (
    <EmptyState icon="tree" title="This link is of a search">
      <p>
        Event {event} of {strategyName(strategy)} on <OutsideText text={problem.ok ? problem.text : problemText} />, n{' '}
        {config.n}, at most {config.maxRounds} rounds, seed {seed}. It is not open here; the models of this page can run
        it again.
      </p>
      <Button variant="primary" icon="play" disabled={!runnable} onClick={() => void actions.link.run()}>
        Run this search
      </Button>
      <Button onClick={actions.link.leave}>Only set it up</Button>
    </EmptyState>
  )
}
