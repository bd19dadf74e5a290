/** The lists to choose from, as ids, titles and words. */
export interface Lists {
  readonly formats: readonly { readonly id: string; readonly title: string }[];
  readonly conventions: readonly {
    readonly id: string;
    readonly title: string;
    readonly version: string;
    readonly words: string;
    readonly source: string;
  }[];
  readonly builtins: readonly { readonly name: string; readonly title: string; readonly family: string }[];
  readonly version: string;
}
