import type { ReactNode } from 'react'
import { useId } from 'react'
import { Why } from '../ui/why.tsx'
import styles from './figure.module.css'

interface FigureProps {
  name: string
  value: ReactNode
  /** What the number is and what it is made of. */
  why: ReactNode
}

/** One number with its name; asked, it says how it came about. */
export function Figure({ name, value, why }: FigureProps) {
  const id = useId()
  return (
    <div className={styles.figure}>
      <dt className={styles.name} id={id}>
        {name}
      </dt>
      <dd className={styles.value}>
        <Why answer={why} of={id}>
          {value}
        </Why>
      </dd>
    </div>
  )
}

/** Lines of a calculation, for the answer to a "why?". */
export function Breakdown({ text, rows }: { text: string; rows: readonly (readonly [string, string])[] }) {
  return (
    <>
      <p>{text}</p>
      <table className={styles.breakdown}>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
