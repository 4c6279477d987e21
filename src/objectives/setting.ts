import type { z } from 'zod'

interface NumberField {
  readonly kind: 'number'
  readonly label: string
  /** One sentence. */
  readonly hint: string
  /** Of the form; the schema may allow more. */
  readonly min: number
  readonly max: number
  readonly step?: number
}

interface SwitchField {
  readonly kind: 'switch'
  readonly label: string
  readonly hint: string
}

/** A setting of objectives, `settings.NAME` of a recipe. Where several objectives have it, it is the same schema. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** With a default, so that a recipe of before the setting existed still opens. */
  readonly schema: Schema
  readonly field: NumberField | SwitchField
  /** Part of the form that it stands in. */
  readonly group: 'Objective' | 'Advantages'
}

export type SettingTable = Readonly<Record<string, Setting>>

export type SettingValues<Table extends SettingTable> = {
  readonly [Name in keyof Table]: z.output<Table[Name]['schema']>
}

/** A number from `min` on. */
export function numberSetting<Schema extends z.ZodType>(
  schema: Schema,
  { group = 'Objective', ...field }: Omit<NumberField, 'kind'> & Partial<Pick<Setting, 'group'>>,
): Setting<Schema> {
  return { schema, group, field: { kind: 'number', ...field } }
}
