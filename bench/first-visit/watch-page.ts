/** Milliseconds since the page was opened, and lengths. */
export interface VisitTimes {
  /** What the chip says that runs. */
  readonly engine: string
  /** The recorded search is drawn. */
  readonly shownMs: number
  readonly readyMs: number
  /** The first event of the live search is drawn. */
  readonly firstEventMs: number
  readonly endMs: number
  /** Of the first live search, from the models being ready. */
  readonly searchMs: number
}

type Progress = { -readonly [K in keyof VisitTimes]?: VisitTimes[K] } & { againMs?: number }

declare global {
  var visit: Progress | undefined
}

/** Runs in the page: clicks *Run it live* when it is there, *Run* when that search has ended, and keeps the times. */
export function watchPage(): void {
  const visit: Progress = {}
  globalThis.visit = visit
  let step: 'look' | 'first' | 'again' = 'look'
  let clicked = 0
  let shown = ''
  const since = (start: number) => Math.round(performance.now() - start)
  const button = (name: string, within: ParentNode = document) =>
    [...within.querySelectorAll('button')].find(({ textContent }) => textContent?.trim() === name)
  const part = (name: string) => document.querySelector(`[aria-label="${name}"]`)
  const ended = (run: string) => {
    const setup = part('Setup')
    return (
      run !== shown && setup && button('Run', setup) && /Right|Wrong|No answer/.test(part('Result')?.textContent ?? '')
    )
  }
  const look = () => {
    const run = part('Search tree')?.getAttribute('data-run') ?? ''
    const chip = document.querySelector('[aria-label^="Engine:"]')?.getAttribute('aria-label') ?? ''
    if (run) visit.shownMs ??= since(0)
    if (visit.readyMs === undefined && chip && !/Loading|No models/.test(chip)) {
      visit.readyMs = since(0)
      visit.engine = chip.replace('Engine: ', '')
    }
    if (step === 'look') {
      const live = button('Run it live')
      if (!live || live.disabled || !run) return
      shown = run
      step = 'first'
      live.click()
    } else if (step === 'first' && run !== shown) {
      const events = /\d+\/(\d+)/.exec(part('Playback')?.textContent ?? '')?.[1]
      if (Number(events) > 0) visit.firstEventMs ??= since(0)
      if (!ended(run) || visit.readyMs === undefined) return
      visit.endMs = since(0)
      visit.searchMs = visit.endMs - visit.readyMs
      shown = run
      step = 'again'
      clicked = performance.now()
      const setup = part('Setup')
      if (setup) button('Run', setup)?.click()
    } else if (step === 'again' && ended(run)) visit.againMs ??= since(clicked)
  }
  new MutationObserver(look).observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    characterData: true,
  })
}
