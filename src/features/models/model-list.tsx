import { plainText } from '../../core/outside-text.ts'
import { deviceName } from '../../panels/model-engine.ts'
import type { ModelChoice } from '../../state/models/engine-state.ts'
import { MODEL_KINDS } from '../../state/models/model-kinds.ts'
import type { OnnxSettings } from '../../state/models/onnx-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatBytes } from '../../viz/layout/format-number.ts'
import styles from './models-screen.module.css'

export type ListedModel = ModelChoice & { readonly bytes: number | null; readonly onnx?: OnnxSettings }

interface ModelListProps {
  label: string
  models: readonly ListedModel[]
  chosen: ModelChoice | null
  disabled: boolean
  onChoose(model: ListedModel): void
  onForget(model: ListedModel): void
}

export function ModelList({ label, models, chosen, disabled, onChoose, onForget }: ModelListProps) {
  return (
    <ul className={styles.list} aria-label={label}>
      {models.map((model) => {
        const current = model.kind === chosen?.kind && model.id === chosen.id
        return (
          <li key={`${model.kind}:${model.id}`} className={styles.model}>
            <span className={styles.modelName}>
              <OutsideText text={model.name} />
              <span className={styles.muted}>
                {plainText(MODEL_KINDS[model.kind].origin(model))}
                {model.bytes === null ? null : `, ${formatBytes(model.bytes)}`}
              </span>
              <span className={styles.muted}>
                {model.onnx
                  ? `ONNX checkpoint: Transformers.js on ${deviceName(model.onnx.device)}, because our own engine reads safetensors`
                  : 'safetensors: Stepscope’s own engine'}
              </span>
            </span>
            {current ? (
              <span className={styles.current}>
                <Icon name="check" size={14} /> chosen
              </span>
            ) : (
              <Button disabled={disabled} onClick={() => onChoose(model)}>
                Use
              </Button>
            )}
            {MODEL_KINDS[model.kind].own ? (
              <IconButton
                icon="trash"
                label={`Forget ${model.name}`}
                disabled={disabled || current}
                onClick={() => onForget(model)}
              />
            ) : null}
          </li>
        )
      })}
    </ul>
  )
}
