import { MOST_PAGES } from './assembler/module-builder.ts'
import { CONTROL_BYTES } from './control-block.ts'

const PAGE = 65536
const ALIGN = 64
/** Grown by at least so much at a time. */
const STEP_PAGES = 256
/** The last page is never handed out, so that an address one past the end of a range is a number of 32 bits. */
const USABLE_PAGES = MOST_PAGES - 1

interface Block {
  start: number
  bytes: number
}

/** Ranges of one WebAssembly memory, each starting at a multiple of 64. */
export class WasmHeap {
  readonly memory: WebAssembly.Memory
  readonly shared: boolean
  /** Most bytes that the memory can ever have. */
  readonly mostBytes: number
  /** Free ranges by address, none next to another. */
  private readonly free: Block[] = []
  private readonly sizes = new Map<number, number>()
  /** Everything from here on has never been written to. */
  private fresh = CONTROL_BYTES
  private views: { readonly buffer: ArrayBufferLike; readonly bytes: Uint8Array<ArrayBufferLike> }

  /** @param mostBytes a lower limit than WebAssembly's 4 GiB */
  constructor(shared: boolean, mostBytes = USABLE_PAGES * PAGE) {
    this.shared = shared
    this.memory = createMemory(shared)
    this.mostBytes = Math.min(mostBytes, USABLE_PAGES * PAGE)
    this.views = this.view()
    this.free.push({ start: CONTROL_BYTES, bytes: this.views.buffer.byteLength - CONTROL_BYTES })
  }

  /** Changes whenever earlier views no longer show the memory: never where it is shared. */
  get buffer(): ArrayBufferLike {
    if (this.views.buffer.byteLength === 0) this.views = this.view()
    return this.views.buffer
  }

  /** The whole memory; take it anew after every allocation. */
  get bytes(): Uint8Array<ArrayBufferLike> {
    if (this.views.bytes.byteLength === 0) this.views = this.view()
    return this.views.bytes
  }

  /** Bytes of zeros. @returns their address, or null where there is no room */
  allocate(wanted: number): number | null {
    const bytes = Math.ceil(wanted / ALIGN) * ALIGN
    const block = this.free.find((range) => range.bytes >= bytes) ?? this.grow(bytes)
    if (block === undefined) return null
    const { start } = block
    block.start += bytes
    block.bytes -= bytes
    if (block.bytes === 0) this.free.splice(this.free.indexOf(block), 1)
    this.sizes.set(start, bytes)
    if (start < this.fresh) this.bytes.fill(0, start, Math.min(start + bytes, this.fresh))
    this.fresh = Math.max(this.fresh, start + bytes)
    return start
  }

  release(start: number): void {
    const bytes = this.sizes.get(start)
    if (bytes === undefined) throw new RangeError(`nothing was allocated at ${start}`)
    this.sizes.delete(start)
    this.give({ start, bytes })
  }

  private give(block: Block): void {
    const after = this.free.findIndex(({ start }) => start > block.start)
    const place = after < 0 ? this.free.length : after
    const before = this.free[place - 1]
    const next = this.free[place]
    if (next !== undefined && block.start + block.bytes === next.start) {
      next.start = block.start
      next.bytes += block.bytes
      if (before !== undefined && before.start + before.bytes === next.start) {
        before.bytes += next.bytes
        this.free.splice(place, 1)
      }
    } else if (before !== undefined && before.start + before.bytes === block.start) before.bytes += block.bytes
    else this.free.splice(place, 0, block)
  }

  private grow(bytes: number): Block | undefined {
    const size = this.buffer.byteLength
    const last = this.free.at(-1)
    const atEnd = last !== undefined && last.start + last.bytes === size ? last.bytes : 0
    const needed = Math.ceil((bytes - atEnd) / PAGE)
    const most = Math.floor((this.mostBytes - size) / PAGE)
    const wanted = Math.min(Math.max(needed, STEP_PAGES, Math.floor(size / PAGE / 8)), most)
    for (const pages of wanted > needed ? [wanted, needed] : [needed]) {
      if (pages > most || !this.growBy(pages)) continue
      this.give({ start: size, bytes: pages * PAGE })
      return this.free.at(-1)
    }
    return undefined
  }

  private growBy(pages: number): boolean {
    try {
      this.memory.grow(pages)
    } catch {
      return false
    }
    this.views = this.view()
    return true
  }

  private view() {
    const { buffer } = this.memory
    return { buffer, bytes: new Uint8Array(buffer) }
  }
}

/** Where the largest maximum cannot be reserved, smaller ones are tried. */
function createMemory(shared: boolean): WebAssembly.Memory {
  if (!shared) return new WebAssembly.Memory({ initial: STEP_PAGES })
  for (let maximum = MOST_PAGES; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: STEP_PAGES, maximum, shared })
    } catch (error) {
      if (maximum <= STEP_PAGES) throw error
    }
  }
}
