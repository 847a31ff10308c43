import { counted } from '../../model/format.ts';
import { markdownLines, markdownText } from './escape.ts';
import { type Block, type Cell, type Chart, type Fact, type Report, type Section } from './report.ts';
import { isEmpty, lineWords, measured } from './svg.ts';

/** By which a file is known to be a report that may be written over. */
export const MARKDOWN_MARK = '<!-- apptop report -->';

const cellText = (cell: Cell): string =>
  typeof cell === 'string' ? markdownText(cell) : `**${markdownText(cell.text)}**`;

const rowLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const tableLines = (titles: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [
    rowLine(titles.map(markdownText)),
    rowLine(titles.map(() => '---')),
    ...rows.map((cells) => rowLine(cells.map(cellText))),
  ].join('\n');

const factLines = (facts: readonly Fact[]): string =>
  tableLines(
    ['what', 'is'],
    facts.map(({ name, text }) => [name, text]),
  );

/** A chart in figures: bars as they are, of a line its ends and how many points it has. */
function chartLines(chart: Chart): string {
  const heading = `*${markdownText(chart.title)}*${chart.note === undefined ? '' : `: ${markdownText(chart.note)}`}`;
  if (chart.kind === 'bars') {
    const rows = chart.bars.map(({ name, values }) => [name, ...values.map((value) => measured(value, chart.measure))]);
    return [heading, '', tableLines(['', ...chart.series], rows)].join('\n');
  }
  const rows = chart.series.map((one) => [
    one.name,
    ...lineWords(one, chart.measure),
    counted(one.points.length, 'point'),
  ]);
  return [heading, '', tableLines(['', 'least', 'greatest', 'last', 'of'], rows)].join('\n');
}

function blockLines(block: Block): string {
  switch (block.kind) {
    case 'text':
      return block.tone === 'bad' || block.tone === 'warn'
        ? `**${markdownText(block.text)}**`
        : // Whatever it begins with begins no list and no heading.
          markdownText(block.text).replace(/^[-+#=]|^\d+(?=[.)])/, (sign) =>
            /\d/.test(sign) ? `${sign}\\` : `\\${sign}`,
          );
    case 'list':
      return block.items.map((item) => `- ${markdownText(item)}`).join('\n');
    case 'facts':
      return factLines(block.facts);
    case 'table':
      return tableLines(block.titles, block.rows);
    case 'verbatim':
      return `${markdownText(block.title)}:\n\n${markdownLines(block.text)}`;
    case 'chart':
      return isEmpty(block.chart) ? '' : chartLines(block.chart);
    default:
      return block satisfies never;
  }
}

function sectionLines({ title, badge, blocks, sections = [] }: Section, level: number): readonly string[] {
  const word = badge === undefined ? '' : ` **${markdownText(badge.text)}**`;
  return [
    `${'#'.repeat(level)} ${markdownText(title)}${word}`,
    ...blocks.map(blockLines).filter((text) => text !== ''),
    ...sections.flatMap((one) => sectionLines(one, level + 1)),
  ];
}

/** The report as Markdown, as GitHub reads it. */
export function markdownOf({ kind, title, badge, summary, facts, sections, version }: Report): string {
  const parts = [
    MARKDOWN_MARK,
    `# ${markdownText(kind)}: ${markdownText(title)}`,
    `**${markdownText(badge.text.toUpperCase())}** ${markdownText(summary)}`,
    factLines(facts),
    ...sections.flatMap((one) => sectionLines(one, 2)),
    `Made by apptop ${markdownText(version)}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}
