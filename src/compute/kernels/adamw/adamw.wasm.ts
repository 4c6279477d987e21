import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachFlatQuad } from '../quads.wasm.ts'
import { rowUnits } from '../rows.wasm.ts'
import type { ADAMW_BINDINGS, AdamwShape } from './adamw.reference.ts'
import {
  SETTING_BETA_1,
  SETTING_BETA_2,
  SETTING_CORRECTION_2,
  SETTING_DECAY,
  SETTING_EPSILON,
  SETTING_REST_1,
  SETTING_REST_2,
  SETTING_STEP_SIZE,
} from './adamw-settings.ts'

export function adamwWasm({ decay }: AdamwShape): WasmKernel<typeof ADAMW_BINDINGS> {
  return {
    key: String(decay),
    cost: 32,
    units: rowUnits,
    emit: (context) => {
      const { f, at, madd } = context
      const setting = (place: number) => f.local('v128', v128.load32Splat(at.settings, 4 * place))
      const scale = f.local('v128', v128.load32Splat(at.clip, 4))
      const [beta1, rest1] = [setting(SETTING_BETA_1), setting(SETTING_REST_1)]
      const [beta2, rest2] = [setting(SETTING_BETA_2), setting(SETTING_REST_2)]
      const [stepSize, epsilon] = [setting(SETTING_STEP_SIZE), setting(SETTING_EPSILON)]
      const correction2 = setting(SETTING_CORRECTION_2)
      const kept = setting(SETTING_DECAY)
      eachFlatQuad(context, (bytes) => {
        const [first, second] = [f.local('i32', i32.add(at.first, bytes)), f.local('i32', i32.add(at.second, bytes))]
        const parameters = f.local('i32', i32.add(at.parameters, bytes))
        const g = f.local('v128', f32x4.mul(v128.load(i32.add(at.gradient, bytes)), scale))
        const m = f.local('v128', madd(rest1, g, f32x4.mul(beta1, v128.load(first))))
        const v = f.local('v128', madd(f32x4.mul(rest2, g), g, f32x4.mul(beta2, v128.load(second))))
        f.store('v128', first, m)
        f.store('v128', second, v)
        const size = f32x4.add(f32x4.div(f32x4.sqrt(v), correction2), epsilon)
        const weight = v128.load(parameters)
        const decayed = decay ? f32x4.mul(weight, kept) : weight
        f.store('v128', parameters, f32x4.sub(decayed, f32x4.div(f32x4.mul(stepSize, m), size)))
      })
    },
  }
}
