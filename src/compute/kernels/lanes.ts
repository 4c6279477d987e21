/**
 * Lanes of a decode burst, as the sampler sees them. A row's table index is its lane's number.
 *
 * `lanes` (set once per burst), two vec4u each: (temperature bits, topP bits, topK, maxTokens), (seed, node, sample, 0).
 * `states` (kept by the sampler), one vec4u each: tokens sampled so far, whether the lane is done, the token sampled
 * last, and the position of the next one.
 * `results`: (token, bits of its log-probability) per lane and step.
 */
export const LANE_WORDS = 8
export const LANE_TEMPERATURE = 0
export const LANE_TOP_P = 1
export const LANE_TOP_K = 2
export const LANE_MAX_TOKENS = 3
export const LANE_SEED = 4
export const LANE_NODE = 5
export const LANE_SAMPLE = 6

export const STATE_WORDS = 4
export const LANE_SAMPLED = 0
export const LANE_DONE = 1
export const LANE_TOKEN = 2
export const LANE_NEXT_POSITION = 3

export const RESULT_WORDS = 2

/** Bits of the per-token flags that concern the sampler: these two end a lane … */
export const FLAG_ENDS = 0b011
/** … and this one is never drawn. */
export const FLAG_NEVER = 0b100

/** Workgroup memory of `advance-lanes` for each lane, where several invocations share the work: five words. */
export const LANE_COMPACT_BYTES = 20
