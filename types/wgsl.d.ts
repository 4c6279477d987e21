// Vite, Vitest and the command line's loader (scripts/register.mjs) all give a shader's text this way.
declare module '*.wgsl?raw' {
  const source: string
  export default source
}
