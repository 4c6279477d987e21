import { declareBindings } from '../declare-bindings.ts'
import { eachQuadWgsl } from '../quads.ts'
import type { AdamwShape } from './adamw.reference.ts'
import { ADAMW_BINDINGS } from './adamw.reference.ts'
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

export function adamwWgsl({ decay, lanes }: AdamwShape): string {
  const elements = {
    rows: 'vec4u',
    settings: 'f32',
    clip: 'f32',
    gradient: 'vec4f',
    parameters: 'vec4f',
    first: 'vec4f',
    second: 'vec4f',
  }
  const before = `
  let scale = clip[1];
  let step_size = settings[${SETTING_STEP_SIZE}];
  let beta1 = settings[${SETTING_BETA_1}];
  let rest1 = settings[${SETTING_REST_1}];
  let beta2 = settings[${SETTING_BETA_2}];
  let rest2 = settings[${SETTING_REST_2}];
  let epsilon = settings[${SETTING_EPSILON}];
  let correction2 = settings[${SETTING_CORRECTION_2}];
  let kept = ${decay ? `settings[${SETTING_DECAY}]` : '1.0'};`
  const body = `
    let g = gradient[i] * scale;
    let m = beta1 * first[i] + rest1 * g;
    let v = beta2 * second[i] + rest2 * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = parameters[i] * kept - step_size * m / (sqrt(v) / correction2 + epsilon);`
  return `
${declareBindings(ADAMW_BINDINGS, elements)}
${eachQuadWgsl(lanes, body, { before })}
`
}
