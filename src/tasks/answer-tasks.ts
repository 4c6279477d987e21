import { maths } from './maths/maths.ts'
import { own } from './own/own.ts'

/** Tasks whose responses are judged by their answers alone, beside a gold answer that is given. */
export const ANSWER_TASKS = { maths, own } as const
