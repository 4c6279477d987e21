import type { Ledger, ModelLedger } from '../search/events.ts'
import { savedByStop } from '../search/votes.ts'
import type { RunView } from '../state/search/runs-state.ts'
import { formatDuration, formatNumber, formatPercent } from '../viz/layout/format-number.ts'
import { Breakdown, Figure } from './figure.tsx'
import { TERMS } from './glossary.ts'
import styles from './ledger-figures.module.css'
import { formatRatio, ledgerTokens } from './per-token.ts'
import { measuredRows, rewardWord } from './run-facts.ts'

/** Tokens a search without shared beginnings would have executed again, as a share. */
function savedBySharing({ policy, reward }: Ledger): number | null {
  const { asked, executed } = ledgerTokens({ policy, reward })
  return asked === 0 ? null : 1 - executed / asked
}

const tokenRows = (ledger: ModelLedger): readonly (readonly [string, string])[] => [
  ['in the tree, each once', formatNumber(ledger.unique)],
  ['in duplicates, merged', formatNumber(ledger.merged)],
  ['past a step’s end, cut', formatNumber(ledger.overrun)],
  ['executed', formatNumber(ledger.executed)],
  ['without sharing', formatNumber(ledger.asked)],
]

/** What a search has cost up to the playhead, and its time; every number says what it is made of. */
export function LedgerFigures({ run }: { run: RunView }) {
  const { ledger } = run.tree
  const { policy, reward } = ledger
  const { wallMs } = run.measured
  const tokens = ledgerTokens(ledger)
  const saved = savedBySharing(ledger)
  const word = rewardWord(run.tree)
  const stop = savedByStop(run.tree)
  return (
    <dl className={styles.figures}>
      <Figure
        name="Policy tokens"
        value={formatNumber(policy.executed)}
        why={<Breakdown text="Tokens run through the policy." rows={tokenRows(policy)} />}
      />
      <Figure
        name={`${word} tokens`}
        value={formatNumber(reward.executed)}
        why={<Breakdown text="Tokens run through the reward model." rows={tokenRows(reward)} />}
      />
      <Figure
        name="Compute"
        value={formatNumber(policy.flops + reward.flops, 'FLOP')}
        why={
          <Breakdown
            text={TERMS.flops.answer}
            rows={[
              ['policy', formatNumber(policy.flops, 'FLOP')],
              [word, formatNumber(reward.flops, 'FLOP')],
            ]}
          />
        }
      />
      <Figure
        name="Saved by sharing"
        value={saved === null ? '–' : `${formatPercent(saved)}, ${formatRatio(tokens)}`}
        why={
          <Breakdown
            text={`${TERMS.sharing.answer} The ratio is asked over executed: how often each token run was needed.`}
            rows={[
              ['policy, executed of asked', `${formatNumber(policy.executed)} / ${formatNumber(policy.asked)}`],
              [`${word}, executed of asked`, `${formatNumber(reward.executed)} / ${formatNumber(reward.asked)}`],
              ['asked / executed', formatRatio(tokens)],
            ]}
          />
        }
      />
      {stop === null ? null : (
        <Figure
          name="Saved by the stop"
          value={`about ${formatNumber(stop.flops, 'FLOP')}`}
          why={
            <Breakdown
              text="The vote stopped before all responses were drawn to their end. What the others would have cost is not known: it is taken to be what those that were drawn cost on average."
              rows={[['responses left', `${stop.left} of ${stop.of}`]]}
            />
          }
        />
      )}
      <Figure
        name="Time"
        value={wallMs === 0 ? '–' : formatDuration(wallMs)}
        why={
          <Breakdown
            text="Time the search was running on the machine that made it, pauses left out. What stands here depends on that machine and on what ran beside it, and is of the whole run; the other numbers are not."
            rows={measuredRows(run.measured, run.events.at(-1)?.ledger ?? ledger)}
          />
        }
      />
    </dl>
  )
}
