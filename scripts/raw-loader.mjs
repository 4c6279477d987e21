// Module hooks: `import text from './softmax.wgsl?raw'` gives the file's text, as in Vite.
import { readFile } from 'node:fs/promises'

export async function resolve(specifier, context, next) {
  if (!specifier.endsWith('?raw') || !specifier.startsWith('.')) return next(specifier, context)
  return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
}

export async function load(url, context, next) {
  if (!url.endsWith('?raw')) return next(url, context)
  const text = await readFile(new URL(url), 'utf8')
  return { format: 'module', source: `export default ${JSON.stringify(text)}`, shortCircuit: true }
}
