import { CATALOGUE } from '../checks/catalogue.ts';
import { CHANGES } from '../rollback/all.ts';
import { BUILT_IN_RUNBOOKS } from '../runbooks/all.ts';
import { EXIT, type ExitCode } from './command.ts';
import { COMMANDS, CONSOLE, type Command, type Option, type SHELLS } from './table.ts';

type Shell = (typeof SHELLS)[number];

const COMMON: readonly Option[] = [
  { name: 'help', type: 'flag', description: 'show the help' },
  { name: 'version', type: 'flag', description: 'show the version' },
];
const optionsOf = (command: Command): readonly Option[] => [...command.options, ...COMMON];
const all = [CONSOLE, ...COMMANDS];
const valued = [...new Map(all.flatMap(optionsOf).map((option) => [option.name, option])).values()].filter(
  (option) => option.type !== 'flag',
);
/** What may be the second word of a command, as far as it is known without a database: changes and runbooks by their ids. */
function secondOf({ word }: Command): readonly string[] {
  if (word?.second === 'a runbook') return BUILT_IN_RUNBOOKS;
  return word?.second === 'a change or a run'
    ? CHANGES.filter(({ chosen }) => chosen === undefined).map(({ id }) => id)
    : [];
}
/** What a command takes beside options: built-in checks by their ids too. */
const wordsOf = (command: Command): readonly string[] =>
  command.words ? CATALOGUE.map(({ id }) => id) : [...(command.word?.values ?? []), ...secondOf(command)];
const isList = (values: Option['values']): values is readonly string[] => Array.isArray(values);
/** For single quotes in a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function bash(): string {
  const words = (command: Command) => [...wordsOf(command), ...optionsOf(command).map((o) => `--${o.name}`)];
  const files = valued.filter((option) => option.values === 'files').map((option) => `--${option.name}`);
  const lists = valued.flatMap(({ name, values }) =>
    isList(values)
      ? [`    --${name}) COMPREPLY=($(compgen -W ${quoted(values.join(' '))} -- "$current")); return ;;\n`]
      : [],
  );
  const others = valued.filter((option) => option.values === undefined).map((option) => `--${option.name}`);
  return `_apptop() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} word verb= words
  case $previous in
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
${lists.join('')}    ${others.join('|')}) return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${COMMANDS.map((command) => command.name).join('|')}) verb=$word; break ;; esac
  done
  case $verb in
${COMMANDS.map((command) => `    ${command.name}) words=${quoted(words(command).join(' '))} ;;`).join('\n')}
    *) words=${quoted([...COMMANDS.map((command) => command.name), ...words(CONSOLE)].join(' '))} ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _apptop apptop
`;
}

function zsh(): string {
  const text = (description: string) => description.replaceAll(/[[\]:]/g, '\\$&');
  const offered = (values: Option['values']) => (isList(values) ? `(${values.join(' ')})` : values ? '_files' : '');
  const value = ({ name, type, values }: Option) => (type === 'flag' ? '' : `:${name}:${offered(values)}`);
  const specs = (command: Command) => [
    ...optionsOf(command).map((option) => quoted(`--${option.name}[${text(option.description)}]${value(option)}`)),
    ...(command.word ? [quoted(`2:${command.word.name}:(${command.word.values.join(' ')})`)] : []),
    ...(command.word?.second ? [quoted(`3:${command.word.second}:(${secondOf(command).join(' ')})`)] : []),
    ...(command.words ? [quoted(`*:${command.name}:(${wordsOf(command).join(' ')})`)] : []),
  ];
  return `#compdef apptop
_apptop() {
  local -a verbs=(
${COMMANDS.map((command) => `    ${quoted(`${command.name}:${text(command.description)}`)}`).join('\n')}
  )
  case \${words[(r)(${COMMANDS.map((command) => command.name).join('|')})]} in
${COMMANDS.map((command) => `    ${command.name}) _arguments '1: :' ${specs(command).join(' ')} ;;`).join('\n')}
    *) _arguments ${specs(CONSOLE).join(' ')} '1: :->verb'; [[ $state = verb ]] && _describe verb verbs ;;
  esac
}
if [[ $funcstack[1] = _apptop ]]; then _apptop "$@"; else compdef _apptop apptop; fi
`;
}

function fish(): string {
  const option = (condition: string, { name, type, description, values }: Option) =>
    `complete -c apptop -n ${quoted(condition)} -l ${name} -d ${quoted(description)}` +
    (type === 'flag'
      ? ''
      : values === 'files'
        ? ' -rF'
        : ` -x${isList(values) ? ` -a ${quoted(values.join(' '))}` : ''}`);
  const verbs = COMMANDS.map((command) => command.name).join(' ');
  const lines = [
    'complete -c apptop -f',
    ...CONSOLE.options.map((o) => option(`not __fish_seen_subcommand_from ${verbs}`, o)),
    ...COMMON.map((o) => option('true', o)),
    ...COMMANDS.flatMap((command) => {
      const seen = `__fish_seen_subcommand_from ${command.name}`;
      return [
        `complete -c apptop -n ${quoted(`not __fish_seen_subcommand_from ${verbs}`)} -a ${command.name} -d ${quoted(command.description)}`,
        ...(wordsOf(command).length > 0
          ? [`complete -c apptop -n ${quoted(seen)} -a ${quoted(wordsOf(command).join(' '))}`]
          : []),
        ...command.options.map((o) => option(seen, o)),
      ];
    }),
  ];
  return `${lines.join('\n')}\n`;
}

const SCRIPTS: Readonly<Record<Shell, () => string>> = { bash, zsh, fish };

/** Prints the completion script of a shell, made from the table of commands. */
export async function run(shell: Shell): Promise<ExitCode> {
  process.stdout.write(SCRIPTS[shell]());
  return EXIT.healthy;
}
