import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm, { type IBufferCell } from '@xterm/headless';

/*
 * Makes the README's picture, docs/console.svg: starts the built program on the demo database in a terminal, and draws
 * what that terminal shows, cell by cell.
 */

const LAUNCHER = fileURLToPath(new URL('../bin/apptop.js', import.meta.url));
const PICTURE = fileURLToPath(new URL('../docs/console.svg', import.meta.url));

const SIZE = { cols: 100, rows: 30 };
/** What is on screen when the first figures are. */
const SHOWN = ['misplaced', '? help'];
const DEADLINE_MS = 10_000;

/** Pixels: whole ones, so that bars have no seams between their cells. */
const CELL = { width: 9, height: 19 };
const MARGIN = 15;
const FONT_SIZE = 15;
const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

const FOREGROUND = '#d4d7dd';
const BACKGROUND = '#16181d';
/** The sixteen colours that a terminal gives its own shades: normal, then bright. */
const PALETTE =
  '#2a2e36 #e5636b #8fc177 #e0b567 #6aa5ee #c58ae0 #58c2cc #d4d7dd #6b7280 #ff8b91 #b0dc9a #f4cf87 #90bff8 #dcabf0 #80dde5 #ffffff'.split(
    ' ',
  );
/** Darker shades for the grounds of white letters. */
const GROUNDS: Readonly<Record<number, string>> = { 1: '#a8323b', 3: '#c99a3c', 4: '#2f5fa8' };

/** How much of its colour a dimmed text keeps. */
const DIM = 0.6;

interface Look {
  readonly ink: string;
  readonly ground: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

function look(cell: IBufferCell): Look {
  const palette = (index: number) => PALETTE[index] ?? FOREGROUND;
  const ink = cell.isFgPalette() ? palette(cell.getFgColor()) : FOREGROUND;
  const ground = cell.isBgPalette() ? (GROUNDS[cell.getBgColor()] ?? palette(cell.getBgColor())) : BACKGROUND;
  const turned = cell.isInverse() !== 0;
  return {
    ink: turned ? ground : ink,
    ground: turned ? ink : ground,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
  };
}

const rounded = (value: number): string => String(Math.round(value * 100) / 100);
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function box(x: number, y: number, width: number, height: number, fill: string, dim = false): string {
  const faint = dim ? ` opacity="${DIM}"` : '';
  return `<rect x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}" fill="${fill}"${faint}/>`;
}

/** Cells side by side that look the same. */
interface Run {
  readonly column: number;
  readonly look: Look;
  text: string;
  cells: number;
}

function runsOf(terminal: xterm.Terminal, row: number): readonly Run[] {
  const line = terminal.buffer.active.getLine(row);
  const runs: Run[] = [];
  for (let column = 0; column < terminal.cols; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const own = look(cell);
    const last = runs.at(-1);
    const text = cell.getChars() || ' ';
    if (last !== undefined && JSON.stringify(last.look) === JSON.stringify(own)) {
      last.text += text;
      last.cells += cell.getWidth();
    } else runs.push({ column, look: own, text, cells: cell.getWidth() });
  }
  return runs;
}

/** Bars, sparklines and rules are drawn, not written: fonts disagree on these characters most. */
function blocksOf({ column, look: { ink, dim }, text }: Run, y: number): readonly string[] {
  const { width, height } = CELL;
  return [...text.matchAll(/█+|─+|[▁-▏]/gu)].map(({ 0: block, index }) => {
    const x = MARGIN + (column + index) * width;
    const code = block.charCodeAt(0);
    if (block.startsWith('─')) return box(x, y + height / 2, block.length * width, 1, ink, dim);
    // U+2581 to U+2588 fill eighths of a cell from below, U+2588 to U+258F ever fewer from the left.
    if (code > 0x2588) return box(x, y, (width * (0x2590 - code)) / 8, height, ink, dim);
    const tall = (height * (code - 0x2580)) / 8;
    return box(x, y + height - tall, block.length * width, tall, ink, dim);
  });
}

/** The words of a run, each where it stands: a font of another width can't push them out of their columns. */
function wordsOf({ column, look: own, text }: Run, y: number): readonly string[] {
  const words = [...text.matchAll(/[^\s▁-▏─]+(?: [^\s▁-▏─]+)*/gu)];
  const style = `fill="${own.ink}"${own.bold ? ' font-weight="bold"' : ''}${own.dim ? ` opacity="${DIM}"` : ''}`;
  return words.map(({ 0: word, index }) => {
    const x = rounded(MARGIN + (column + index) * CELL.width);
    const length = rounded(word.length * CELL.width);
    return `<text x="${x}" y="${rounded(y + CELL.height * 0.74)}" textLength="${length}" ${style}>${escaped(word)}</text>`;
  });
}

function drawn(run: Run, y: number): readonly string[] {
  const { column, cells, look: own } = run;
  const [x, width] = [MARGIN + column * CELL.width, cells * CELL.width];
  const ground = own.ground === BACKGROUND ? [] : [box(x, y, width, CELL.height, own.ground)];
  return [...ground, ...blocksOf(run, y), ...wordsOf(run, y)];
}

function svgOf(terminal: xterm.Terminal): string {
  const [width, height] = [terminal.cols * CELL.width + 2 * MARGIN, terminal.rows * CELL.height + 2 * MARGIN];
  const cells = Array.from({ length: terminal.rows }, (_, row) =>
    runsOf(terminal, row).flatMap((run) => drawn(run, MARGIN + row * CELL.height)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${rounded(width)} ${rounded(height)}" font-family="${FONT}" font-size="${FONT_SIZE}" shape-rendering="crispEdges">`,
    '<title>The overview of apptop on its demo database</title>',
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}" shape-rendering="auto"/>`,
    ...cells.flat(),
    '</svg>\n',
  ].join('\n');
}

/** The console on the demo database, as soon as it shows figures. */
async function photograph(): Promise<string> {
  const terminal = new xterm.Terminal({ ...SIZE, allowProposedApi: true });
  // A history of its own, so that the picture shows nothing of the person who makes it.
  const state = mkdtempSync(join(tmpdir(), 'apptop-picture-'));
  const { NO_COLOR: _, ...rest } = process.env;
  const env = { ...rest, TERM: 'xterm-256color', COLORTERM: 'truecolor', LC_ALL: 'C.UTF-8', XDG_STATE_HOME: state };
  const pty = spawn(process.execPath, [LAUNCHER, 'demo'], { ...SIZE, env });
  const ended = new Promise<void>((resolve) => pty.onExit(() => resolve()));
  pty.onData((data) => terminal.write(data));
  const text = () =>
    Array.from({ length: SIZE.rows }, (__, row) => terminal.buffer.active.getLine(row)?.translateToString()).join('\n');
  try {
    const deadline = performance.now() + DEADLINE_MS;
    while (!SHOWN.every((word) => text().includes(word))) {
      if (performance.now() > deadline) throw new Error(`the console did not show ${SHOWN.join(', ')}:\n${text()}`);
      await sleep(50);
    }
    return svgOf(terminal);
  } finally {
    pty.write('q');
    await ended;
    rmSync(state, { recursive: true });
  }
}

mkdirSync(fileURLToPath(new URL('../docs', import.meta.url)), { recursive: true });
writeFileSync(PICTURE, await photograph());
