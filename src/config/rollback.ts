/** How feature flags are switched off: lines of an env file, or a program that does it. */
type FlagSwitch =
  | { readonly file: string; readonly set: Readonly<Record<string, string>> }
  | { readonly command: readonly string[]; readonly folder: string };

/** How the code of before is brought back: a program that does it, or what people do. */
type CodeSwitch =
  | { readonly command: readonly string[]; readonly folder: string }
  | { readonly steps: readonly string[] };

/** The first two levels of a rollback, which only the application knows. */
export interface RollbackRules {
  readonly flags: FlagSwitch | undefined;
  readonly code: CodeSwitch | undefined;
}
