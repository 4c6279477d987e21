/** A prefix whose value is known, below the longest known prefix of it: the tree of Luo et al. (OmegaPRM). */
export interface ValueTree {
  /** The steps since the node above; the prompt at the root. */
  readonly text: string
  /** Fraction of completions from here that are right. */
  readonly value: number
  readonly children: readonly ValueTree[]
}

/** A prefix with its value; `steps` [] is the prompt alone. */
export interface ValuedPrefix {
  readonly steps: readonly string[]
  readonly value: number
}

/** The tree of these prefixes, the prompt's own among them; children in the order in which they were found. */
export function valueTree(prompt: string, prefixes: readonly ValuedPrefix[]): ValueTree {
  interface Node {
    readonly text: string
    readonly value: number
    readonly children: Node[]
  }
  const known = new Map(prefixes.map((prefix) => [prefix.steps.join(''), prefix]))
  const nodes = new Map<string, Node>()
  const place = ({ steps, value }: ValuedPrefix): Node => {
    const key = steps.join('')
    const placed = nodes.get(key)
    if (placed) return placed
    let above = steps.length - 1
    while (above > 0 && !known.has(steps.slice(0, above).join(''))) above -= 1
    const node = { text: steps.length === 0 ? prompt : steps.slice(above).join(''), value, children: [] }
    nodes.set(key, node)
    if (steps.length === 0) return node
    const parent = known.get(steps.slice(0, above).join(''))
    if (!parent) throw new RangeError('a tree of values needs the value of the prompt')
    place(parent).children.push(node)
    return node
  }
  for (const prefix of prefixes) place(prefix)
  const root = nodes.get('')
  if (!root) throw new RangeError('a tree of values needs the value of the prompt')
  return root
}

/**
 * One row of labels per leaf: the text from node to node and its value. A text may be several steps, whose own values
 * nobody asked for; its value is read at its end.
 */
export function treeRows(tree: ValueTree): { readonly completions: string[]; readonly values: number[] }[] {
  const rows: { completions: string[]; values: number[] }[] = []
  const stack = tree.children.map((node) => ({ node, completions: [node.text], values: [node.value] })).reverse()
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, completions, values } = top
    if (node.children.length === 0) rows.push({ completions, values })
    for (const child of node.children.toReversed()) {
      stack.push({ node: child, completions: [...completions, child.text], values: [...values, child.value] })
    }
  }
  return rows
}
