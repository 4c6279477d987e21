/** A name as a file's name without its ending: `3-5-7-2-24-Beam-search`. */
export function fileStem(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'run'
}
