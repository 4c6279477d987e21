import type { ReactNode } from 'react'
import { Why } from '../ui/why.tsx'
import type { TermId } from './glossary.ts'
import { TERMS } from './glossary.ts'

/** A word of the field that explains itself. */
export function TermWord({ term, children }: { term: TermId; children: ReactNode }) {
  const entry: { answer: string; source?: { label: string; href: string } } = TERMS[term]
  return (
    <Why answer={entry.answer} {...(entry.source ? { source: entry.source } : {})}>
      {children}
    </Why>
  )
}
