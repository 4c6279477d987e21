import { useActions, useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import styles from './models-screen.module.css'
import { OnnxDialog } from './onnx-dialog.tsx'

/** The way to models that our own engine does not read. */
export function OnnxSection() {
  const actions = useActions()
  const open = useApp((state) => state.onnx.status !== 'closed')
  if (open) return <OnnxDialog />
  return (
    <div className={styles.buttons}>
      <Button onClick={actions.onnx.open}>Add an ONNX model</Button>
    </div>
  )
}
