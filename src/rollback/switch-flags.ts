import { createHash } from 'node:crypto';
import type { Change, ChangeGround, ChangeKind, Gate, Parameters, Planned } from '../changes/change.ts';
import { green, red } from '../changes/gates.ts';
import { FLAG, STAGES } from '../checks/event-correlation/stages.ts';
import type { Context } from '../config/context.ts';
import { counted } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import { readEnvEdit, whyNotReplaced, writeEnvEdit } from './env-file.ts';
import { levelKind, PROGRAM, refuseParameters, runRollbackProgram } from './program-change.ts';

export const SWITCH_FLAGS = 'switch-flags-off';

const UNCONFIGURED = ['nothing says how the flags are switched off', 'set rollback.flags in the config'] as const;

/** @throws Problem blocked */
function switchOf({ rollback: { flags } }: Context): NonNullable<Context['rollback']['flags']> {
  if (flags !== undefined) return flags;
  throw new Problem('blocked', ...UNCONFIGURED);
}

/** The flag that has to be among those that are switched off. @throws Problem usage */
function flagOf({ flag, ...others }: Parameters): string | undefined {
  refuseParameters(SWITCH_FLAGS, others);
  if (flag === undefined || (typeof flag === 'string' && flag !== '')) return flag;
  throw new Problem('usage', 'a flag is named by its name', 'write {"flag": "USE_UUID_CORRELATION_SYNC"}');
}

/** A number that stands for the content of a file: a digest holds numbers. */
const markOf = (content: Buffer): number => createHash('sha256').update(content).digest().readUIntBE(0, 6);

const PLANNED = { sample: [], loses: [], notes: [] } as const;

async function plan({ context }: ChangeGround, flag: string | undefined): Promise<Planned> {
  const flags = switchOf(context);
  if (!('file' in flags)) {
    return {
      ...PLANNED,
      rows: 1,
      total: 1,
      counts: { commands: 1 },
      summary: [`runs ${flags.command.join(' ')}`],
      sql: [],
      rollback: 'what the command does, it does: switch the flags on again by hand',
      seconds: 1,
      notes: flag === undefined ? [] : [`see that it switches ${flag} off: only the command knows`],
    };
  }
  if (flag !== undefined && !Object.hasOwn(flags.set, flag)) {
    const others = Object.keys(flags.set).join(', ');
    const remedy = `add "${flag}": "false" to rollback.flags.set in the config`;
    throw new Problem('blocked', `the config does not switch ${flag} off, but ${others}`, remedy);
  }
  const { file, before, changes } = readEnvEdit(flags.file, flags.set);
  if (changes.length === 0) {
    throw new Problem(
      'blocked',
      `every flag of ${flags.file} is off already`,
      'look whether the application has read it',
    );
  }
  return {
    ...PLANNED,
    rows: changes.length,
    total: changes.length,
    counts: { flags: changes.length, file: markOf(before) },
    summary: [
      `changes ${counted(changes.length, 'line')} of ${file}`,
      ...changes.flatMap(({ name, line, before: old, after }) => [
        ...(old === undefined ? [] : [`line ${line}  - ${name}=${old}`]),
        `line ${line}  + ${name}=${after}`,
      ]),
    ],
    sql: [],
    notes: ['the application reads the file when it starts or clears its cache: see to that'],
    rollback: 'what it was stands beside it, in a .bak file with the moment in its name',
    seconds: 1,
  };
}

async function gates({ context }: ChangeGround): Promise<readonly Gate[]> {
  const flags = switchOf(context);
  if (!('file' in flags)) return [];
  const why = whyNotReplaced(flags.file);
  const title = 'the file can be written';
  return [
    why === undefined
      ? green('file', title, flags.file)
      : red('file', title, `${flags.file}: ${why}`, 'change it by hand, or as its owner'),
  ];
}

const change = (parameters: Parameters, flag: string | undefined): Change => ({
  parameters,
  throttled: false,
  plan: (ground) => plan(ground, flag),
  gates,
  finish: async (_session, { context }, _run, telling) => {
    const flags = switchOf(context);
    if (!('file' in flags)) {
      await runRollbackProgram(flags, 'rollback.flags.command', telling);
      return undefined;
    }
    // Done twice it finds nothing to change.
    writeEnvEdit(readEnvEdit(flags.file, flags.set), new Date());
    const left = readEnvEdit(flags.file, flags.set).changes;
    if (left.length > 0) {
      throw new Problem('refused', `${flags.file} is not what it was made`, 'look who else writes to it');
    }
    return undefined;
  },
});

const FLAGS = {
  unit: 'flag',
  told: ({ state, planned }) =>
    `${counted(planned, 'flag')} ${state === 'done' ? 'switched off' : 'to be switched off'}`,
} as const satisfies Pick<ChangeKind, 'unit' | 'told'>;

/** Whether a flag is switched off with the others; what a command does only the command knows. */
const isSwitched = (flags: Context['rollback']['flags'], flag: string): boolean =>
  flags !== undefined && (!('file' in flags) || Object.hasOwn(flags.set, flag));

/** Level 1 of a rollback. */
export const switchFlagsOff = (flags: Context['rollback']['flags']): ChangeKind =>
  levelKind(
    {
      id: SWITCH_FLAGS,
      title: 'Switch the flags off (level 1)',
      purpose: 'The application goes on as before the new code: by its feature flags, in an env file or by a command.',
      unconfigured: UNCONFIGURED,
      ...(flags === undefined || 'file' in flags ? FLAGS : PROGRAM),
      undoes: () => (isSwitched(flags, FLAG) ? STAGES : []),
    },
    (parameters) => change(parameters, flagOf(parameters)),
  );

/** The same where nothing is known of a config. */
export const SWITCH_FLAGS_OFF = switchFlagsOff(undefined);
