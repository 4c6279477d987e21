// Judges as the fuzzer's child does, but for a mutant that never ends and one that ends the process.
process.on('message', ({ index }) => {
  if (index === 0) for (;;);
  if (index === 1) process.exit(3)
  process.send({ format: 'any', how: '', fault: null, refused: true, words: '', index })
})
process.send({ ready: true })
