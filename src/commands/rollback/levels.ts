import { type Level, notCalledFor, type RollbackLevels, rollbackLevels } from '../../rollback/levels.ts';
import { commandLine } from '../change/command-line.ts';
import { documentOf } from '../change/documents.ts';
import { coloured, hanging, type Layout } from '../change/layout.ts';
import { note, print, type Session } from '../change/session.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';

const MARKS = { met: ['▲', '!'], 'not-met': ['·', '-'], unknown: ['?', '?'] } as const;
const COLOURS = { met: 'red', 'not-met': 'green', unknown: 'yellow' } as const;

function levelLines(level: Level, recommended: boolean, layout: Layout): readonly string[] {
  const { number, title, criteria, cost, loses, until, undo, does, impossible } = level;
  const named = (name: string, text: string) => hanging(`  ${name}`, text, 12, layout);
  return [
    '',
    `${coloured('bold', `Level ${number}: ${title}`)}${recommended ? coloured('red', '  recommended') : ''}`,
    ...criteria.flatMap((one) => {
      const [mark, ascii] = MARKS[one.state];
      const head = `  ${layout.ascii ? ascii : mark} ${one.state}`.padEnd(12);
      const [first = '', ...rest] = hanging(head, `${one.title}: ${one.value}`, 12, layout);
      return [`${coloured(COLOURS[one.state], first.slice(0, 12))}${first.slice(12)}`, ...rest];
    }),
    ...does.flatMap((text) => named('does', text)),
    ...named('cost', cost),
    ...(loses.length === 0 ? named('loses', 'nothing') : loses.flatMap((text) => named('loses', text))),
    ...named('until', until),
    ...(undo === undefined ? [] : named('undo', undo)),
    ...(impossible === undefined ? [] : named('not now', impossible)),
  ];
}

/** What to do next. */
function nextLine({ levels, recommended, unknown }: RollbackLevels, { named }: Session): string {
  const level = levels.find(({ number }) => number === recommended);
  if (level === undefined) return notCalledFor(unknown);
  if (level.change === undefined)
    return `level ${level.number} is called for: ${level.impossible ?? `people do it, in this order: ${level.does.join('; ')}`}`;
  return `level ${level.number} is called for: ${commandLine([['apptop', 'change', 'plan', level.change], ...named])}`;
}

/**
 * Prints the three levels of a rollback: when each is called for, by live values, what it costs and loses, and until when.
 * @returns 0 where no level is called for, else 2
 * @throws Problem
 */
export async function printLevels(session: Session): Promise<ExitCode> {
  const { path, context, database, interruption, json, layout } = session;
  const found = await rollbackLevels(path, context, database, interruption.signal);
  const { levels, recommended } = found;
  if (json) {
    const fields = levels.map((level) => ({
      ...level,
      change: level.change ?? null,
      undo: level.undo ?? null,
      impossible: level.impossible ?? null,
    }));
    process.stdout.write(jsonText(documentOf(context, { recommended: recommended ?? null, levels: fields })));
  } else if (process.stdout.isTTY) {
    print(levels.flatMap((level) => levelLines(level, level.number === recommended, layout)).slice(1));
  } else {
    print(
      levels.flatMap(({ number, criteria }) =>
        criteria.map(({ title, state, value }) => tabbed(String(number), state, title, value)),
      ),
    );
  }
  note(nextLine(found, session));
  return recommended === undefined ? EXIT.healthy : EXIT.critical;
}
