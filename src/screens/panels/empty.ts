import type { Panel } from './fill.ts';
import { type Paper, textLines, titleLine } from './line.ts';
import type { Subject } from './subject.ts';

/** Instead of figures: why there are none, and what to do next. */
export function emptyPanel({ snapshot, context }: Subject, paper: Paper): Panel {
  const { table } = context;
  const name = table.schema === undefined ? table.name : `${table.schema}.${table.name}`;
  const hidden = !snapshot.missing.includes('deleted_at') && !snapshot.includesDeleted;
  const sentences = [
    hidden
      ? 'It is empty, or every row of it is soft-deleted: D counts those too.'
      : 'It has no row at all. The first one that the application writes appears here by itself.',
    'Is this the right database? The header names it; --context NAME picks another, apptop doctor looks around in it.',
  ];
  return {
    title: titleLine('empty', `No appointments in ${name}`, '', paper),
    lines: sentences.flatMap((sentence, index) => textLines(`empty ${index}`, sentence, paper, 'plain')),
  };
}
