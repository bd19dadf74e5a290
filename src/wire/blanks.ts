/**
 * Blanks and comments in front of a word, to be the beginning of a pattern: by one step a blank and one a comment with its line's
 * end, so that every text has one reading, and a long run of either takes time by its length.
 */
export const BLANKS = String.raw`(?:\s|#[^\n]*(?:\n|$))*`;

/** The same where `//` begins a comment too. */
export const BLANKS_OF_TWO_KINDS = String.raw`(?:\s|(?:#|//)[^\n]*(?:\n|$))*`;
