import { backendNote } from '../../panels/backend-note.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { EngineStatus } from '../../state/models/engine-state.ts'
import { RATE_LOOKS } from '../../state/models/rates.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Sheet } from '../../ui/sheet.tsx'
import { Why } from '../../ui/why.tsx'
import { ByteBar } from './byte-bar.tsx'
import type { EngineFigure, ModelFigure } from './engine-figures.ts'
import { engineFigures, figuresAsJson, figuresAsMarkdown } from './engine-figures.ts'
import styles from './engine-panel.module.css'
import { RateLine } from './rate-line.tsx'

/** Everything the engine tells of itself, beside the screen, so that a search can be watched at work. */
export function EnginePanel({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Sheet title="Engine" open={open} onOpenChange={onOpenChange}>
      <EngineBody />
    </Sheet>
  )
}

function EngineBody() {
  const actions = useActions()
  const engine = useApp((state) => state.engine)
  const { status, phase, rates } = engine
  const figures = engineFigures(engine)
  const copy = async (text: string, as: string) => {
    const copied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
    actions.notices.show({
      tone: 'info',
      text: copied ? `The engine’s figures are copied as ${as}.` : 'This browser did not let the figures be copied.',
      error: null,
      action: null,
    })
  }
  return (
    <>
      {phase === 'loading' ? <Progress label="Loading models" value={null} estimate /> : null}
      {figures === null || status === null ? (
        <EmptyState icon="chip" title={phase === 'loading' ? 'No figures yet' : 'No models loaded'}>
          <p>
            {phase === 'loading'
              ? 'They come as soon as both models are on the device.'
              : 'The models load when they are first needed; then their bytes, passes and speed stand here.'}
          </p>
        </EmptyState>
      ) : (
        <>
          <section className={styles.part} aria-labelledby="engine-device">
            <h3 id="engine-device">Device</h3>
            <FigureList figures={figures.device} />
            <DeviceNote status={status} />
          </section>
          <section className={styles.part} aria-labelledby="engine-speed">
            <h3 id="engine-speed">Work</h3>
            <RateLine rates={rates} places={RATE_LOOKS} />
            <FigureList figures={figures.speed} />
          </section>
          <section className={styles.part} aria-labelledby="engine-sharing">
            <h3 id="engine-sharing">Executed against asked</h3>
            <FigureList figures={figures.sharing} />
          </section>
          <section className={styles.part} aria-labelledby="engine-bytes">
            <h3 id="engine-bytes">Bytes on the device</h3>
            <ByteBar rows={figures.bytes} total={figures.totalBytes} />
          </section>
          {figures.counts.length > 0 ? (
            <section className={styles.part} aria-labelledby="engine-counts">
              <h3 id="engine-counts">By model, since it was loaded</h3>
              <ModelTable label="Counts by model" rows={figures.counts} />
            </section>
          ) : null}
          <section className={styles.part} aria-labelledby="engine-choices">
            <h3 id="engine-choices">What runs, and how</h3>
            <ModelTable label="Models and choices" rows={figures.choices} words />
          </section>
          <div className={styles.copy}>
            <Button icon="copy" onClick={() => void copy(figuresAsMarkdown(figures), 'Markdown')}>
              Copy as Markdown
            </Button>
            <Button icon="copy" onClick={() => void copy(figuresAsJson(figures, rates), 'JSON')}>
              Copy as JSON
            </Button>
          </div>
        </>
      )}
    </>
  )
}

/** What the figures do not say where there is no graphics card. */
function DeviceNote({ status }: { status: EngineStatus }) {
  const note = backendNote(status)
  return note && <p className={styles.note}>{`${note.message} ${note.because}`}</p>
}

function FigureList({ figures }: { figures: readonly EngineFigure[] }) {
  return (
    <dl className={styles.list}>
      {figures.map(({ name, text, meaning }) => (
        <div key={name} className={styles.row}>
          <dt>
            <Why answer={meaning}>{name}</Why>
          </dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

function ModelTable({ label, rows, words = false }: { label: string; rows: readonly ModelFigure[]; words?: boolean }) {
  return (
    <table className={styles.table} aria-label={label} data-words={words}>
      <thead>
        <tr>
          <td />
          <th scope="col">Policy</th>
          <th scope="col">PRM</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, texts, meaning }) => (
          <tr key={name}>
            <th scope="row">
              <Why answer={meaning}>{name}</Why>
            </th>
            {words && texts[0] === texts[1] ? (
              <td colSpan={2}>{texts[0]}</td>
            ) : (
              <>
                <td>{texts[0]}</td>
                <td>{texts[1]}</td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
