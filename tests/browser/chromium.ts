import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import { findProgram } from '../engines/programs.ts';

export const findChromium = (): string | undefined => findProgram(['chromium']);

/** What keeps it to the page: no first run, nothing that it does by itself in the network. */
const ALONE = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
];

/** Opens a file in a browser of its own. */
async function open<Answer>(
  chromium: string,
  file: string,
  options: (folder: string) => readonly string[],
  look: (stdout: string, folder: string) => Answer,
): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-chromium-'));
  try {
    const profile = `--user-data-dir=${join(folder, 'profile')}`;
    const args = [...ALONE, profile, ...options(folder), pathToFileURL(file).href];
    const { stdout } = await promisify(execFile)(chromium, args, { maxBuffer: 64_000_000 });
    return look(stdout, folder);
  } finally {
    // Its helpers may still write for a moment.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** The page as the browser has understood it. */
export const domOf = (chromium: string, file: string): Promise<string> =>
  open(
    chromium,
    file,
    () => ['--dump-dom'],
    (dom) => dom,
  );

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Of the pixel in the corner: red, green, blue. */
  readonly corner: readonly number[];
}

/** Width, height and the first pixel of a PNG of eight bits a channel: no filter changes what stands in the corner. */
function pictureOf(png: Buffer): Picture {
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const [, ...corner] = inflateSync(Buffer.concat(parts)).subarray(0, 4);
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), corner };
}

/** The page as a person sees it, in a system that is light or dark. */
export const pictureIn = (
  chromium: string,
  file: string,
  { dark, width }: { readonly dark: boolean; readonly width: number },
): Promise<Picture> =>
  open(
    chromium,
    file,
    (folder) => [
      `--window-size=${width},900`,
      // 0 is dark and 1 is light.
      `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
      `--screenshot=${join(folder, 'page.png')}`,
    ],
    (_, folder) => pictureOf(readFileSync(join(folder, 'page.png'))),
  );

/** How a page lies in a window of some width, in pixels of it. */
interface Lie {
  /** Of all that is in it: more than the window's where one has to scroll sideways. */
  readonly width: number;
  /** Of its narrowest cell with something in it. */
  readonly narrowest: number;
  /** Of its highest row. */
  readonly highest: number;
}

/** Looks at a page from outside, by a frame around it: it forbids scripts of its own. */
export async function lieOf(chromium: string, file: string, width: number): Promise<Lie> {
  const frame = `${file}.frame.html`;
  const script = `
    const page = document.querySelector('iframe').contentDocument;
    const boxes = (what) => [...page.querySelectorAll(what)].map((one) => one.getBoundingClientRect());
    document.querySelector('pre').textContent = [
      page.documentElement.scrollWidth,
      Math.min(...boxes('td:not(:empty)').map((box) => box.width)),
      Math.max(...boxes('tbody tr').map((box) => box.height)),
    ].join(' ');`;
  const style = `width:${width}px;height:900px;border:0`;
  writeFileSync(
    frame,
    `<pre></pre><iframe style="${style}" src="${pathToFileURL(file).href}" onload="${script.replaceAll('"', '&quot;')}"></iframe>`,
  );
  const dom = await open(
    chromium,
    frame,
    () => ['--allow-file-access-from-files', `--window-size=${width + 40},1000`, '--dump-dom'],
    (text) => text,
  );
  const [, told = ''] = /<pre>(.*?)<\/pre>/.exec(dom) ?? [];
  const [wide = Number.NaN, narrowest = Number.NaN, highest = Number.NaN] = told.split(' ').map(Number);
  return { width: wide, narrowest, highest };
}

/** How many pages it is on paper. */
export const pagesOf = (chromium: string, file: string): Promise<number> =>
  open(
    chromium,
    file,
    (folder) => ['--no-pdf-header-footer', `--print-to-pdf=${join(folder, 'page.pdf')}`],
    (_, folder) => readFileSync(join(folder, 'page.pdf'), 'latin1').match(/\/Type\s*\/Page[^s]/g)?.length ?? 0,
  );
