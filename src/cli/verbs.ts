/** The commands, in the order in which help lists them. */
export const VERBS = [
  'profile',
  'train',
  'compare',
  'reconcile',
  'run',
  'check',
  'scan',
  'mcp',
  'bench',
  'view',
  'models',
  'explain',
  'completion',
] as const;

export type Verb = (typeof VERBS)[number];
