import { HIDDEN_ZERO } from './rows.ts'

/**
 * WGSL functions over the `lanes` invocations of a workgroup, called by all of them: `reduce_sum`, `reduce_max` (f32)
 * and `reduce_min_u32` give every invocation the result, always added up in the same order. With one lane they are the
 * identity and the kernel has no barrier. `lanes` is a power of two. The kernel has the binding `rows`, read-only.
 */
export function reduceWgsl(lanes: number): string {
  if (lanes === 1) {
    return `
fn reduce_sum(value: f32, lane: u32) -> f32 { return value; }
fn reduce_max(value: f32, lane: u32) -> f32 { return value; }
fn reduce_min_u32(value: u32, lane: u32) -> u32 { return value; }
`
  }
  const tree = (combine: (a: string, b: string) => string) => `
  workgroupBarrier();
  for (var half = ${lanes / 2}u + ${HIDDEN_ZERO}; half > 0u; half = half / 2u) {
    if (lane < half) { ${combine('scratch[lane]', 'scratch[lane + half]')} }
    workgroupBarrier();
  }`
  // The closing barrier inside workgroupUniformLoad keeps the next reduction from overwriting what others still read.
  return `
var<workgroup> scratch: array<f32, ${lanes}>;
var<workgroup> scratch_u32: array<u32, ${lanes}>;
fn reduce_sum(value: f32, lane: u32) -> f32 {
  scratch[lane] = value;${tree((a, b) => `${a} = ${a} + ${b};`)}
  return workgroupUniformLoad(&scratch[0]);
}
fn reduce_max(value: f32, lane: u32) -> f32 {
  scratch[lane] = value;${tree((a, b) => `${a} = max(${a}, ${b});`)}
  return workgroupUniformLoad(&scratch[0]);
}
fn reduce_min_u32(value: u32, lane: u32) -> u32 {
  scratch_u32[lane] = value;${tree((a, b) => `${a} = min(${a}, ${b});`).replaceAll('scratch[', 'scratch_u32[')}
  return workgroupUniformLoad(&scratch_u32[0]);
}
`
}
