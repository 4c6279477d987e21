const COMMON = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'stepscope.json', 'model.safetensors']

/** Files of the checkpoints that come with the app, so that none that is not there is asked for. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  'countdown-policy': [...COMMON, 'generation_config.json'],
  'countdown-prm': COMMON,
}

/** File names of a bundled checkpoint; the usual ones for an id that is not known. */
export function bundledFiles(id: string): readonly string[] {
  return FILES[id] ?? COMMON
}
