/** Hands a file to the person as a download. */
export function saveFile(name: string, content: string | Blob, type = 'application/json'): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own handle on the data by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
