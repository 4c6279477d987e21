import type { Bindings } from '../backend.ts'

/**
 * WGSL declarations of a kernel's bindings, numbered in their order.
 * @param elements WGSL element type of each array, e.g. `{ x: 'vec4f' }`
 */
export function declareBindings<B extends Bindings>(
  bindings: B,
  elements: { readonly [K in keyof B]: string },
): string {
  return Object.entries(bindings)
    .map(([name, [, access]], number) => {
      return `@group(0) @binding(${number}) var<storage, ${access}> ${name}: array<${elements[name as keyof B]}>;`
    })
    .join('\n')
}
