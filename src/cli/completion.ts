import type { Command } from 'commander';
import { CONVENTIONS, SPECIAL_CONVENTIONS } from '../conventions/index.js';
import { BUILTIN } from '../models/registry.js';
import { UsageError } from './errors.js';
import { emit } from './output.js';

/** A verb as a shell has to know it. */
interface Verb {
  readonly name: string;
  readonly words: string;
  readonly options: readonly { readonly long: string; readonly words: string; readonly values: readonly string[] }[];
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `opcount completion bash|zsh|fish`: a script for the shell to read at its start, made of the commands themselves. */
export function runCompletion(shell: string, opcount: Command): number {
  const verbs = opcount.commands.map(verbOf);
  const models = [...BUILTIN.keys()];
  const scripts: Readonly<Record<(typeof SHELLS)[number], () => string>> = {
    bash: () => bash(verbs, models),
    zsh: () => `#compdef opcount\nautoload -U +X bashcompinit && bashcompinit\n${bash(verbs, models)}`,
    fish: () => fish(verbs, models),
  };
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) throw new UsageError(`there is no completion for "${shell}"`, `known: ${SHELLS.join(', ')}`);
  emit(scripts[known](), undefined);
  return 0;
}

function verbOf(command: Command): Verb {
  const options = command.options
    .filter(({ long }) => long != null)
    .map((option) => ({
      long: option.long as string,
      words: option.description,
      values:
        option.long === '--as'
          ? ['all', ...[...CONVENTIONS, ...SPECIAL_CONVENTIONS].map(({ id }) => id)]
          : (option.argChoices ?? []),
    }));
  return { name: command.name(), words: command.description(), options };
}

/** Words are made of letters, digits and signs that no shell reads anything into. */
const safe = (words: readonly string[]): string => words.filter((word) => /^[\w.-]+$/.test(word)).join(' ');

function bash(verbs: readonly Verb[], models: readonly string[]): string {
  const values = new Map(verbs.flatMap(({ options }) => options.map(({ long, values: v }) => [long, v] as const)));
  const cases = [...values].filter(([, v]) => v.length > 0).map(([long, v]) => `    ${long}) words="${safe(v)}" ;;`);
  const options = verbs.map(({ name, options: o }) => `    ${name}) words="${safe(o.map(({ long }) => long))}" ;;`);
  return `# opcount: put this into a file that bash reads: opcount completion bash > ~/.local/share/bash-completion/completions/opcount
_opcount() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" verb="\${COMP_WORDS[1]}" words=""
  case "$before" in
${cases.join('\n')}
  esac
  if [ -z "$words" ]; then
    if [[ "$current" == -* ]]; then
      case "$verb" in
${options.map((line) => `  ${line}`).join('\n')}
        *) words="${safe(verbs[0]?.options.map(({ long }) => long) ?? [])}" ;;
      esac
    elif [ "$COMP_CWORD" -eq 1 ]; then
      words="${safe(verbs.map(({ name }) => name))} ${safe(models)}"
    else
      words="${safe(models)}"
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _opcount opcount
`;
}

function fish(verbs: readonly Verb[], models: readonly string[]): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = ['# opcount: opcount completion fish > ~/.config/fish/completions/opcount.fish'];
  for (const { name, words } of verbs)
    lines.push(`complete -c opcount -n __fish_use_subcommand -a ${name} -d ${quoted(words)}`);
  lines.push(`complete -c opcount -a ${quoted(safe(models))}`);
  for (const { name, options } of verbs)
    for (const { long, words, values } of options) {
      // Options of the default verb need no verb.
      const where = name === 'profile' ? '' : ` -n '__fish_seen_subcommand_from ${name}'`;
      const choice = values.length === 0 ? '' : ` -x -a ${quoted(safe(values))}`;
      lines.push(`complete -c opcount${where} -l ${long.slice(2)} -d ${quoted(words)}${choice}`);
    }
  return `${lines.join('\n')}\n`;
}
