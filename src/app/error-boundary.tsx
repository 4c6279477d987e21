import type { ReactNode } from 'react'
import { Component } from 'react'
import { toErrorDetails } from '../core/errors.ts'
import { Button } from '../ui/button.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import styles from './error-boundary.module.css'

interface ErrorBoundaryProps {
  /** A change of this clears the error, e.g. the name of the screen. */
  resetKey: string
  children: ReactNode
}

/** Keeps the rest of the page alive when a screen fails to render; saved work is untouched. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { error: unknown; key: string }> {
  override state = { error: null as unknown, key: this.props.resetKey }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  static getDerivedStateFromProps(props: ErrorBoundaryProps, state: { key: string }) {
    return props.resetKey === state.key ? null : { error: null, key: props.resetKey }
  }

  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <div className={styles.frame}>
        <ErrorNotice
          details={{
            message: 'This screen stopped because of an error in Stepscope.',
            found: toErrorDetails(error).message,
            nextStep: 'Your runs are saved. Try again, or reload the page.',
          }}
        >
          <Button onClick={() => this.setState({ error: null })}>Try again</Button>
          <Button onClick={() => location.reload()}>Reload</Button>
        </ErrorNotice>
      </div>
    )
  }
}
