/**
 * What docs/formats.md says of fields, written once more and without the schemas that read them: a file that was read and
 * breaks one of these was accepted in silence.
 */
export type Rule = (value: unknown) => string | null

export const text: Rule = (value) => (typeof value === 'string' ? null : 'is no text')
export const filled: Rule = (value) => (typeof value === 'string' && value !== '' ? null : 'is no text, or empty')
export const flag: Rule = (value) => (typeof value === 'boolean' ? null : 'is not true or false')
export const exactly =
  (...values: unknown[]): Rule =>
  (value) =>
    values.includes(value) ? null : `is none of ${values.join(', ')}`
export const number =
  (min = -Number.MAX_VALUE, max = Number.MAX_VALUE): Rule =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max ? null : `is no number from ${min} to ${max}`
export const whole =
  (min = 0, max = Number.MAX_SAFE_INTEGER): Rule =>
  (value) =>
    number(min, max)(value) ?? (Number.isInteger(value) ? null : 'is no whole number')
export const matching =
  (pattern: RegExp): Rule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? null : `does not match ${pattern}`
export const or =
  (...rules: Rule[]): Rule =>
  (value) =>
    rules.some((rule) => rule(value) === null) ? null : (rules[0]?.(value) ?? 'is nothing')
export const nothing: Rule = exactly(null)
export const optional = (rule: Rule): Rule => or(rule, exactly(undefined))
export const list =
  (rule: Rule, least = 0): Rule =>
  (value) => {
    if (!Array.isArray(value) || value.length < least) return `is no list of at least ${least}`
    for (const [index, item] of value.entries()) {
      const wrong = rule(item)
      if (wrong !== null) return join(`[${index}]`, wrong)
    }
    return null
  }
/** Further fields are allowed unless `strict`. */
export const object =
  (fields: Readonly<Record<string, Rule>>, strict = false): Rule =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no object'
    for (const [name, rule] of Object.entries(fields)) {
      const wrong = rule(Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
      if (wrong !== null) return join(name, wrong)
    }
    const other = strict ? Object.keys(value).find((name) => !Object.hasOwn(fields, name)) : undefined
    return other === undefined ? null : `has a field ${other}`
  }
export const all =
  (...rules: Rule[]): Rule =>
  (value) => {
    for (const rule of rules) {
      const wrong = rule(value)
      if (wrong !== null) return wrong
    }
    return null
  }

function join(place: string, wrong: string): string {
  return /^\S+ (is|does|has) /.test(wrong) ? `${place}.${wrong}` : `${place} ${wrong}`
}
