import { z } from 'zod'
import { ARITHMETIC_CHOICES, BACKEND_CHOICES } from '../../core/backends.ts'
import { setupSchema } from '../../formats/event-schema.ts'
import { CHAIN_SHOWN } from '../../formats/permalink.ts'
import { parentSchema } from '../../formats/run-file.ts'
import { sweepConfigSchema } from '../../formats/sweep.ts'
import { recipeSchema } from '../../formats/training-recipe.ts'
import { todaysStrategy } from '../../search/earlier-setup.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import type { SweepConfig } from '../../sweep/config.ts'

/** What a reload restores, besides the saved runs. */
export const snapshotSchema = z.object({
  session: setupSchema
    .omit({ problem: true, fields: true, system: true })
    .extend({
      problemText: z.string(),
      // Snapshots of before have none.
      gold: z.string().default(''),
      system: z.string().nullable().default(null),
      difficulty: z.string(),
      parent: parentSchema.nullable(),
    })
    .transform(todaysStrategy),
  compare: z.array(
    setupSchema
      .pick({ strategy: true, config: true })
      // Models of their own, by their ids; snapshots of before have none.
      .extend({ policy: z.string().optional(), reward: z.string().optional() })
      .transform(({ policy, reward, ...spec }) => ({
        ...todaysStrategy(spec),
        ...(policy === undefined ? {} : { policy }),
        ...(reward === undefined ? {} : { reward }),
      })),
  ),
  /** The run in the playground, the events applied (null: all there are, as it followed the run), the selected node. */
  active: z
    .object({ run: z.string(), event: z.int().nonnegative().nullable(), node: z.int().nonnegative().nullable() })
    .nullable(),
  backend: z.enum(BACKEND_CHOICES),
  // Snapshots of before have none.
  arithmetic: z.enum(ARITHMETIC_CHOICES).default('auto'),
  policy: z.string(),
  reward: z.string(),
  /** Null where it cannot be read any more: the rest is worth keeping. */
  training: z
    .object({ recipe: recipeSchema.nullable().catch(null), active: z.string().nullable() })
    .default({ recipe: null, active: null }),
  /** Null where it cannot be read any more, or snapshots of before have none. */
  lab: z
    .object({
      config: (sweepConfigSchema as z.ZodType<SweepConfig>).nullable().catch(null),
      active: z.string().nullable(),
    })
    .default({ config: null, active: null }),
  preferences: z.object({
    theme: z.enum(['system', 'light', 'dark']),
    revealTruth: z.boolean(),
    follow: z.boolean(),
    motion: z.enum(['system', 'reduced', 'full']),
    aggregation: z.enum(AGGREGATIONS).nullable(),
    /** Snapshots of before had events per second, under another name. */
    pace: z.number().positive().default(1),
    chain: z.enum(CHAIN_SHOWN).default('off'),
  }),
})

export type Snapshot = z.infer<typeof snapshotSchema>
