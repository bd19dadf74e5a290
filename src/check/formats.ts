/** How verdicts are written: for people, for programs, for pull requests, and as CI servers read them. */
export const CHECK_FORMATS = ['table', 'json', 'md', 'github', 'gitlab', 'junit'] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];
