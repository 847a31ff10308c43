import { counted } from '../../model/format.ts';
import { htmlLines, htmlText } from './escape.ts';
import { type Block, type Cell, type Chart, type Fact, type Report, type Section, textOf } from './report.ts';
import { STYLE } from './style.ts';
import { chartSvg, isEmpty, leftOut, lineWords } from './svg.ts';

/** By which a file is known to be a report that may be written over. */
export const HTML_MARK = '<meta name="generator" content="apptop report">';

const cellHtml = (cell: Cell): string =>
  typeof cell === 'string' ? htmlText(cell) : `<span class="badge ${cell.tone}">${htmlText(cell.text)}</span>`;

const factsHtml = (facts: readonly Fact[]): string =>
  `<dl>${facts.map(({ name, text }) => `<dt>${htmlText(name)}</dt><dd>${cellHtml(text)}</dd>`).join('\n')}</dl>`;

/** Characters of a cell whose words stay whole: a moment has 20; and of one that stays in one line: `439 ms`. */
const [SHORT, TINY] = [20, 8];

const sizeOf = (text: string): string =>
  text.length > SHORT ? '' : ` class="${text.length > TINY ? 'short' : 'short tiny'}"`;

/** With its column's title, for a screen on which the columns stand below each other. */
const tdHtml = (cell: Cell, title: string): string =>
  `<td data-title="${htmlText(title)}"${sizeOf(textOf(cell))}>${cellHtml(cell)}</td>`;

function tableHtml(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = titles.map((title) => `<th scope="col">${htmlText(title)}</th>`).join('');
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell, index) => tdHtml(cell, titles[index] ?? '')).join('')}</tr>`,
  );
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

/** What the lines and colours mean, with figures for who does not see them. */
function legendHtml(chart: Chart): string {
  const words = chart.series.map((series) => {
    if (typeof series === 'string') return series;
    const [least, greatest, last] = chart.kind === 'lines' ? lineWords(series, chart.measure) : [];
    return `${series.name}: ${least} to ${greatest}, at last ${last}`;
  });
  // One kind of bar is what the title says.
  if (chart.kind === 'bars' && words.length < 2) return '';
  const items = words.map((word, index) => `<li><i class="s${index}"></i>${htmlText(word)}</li>`);
  return `<ul class="legend${chart.kind === 'bars' ? ' of-bars' : ''}">${items.join('')}</ul>`;
}

function chartHtml(chart: Chart): string {
  const more = leftOut(chart);
  const notes = [chart.note, more === 0 ? undefined : `and ${counted(more, 'bar')} more`].filter(Boolean).join('; ');
  const note = notes === '' ? '' : `<span>${htmlText(notes)}</span>`;
  return `<figure><figcaption>${htmlText(chart.title)}${note}</figcaption>${chartSvg(chart)}${legendHtml(chart)}</figure>`;
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'text':
      return `<p${block.tone === undefined ? '' : ` class="${block.tone}"`}>${htmlText(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${htmlText(item)}</li>`).join('')}</ul>`;
    case 'facts':
      return factsHtml(block.facts);
    case 'table':
      return tableHtml(block.titles, block.rows);
    case 'verbatim':
      return `<p class="label">${htmlText(block.title)}</p><pre>${htmlLines(block.text)}</pre>`;
    case 'chart':
      return chartHtml(block.chart);
    default:
      return block satisfies never;
  }
}

function sectionHtml({ title, badge, blocks, sections = [] }: Section, level: number): string {
  const word = badge === undefined ? '' : ` ${cellHtml(badge)}`;
  const drawn = blocks.filter((block) => block.kind !== 'chart' || !isEmpty(block.chart));
  const charts = drawn.filter(({ kind }) => kind === 'chart').map(blockHtml);
  const others = drawn.filter(({ kind }) => kind !== 'chart').map(blockHtml);
  return [
    `<section><h${level}>${htmlText(title)}${word}</h${level}>`,
    ...(charts.length > 0 ? [`<div class="charts">${charts.join('\n')}</div>`] : []),
    ...others,
    ...sections.map((one) => sectionHtml(one, Math.min(4, level + 1))),
    '</section>',
  ].join('\n');
}

/**
 * The report as one page that needs nothing else: no script, no network, no other file, and its own policy forbids them
 * should a value ever get where it must not.
 */
export function htmlOf({ kind, title, badge, summary, facts, sections, version }: Report): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">${HTML_MARK}
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${htmlText(`${kind}: ${title}`)}</title><style>${STYLE}</style></head>
<body><main><header><p class="kind">${htmlText(kind)}</p>
<h1>${htmlText(title)} ${cellHtml({ ...badge, text: badge.text.toUpperCase() })}</h1>
<p class="summary">${htmlText(summary)}</p>
${factsHtml(facts)}</header>
${sections.map((one) => sectionHtml(one, 2)).join('\n')}
<footer>Made by apptop ${htmlText(version)}.</footer></main></body></html>
`;
}
