/** Human-readable name of an adapter. */
export function adapterName(info: GPUAdapterInfo): string {
  if (/swiftshader/i.test(info.architecture)) return 'SwiftShader'
  return info.description || [info.vendor, info.architecture].filter((part) => part !== '').join(' ') || 'WebGPU'
}

/** Whether an adapter is a program for the processor (SwiftShader, lavapipe, WARP) and no graphics card. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`
  return info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(names)
}
