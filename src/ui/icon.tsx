import type { ReactNode } from 'react'
import styles from './icon.module.css'

/** Sixteen-pixel line icons; drawn here so that no icon library is carried along. */
const SHAPES = {
  play: <path d="M4.5 2.8v10.4l8.5-5.2z" fill="currentColor" strokeLinejoin="round" />,
  pause: <path d="M5 3v10M11 3v10" strokeWidth="2.4" />,
  stop: <rect x="3.5" y="3.5" width="9" height="9" rx="1" fill="currentColor" />,
  stepForward: (
    <>
      <path d="M3 3v10l7-5z" fill="currentColor" strokeLinejoin="round" />
      <path d="M12.5 3v10" strokeWidth="2" />
    </>
  ),
  stepBack: (
    <>
      <path d="M13 3v10L6 8z" fill="currentColor" strokeLinejoin="round" />
      <path d="M3.5 3v10" strokeWidth="2" />
    </>
  ),
  first: (
    <>
      <path d="M8 3.5 3.5 8 8 12.5M13 3.5 8.5 8l4.5 4.5" />
    </>
  ),
  last: (
    <>
      <path d="M8 3.5 12.5 8 8 12.5M3 3.5 7.5 8 3 12.5" />
    </>
  ),
  sortUp: <path d="M5 13V3M2.5 5.5 5 3l2.5 2.5M9 4h2M9 8h3.5M9 12h5" />,
  sortDown: <path d="M5 3v10M2.5 10.5 5 13l2.5-2.5M9 4h5M9 8h3.5M9 12h2" />,
  chevronDown: <path d="m4 6 4 4 4-4" />,
  chevronRight: <path d="m6 4 4 4-4 4" />,
  chevronLeft: <path d="m10 4-4 4 4 4" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  plus: <path d="M8 3v10M3 8h10" />,
  question: <path d="M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.6 8 9 8 10M8 12.6v.1" />,
  minus: <path d="M3 8h10" />,
  fit: <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />,
  follow: (
    <>
      <circle cx="8" cy="8" r="4.5" />
      <path d="M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3" />
    </>
  ),
  chart: <path d="M2.5 2.5v11h11M5 11l2.5-4 2.5 2 3.5-5.5" />,
  tree: (
    <>
      <circle cx="3" cy="8" r="1.5" />
      <circle cx="12.5" cy="3.5" r="1.5" />
      <circle cx="12.5" cy="12.5" r="1.5" />
      <path d="M4.5 8C8 8 7.5 3.5 11 3.5M4.5 8c3.5 0 3 4.5 6.5 4.5" />
    </>
  ),
  table: <path d="M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9" />,
  response: <path d="M2.5 3h11v7.5H8L5 13.5v-3H2.5z" />,
  eye: (
    <>
      <path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z" />
      <circle cx="8" cy="8" r="2" />
    </>
  ),
  share: (
    <>
      <path d="M6.7 9.3 9.3 6.7M7 4.5l1.3-1.3a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.3 1.3a3 3 0 0 1-4.5-4.5L4.5 7" />
    </>
  ),
  help: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.3M8 11.3v.2" />
    </>
  ),
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1" />
    </>
  ),
  moon: <path d="M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z" />,
  system: <path d="M2 3h12v8H2zM5.5 13.5h5M8 11v2.5" />,
  dice: (
    <>
      <rect x="2.5" y="2.5" width="11" height="11" rx="2" />
      <path d="M5.5 5.5h.01M10.5 5.5h.01M8 8h.01M5.5 10.5h.01M10.5 10.5h.01" strokeWidth="2" />
    </>
  ),
  edit: <path d="m3 13 .7-3L10.5 3.2a1.4 1.4 0 0 1 2 0l.3.3a1.4 1.4 0 0 1 0 2L6 12.3z" />,
  trash: <path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4" />,
  download: <path d="M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10" />,
  open: <path d="M2.5 12.5v-9h4l1.5 2h5.5v7z" />,
  picture: (
    <>
      <path d="M2.5 3h11v10h-11zM2.5 11l3.5-3.5 2.5 2.5 2-2 3 3" />
      <circle cx="10.5" cy="5.7" r="0.8" />
    </>
  ),
  copy: <path d="M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z" />,
  restart: <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3" />,
  undo: <path d="M5.5 3 2.5 6l3 3M2.5 6H10a3.5 3.5 0 0 1 0 7H6" />,
  redo: <path d="m10.5 3 3 3-3 3M13.5 6H6a3.5 3.5 0 0 0 0 7h4" />,
  warning: <path d="M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.7v.2" />,
  error: (
    <>
      <path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5z" />
      <path d="M8 5v4M8 10.9v.2" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.2V11M8 5v.2" />
    </>
  ),
  check: <path d="m3 8.5 3.2 3.2L13 4.8" strokeWidth="2" />,
  cross: <path d="m4 4 8 8m0-8-8 8" strokeWidth="2" />,
  sliders: (
    <>
      <path d="M2 4.5h7M12.5 4.5H14M2 11.5h2M7.5 11.5H14" />
      <circle cx="10.7" cy="4.5" r="1.7" />
      <circle cx="5.7" cy="11.5" r="1.7" />
    </>
  ),
  inspect: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  panelLeft: <path d="M2 3h12v10H2zM6 3v10" />,
  panelRight: <path d="M2 3h12v10H2zM10 3v10" />,
  chip: (
    <>
      <rect x="4" y="4" width="8" height="8" rx="1" />
      <path d="M6.5 1.5V4M9.5 1.5V4M6.5 12v2.5M9.5 12v2.5M1.5 6.5H4M1.5 9.5H4M12 6.5h2.5M12 9.5h2.5" />
    </>
  ),
  external: <path d="M6 3H3v10h10v-3M9 3h4v4M13 3 7.5 8.5" />,
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof SHAPES

/** Decoration: the control around it carries the name. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className={styles.icon} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      {SHAPES[name]}
    </svg>
  )
}
