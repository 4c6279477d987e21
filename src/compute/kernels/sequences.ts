/**
 * Sequences of a decode burst, as the sampler sees them. A row's table index is its sequence's number.
 *
 * `sequences` (set once per burst), two vec4u each: (temperature bits, topP bits, topK, maxTokens), (seed, node, sample, 0).
 * `states` (kept by the sampler), one vec4u each: tokens sampled so far, whether the sequence is done, the token sampled
 * last, and the position of the next one.
 * `results`: (token, bits of its log-probability) per sequence and step.
 */
export const SEQUENCE_WORDS = 8
export const SEQUENCE_TEMPERATURE = 0
export const SEQUENCE_TOP_P = 1
export const SEQUENCE_TOP_K = 2
export const SEQUENCE_MAX_TOKENS = 3
export const SEQUENCE_SEED = 4
export const SEQUENCE_NODE = 5
export const SEQUENCE_SAMPLE = 6

export const STATE_WORDS = 4
export const SEQUENCE_SAMPLED = 0
export const SEQUENCE_DONE = 1
export const SEQUENCE_TOKEN = 2
export const SEQUENCE_NEXT_POSITION = 3

export const RESULT_WORDS = 2

/** Bits of the per-token flags that concern the sampler: these two end a sequence … */
export const FLAG_ENDS = 0b011
/** … and this one is never drawn. */
export const FLAG_NEVER = 0b100

/** Workgroup memory of `advance-sequences` for each sequence, where several invocations share the work: five words. */
export const SEQUENCE_COMPACT_BYTES = 20
