/** What the machine offers to this engine. */
export async function webgpuFeatures(): Promise<{ readonly webgpu: boolean; readonly f16: boolean }> {
  const gpu = (globalThis.navigator as Navigator & { gpu?: GPU }).gpu
  const adapter = await gpu?.requestAdapter().catch(() => null)
  return { webgpu: Boolean(adapter), f16: adapter?.features.has('shader-f16') ?? false }
}
