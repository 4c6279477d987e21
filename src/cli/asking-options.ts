import { readEscapes } from '../core/escapes.ts'
import type { StatedManifest } from '../search/manifest.ts'
import type { Options, ParsedOptions } from './options.ts'

/** How a policy is asked, in place of what its `stepscope.json` says. */
export const ASKING_OPTIONS: Options = {
  system: {
    type: 'string',
    value: 'TEXT',
    check: () => {},
    description:
      'What a chat with the policy begins with, in place of its folder’s and the task’s message; "" for nothing.',
  },
  'step-end': {
    type: 'string',
    multiple: true,
    value: 'TEXT',
    description:
      'Text that ends a step of the policy, e.g. "\\n\\n" for a blank line; may be repeated: any of them ends it.',
  },
}

/** What `--system` and `--step-end` say; nothing where they are not given. */
export function readAsking(options: ParsedOptions): Pick<StatedManifest, 'system' | 'stepEnds'> {
  const system = options.text('system')
  const stepEnds = options.texts('step-end').map(readEscapes)
  return { ...(system === undefined ? {} : { system }), ...(stepEnds.length === 0 ? {} : { stepEnds }) }
}
