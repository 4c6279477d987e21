import type { Appearance, TruthLabel } from '../layout/node-appearance.ts'
import './marks.css'

/** A node's shape and stroke in small, for lists and the legend: the same drawing as in the tree. */
export function NodeGlyph({ appearance }: { readonly appearance: Appearance }) {
  return (
    <svg className={`viz-glyph viz-glyph-${appearance}`} width={26} height={14} viewBox="0 0 26 14" aria-hidden="true">
      {appearance === 'rolledOut' ? (
        <>
          <line x1={1} x2={19} y1={7} y2={7} />
          <circle cx={21} cy={7} r={2.5} />
        </>
      ) : (
        <rect x={4} y={2.5} width={18} height={9} rx={2} />
      )}
      {(appearance.startsWith('finished') || appearance === 'answer') && (
        <rect className="viz-glyph-outer" x={1.5} y={0} width={23} height={14} rx={3.5} />
      )}
      {appearance === 'finishedRight' && <path className="viz-glyph-verdict" d="M10 7.2l2 2 4-4.4" />}
      {appearance === 'finished' && <path className="viz-glyph-verdict" d="M10.8 7h4.4" />}
      {appearance === 'finishedWrong' && <path className="viz-glyph-verdict" d="M10.8 4.8l4.4 4.4m0-4.4l-4.4 4.4" />}
      {appearance === 'given' && <rect className="viz-glyph-given" x={4} y={2.5} width={3} height={9} />}
    </svg>
  )
}

/** The mark of an exact label: full disc solvable, ring no longer solvable, slashed square invalid. */
export function TruthGlyph({ truth }: { readonly truth: TruthLabel }) {
  return (
    <svg className="viz-truth" width={12} height={12} viewBox="0 0 12 12" aria-hidden="true">
      {truth.valid ? (
        <circle className={truth.reachable ? 'viz-truth-full' : undefined} cx={6} cy={6} r={4} />
      ) : (
        <path d="M2 2h8v8h-8zM2 10l8-8" />
      )}
    </svg>
  )
}
