import type { Backend } from '../../compute/backend.ts'
import type { WeightFormat } from '../../compute/kernels/weight-format.ts'
import { StepscopeError } from '../../core/errors.ts'

/** From the most exact one to the smallest. */
const FORMATS: readonly WeightFormat[] = ['f32', 'f16', 'int8', 'int4']

/**
 * Refuses weights that the backend can never hold, before any is read.
 * @param bytesAs bytes of all weights in a format
 * @throws StepscopeError `out-of-memory` with the formats that would fit
 */
export function checkWeightRoom(
  { limits, memory }: Pick<Backend, 'limits' | 'memory'>,
  format: WeightFormat,
  bytesAs: (format: WeightFormat) => number,
): void {
  const room = limits.maxBytes - memory.liveBytes
  const bytes = bytesAs(format)
  if (bytes <= room) return
  const fitting = FORMATS.filter((other) => bytesAs(other) <= room)
  const beside = memory.liveBytes > 0 ? ` beside the ${megabytes(memory.liveBytes)} in use` : ''
  throw new StepscopeError({
    code: 'out-of-memory',
    message: 'The weights of this model are too large for this device',
    expected: `at most ${megabytes(room)}${beside}`,
    found: `${megabytes(bytes)} as ${format}`,
    nextStep:
      fitting.length > 0
        ? `Load it with ${fitting.map((other) => `${other} (${megabytes(bytesAs(other))})`).join(' or ')} weights, or take a smaller model.`
        : `Take a smaller model: even int4 weights of this one have ${megabytes(bytesAs('int4'))}.`,
  })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`
}
