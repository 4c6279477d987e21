import type { ProbedResponses } from '../rewards/probe-responses.ts'
import type { ProbeSummary } from '../rewards/probes.ts'
import type { ConfidentError, TakenApart } from '../rewards/take-apart.ts'
import type { CountedShare, ThresholdPoint } from '../rewards/threshold-curve.ts'
import { drawTable } from './draw-table.ts'

/** Where a reward model is wrong, as tables. */
export function describeTakenApart(
  taken: TakenApart,
  probes: readonly ProbeSummary[],
  unwritten: ProbedResponses['unwritten'],
): string {
  const { thresholds, best, calibration, depths, broken, deadEnds, minimum, tooHigh, tooLow } = taken
  const points = best === null ? thresholds : [...thresholds, best]
  return [
    drawTable(['threshold', 'error acc.', 'correct acc.', 'F1', '95% interval'], points.map(thresholdRow)),
    best === null ? '' : 'The last line is the best threshold on these responses.\n',
    `\nUp to the first wrong step: ${calibration?.steps ?? 0} steps, ${number(calibration?.right)} right, AUC ${number(calibration?.auc)}, expected calibration error ${number(calibration?.calibrationError)}, Brier ${number(calibration?.brier)}\n\n`,
    drawTable(
      ['score', 'steps', 'mean score', 'right'],
      (calibration?.bins ?? []).map(({ low, high, count, score, label }) => [
        `${low.toFixed(1)}–${high.toFixed(1)}`,
        `${count}`,
        count === 0 ? '' : number(score),
        count === 0 ? '' : number(label),
      ]),
    ),
    '\n',
    drawTable(
      ['step', 'steps', 'right', 'AUC', 'wrong, scored ½ or more', 'right, scored below'],
      depths.map(({ depth, steps, right, auc, missed, alarmed }) => [
        `${depth}`,
        `${steps}`,
        number(right),
        number(auc),
        share(missed),
        share(alarmed),
      ]),
    ),
    `\nFirst wrong steps scored ½ or more: of those that break the rules ${share(broken)}, of dead ends ${share(deadEnds)}\n`,
    `The lowest score is on the last step in ${share(minimum.last)} of responses (by chance ${number(minimum.byChance)})\n`,
    `\nWrong steps with the highest scores:\n${tooHigh.map(quote).join('')}Right steps with the lowest scores:\n${tooLow.map(quote).join('')}\n`,
    drawTable(
      ['probe', 'count', 'mean change', 'fooled', 'alarmed'],
      probes.map(({ kind, count, change, fooled, alarmed }) => [
        kind,
        `${count}`,
        change.toFixed(3),
        share(fooled),
        share(alarmed),
      ]),
    ),
    'Fooled: should be called wrong, and is not. Alarmed: as right as before, and called wrong now.\n',
    unwritten.length === 0
      ? ''
      : `The model’s vocabulary does not have the texts of: ${unwritten.map(({ kind, count }) => `${kind} (${count})`).join(', ')}\n`,
    '\n',
  ].join('')
}

function thresholdRow({ threshold, error, correct, f1 }: ThresholdPoint): string[] {
  return [
    threshold.toFixed(3),
    share(error),
    share(correct),
    number(f1?.value),
    f1 === null ? '' : `${number(f1.interval[0])}–${number(f1.interval[1])}`,
  ]
}

const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'none' : value.toFixed(3)

const share = (of: CountedShare | null): string =>
  of === null ? 'none' : `${of.share.toFixed(3)} (${of.hits} of ${of.count})`

function quote({ problem, steps, step, score }: ConfidentError): string {
  const said = steps.slice(0, step + 1).map((text) => text.trimEnd())
  return `  ${score.toFixed(3)}  step ${step + 1} of ${steps.length}: ${problem.trimEnd()} | ${said.join(' | ')}\n`
}
