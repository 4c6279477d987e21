import type { Ledger, ModelLedger } from '../state/types.ts'
import { formatDuration, formatNumber, formatPercent } from '../viz/layout/format-number.ts'
import { Breakdown, Figure } from './figure.tsx'
import { TERMS } from './glossary.ts'
import styles from './ledger-figures.module.css'

/** Tokens a search without shared beginnings would have executed again, as a share. */
export function savedBySharing({ policy, reward }: Ledger): number | null {
  const asked = policy.asked + reward.asked
  return asked === 0 ? null : 1 - (policy.executed + reward.executed) / asked
}

const tokenRows = (ledger: ModelLedger): readonly (readonly [string, string])[] => [
  ['in the tree, each once', formatNumber(ledger.unique)],
  ['in duplicates, merged', formatNumber(ledger.merged)],
  ['past a step’s end, cut', formatNumber(ledger.overrun)],
  ['executed', formatNumber(ledger.executed)],
  ['without sharing', formatNumber(ledger.asked)],
]

/** What a search has cost so far; every number says what it is made of. */
export function LedgerFigures({ ledger, wallMs }: { ledger: Ledger; wallMs: number | null }) {
  const { policy, reward } = ledger
  const saved = savedBySharing(ledger)
  return (
    <dl className={styles.figures}>
      <Figure
        name="Policy tokens"
        value={formatNumber(policy.executed)}
        why={<Breakdown text="Tokens run through the policy." rows={tokenRows(policy)} />}
      />
      <Figure
        name="PRM tokens"
        value={formatNumber(reward.executed)}
        why={<Breakdown text="Tokens run through the process reward model." rows={tokenRows(reward)} />}
      />
      <Figure
        name="Compute"
        value={formatNumber(policy.flops + reward.flops, 'FLOP')}
        why={
          <Breakdown
            text={TERMS.flops.answer}
            rows={[
              ['policy', formatNumber(policy.flops, 'FLOP')],
              ['PRM', formatNumber(reward.flops, 'FLOP')],
            ]}
          />
        }
      />
      <Figure name="Saved by sharing" value={saved === null ? '–' : formatPercent(saved)} why={TERMS.sharing.answer} />
      <Figure
        name="Time"
        value={wallMs === null || wallMs === 0 ? '–' : formatDuration(wallMs)}
        why="Time the search was running on the machine that made it, pauses left out. The other numbers do not depend on the machine."
      />
    </dl>
  )
}
