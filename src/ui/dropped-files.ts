/** Every file of a drop; of a folder, the files directly in it and below (Hugging Face folders are flat or nearly so). */
export async function filesOfDrop(data: DataTransfer): Promise<File[]> {
  // Entries must be taken before the first await: the list is emptied when the event ends.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  if (entries.length === 0) return [...data.files]
  return (await Promise.all(entries.map((entry) => filesOfEntry(entry)))).flat()
}

async function filesOfEntry(entry: FileSystemEntry): Promise<File[]> {
  if (entry instanceof FileSystemFileEntry) {
    return [await new Promise<File>((resolve, reject) => entry.file(resolve, reject))]
  }
  if (!(entry instanceof FileSystemDirectoryEntry)) return []
  const reader = entry.createReader()
  const files: File[] = []
  // A reader answers at most 100 entries at a time, and an empty list at the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (batch.length === 0) return files
    files.push(...(await Promise.all(batch.map((child) => filesOfEntry(child)))).flat())
  }
}
