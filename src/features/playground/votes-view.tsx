import { VerdictMark } from '../../panels/verdict-mark.tsx'
import type { NodeId } from '../../search/events.ts'
import type { CastVote, VoteCluster, VoteTally } from '../../search/votes.ts'
import { savedByStop, tallyVotes } from '../../search/votes.ts'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { taskById } from '../../tasks/registry.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatNumber, formatScore } from '../../viz/layout/format-number.ts'
import styles from './votes-view.module.css'

/** The clusters of a vote up to the playhead: their sums, and what each response adds. */
export function VotesView({ run }: { run: RunView }) {
  const tally = tallyVotes(run.tree)
  const saving = savedByStop(run.tree)
  if (tally === null || (tally.clusters.length === 0 && tally.without.length === 0)) {
    return <p className={styles.empty}>No response has ended yet.</p>
  }
  const most = Math.max(...tally.clusters.map(({ sum }) => sum), 0)
  return (
    <div className={styles.votes}>
      <p className={styles.about}>
        {taskById(run.setup.task).votesOver}{' '}
        {tally.weighted ? 'A response adds its score.' : 'Every response adds one vote.'}
        {saving === null
          ? ''
          : ` ${saving.left} of ${saving.of} responses were not drawn to their end: about ${formatNumber(saving.flops, 'FLOP')} saved, had they been like the others.`}
      </p>
      <ol className={styles.clusters}>
        {tally.clusters.map((cluster, index) => (
          <li key={cluster.vote} className={styles.cluster}>
            <p className={styles.head}>
              <span className={styles.vote}>
                <OutsideText text={cluster.vote} />
              </span>
              <VerdictMark correct={cluster.correct} />
              {index === 0 && run.tree.finished !== null ? <span className={styles.chosen}>chosen</span> : null}
              <span className={styles.sum}>
                {tally.weighted ? formatScore(cluster.sum) : formatNumber(cluster.sum)}{' '}
                <span className={styles.muted}>{tally.weighted ? `from ${countOf(cluster)}` : 'votes'}</span>
              </span>
            </p>
            <Bar run={run} cluster={cluster} tally={tally} most={most} />
          </li>
        ))}
      </ol>
      {tally.without.length === 0 ? null : (
        <p className={styles.without}>
          Without a vote:{' '}
          {tally.without.map((id) => (
            <NodeButton key={id} run={run} id={id} />
          ))}
        </p>
      )}
    </div>
  )
}

/** One segment for each response, as long as what it adds. */
function Bar({ run, cluster, tally, most }: { run: RunView; cluster: VoteCluster; tally: VoteTally; most: number }) {
  const actions = useActions()
  return (
    <div className={styles.bar} style={{ width: `${most === 0 ? 0 : (100 * cluster.sum) / most}%` }}>
      {cluster.votes.map((vote) => (
        <button
          key={vote.node}
          type="button"
          className={styles.segment}
          style={{ flexGrow: vote.adds }}
          aria-label={`Response #${vote.node} adds ${addsInWords(vote, tally.weighted)}`}
          aria-pressed={run.selected === vote.node}
          title={`#${vote.node} adds ${addsInWords(vote, tally.weighted)}`}
          onClick={() => actions.runs.select(run.id, vote.node)}
        >
          <span aria-hidden="true">{segmentText(vote, tally.weighted)}</span>
        </button>
      ))}
    </div>
  )
}

function NodeButton({ run, id }: { run: RunView; id: NodeId }) {
  const actions = useActions()
  return (
    <button type="button" className={styles.node} onClick={() => actions.runs.select(run.id, id)}>
      #{id}
    </button>
  )
}

function addsInWords({ count, weight, adds }: CastVote, weighted: boolean): string {
  if (weight === null) return 'nothing yet: it waits for its score'
  if (!weighted) return count === 1 ? 'one vote' : `${count} votes, one for each of ${count} identical samples`
  return count === 1 ? formatScore(adds) : `${formatScore(adds)}: ${count} identical samples of ${formatScore(weight)}`
}

function segmentText({ count, weight }: CastVote, weighted: boolean): string {
  if (!weighted) return count === 1 ? '' : `×${count}`
  return `${formatScore(weight).replace(/^0/, '')}${count === 1 ? '' : `×${count}`}`
}

function countOf({ votes }: VoteCluster): string {
  const count = votes.reduce((sum, vote) => sum + vote.count, 0)
  return `${count} ${count === 1 ? 'response' : 'responses'}`
}
