/** A problem as it is put to a model, which takes the form that it was made for. Never has the gold answer. */
export interface PutProblem {
  /** In words. */
  readonly question: string
  /** In its task's own notation, for models that were trained on it; null where the task has none. */
  readonly notation: string | null
  /** What a chat begins with, unless the model's manifest says otherwise; '' for nothing. */
  readonly system: string
  /** What a person wants a chat with the policy to begin with, in place of the task's and the manifest's; '' for nothing. */
  readonly ownSystem?: string
  /** Worked examples before the question, for a model that only goes on with a text. */
  readonly examples: readonly { readonly question: string; readonly response: string }[]
}

/** A text as it is, or a problem that each model puts into its own form. */
export type Prompt = string | PutProblem

/** The text of a model that was trained on the task's notation: that, or the question where the task has none. */
export function promptText(prompt: Prompt): string {
  return typeof prompt === 'string' ? prompt : (prompt.notation ?? prompt.question)
}

/** What a response stands behind: where the prompt ends by opening a think block, the response begins inside of it. */
export function opening(prompt: string): readonly string[] {
  return /<think>\s*$/.test(prompt) ? ['<think>\n'] : []
}
