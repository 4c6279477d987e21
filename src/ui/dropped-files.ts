export interface Dropped {
  readonly files: readonly File[]
  /** Name of the folder, where one was dropped or picked. */
  readonly folder: string | null
}

/** Every file of a drop; of a folder, the files directly in it and below (Hugging Face folders are flat or nearly so). */
export async function filesOfDrop(data: DataTransfer): Promise<Dropped> {
  // Entries must be taken before the first await: the list is emptied when the event ends.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  if (entries.length === 0) return { files: [...data.files], folder: null }
  return {
    files: (await Promise.all(entries.map((entry) => filesOfEntry(entry)))).flat(),
    folder: entries.find((entry) => entry.isDirectory)?.name ?? null,
  }
}

/** Files of a chooser; a picked folder's name stands before each of them. */
export function filesOfPicker(files: readonly File[]): Dropped {
  const path = files[0]?.webkitRelativePath
  return { files, folder: path ? (path.split('/')[0] ?? null) : null }
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
    // One by one: as arguments, some 100,000 files would overflow the stack.
    for (const file of (await Promise.all(batch.map((child) => filesOfEntry(child)))).flat()) files.push(file)
  }
}
