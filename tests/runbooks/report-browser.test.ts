import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { domOf, lieOf, pagesOf, pictureIn } from '../browser/chromium.ts';
import { changing } from '../commands/changer.ts';
import { ENGINES } from '../engines/engines.ts';

const HOSTILE = '</td><script>document.title="taken"</script><img src=x onerror=alert(1)>|\u202e';

const chromium = inject('chromium') ?? '';

/** What an element shows, as a person reads it. */
const textIn = (dom: string): string =>
  dom
    .replace(/<style>[^]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

test.skipIf(chromium === '')(
  'a browser shows both pages as they are meant, light and dark, on a screen and on paper',
  { timeout: 120_000 },
  async () => {
    for (const engine of ENGINES.filter(({ name }) => name === 'sqlite')) {
      const on = await changing(engine, seedRows(Date.now()), { changes: { monitorHours: 24 } });
      const ticks = `code-search=Ada ${HOSTILE},webhooks=Ada,workflows=Ada,logs-1=Ada`;
      const all = ['--all', '--tick', ticks, '--note', HOSTILE, '--confirm', 'staging appointments 102'] as const;
      await on.run('runbook', 'run', 'booking-ids', ...all);
      await on.run('runbook', 'report', '--html', '--out', 'run.html');
      await on.run('report', '--html', '--out', 'now.html');
      for (const name of ['run.html', 'now.html']) {
        const file = join(on.folder, name);
        const dom = await domOf(chromium, file);
        // What the browser has made of it is what was written: nothing was closed early, nothing runs, nothing is fetched.
        const count = (text: string, tag: string) => text.split(`<${tag}`).length;
        const written = readFileSync(file, 'utf8');
        for (const tag of ['section', 'table', 'tr', 'td', 'figure', 'svg', 'path', 'rect', 'dd', 'p']) {
          expect([tag, count(dom, tag)]).toEqual([tag, count(written, tag)]);
        }
        expect(dom).not.toMatch(/<(?:script|img|link|iframe|object)|<[^>]* (?:on\w+|src|href)=|url\(/);
        expect(dom).toMatch(/<title>(?:Runbook|State) report: /);
        expect(count(dom, 'svg')).toBeGreaterThan(name === 'run.html' ? 2 : 1);

        const [light, dark] = await Promise.all([
          pictureIn(chromium, file, { dark: false, width: 1200 }),
          pictureIn(chromium, file, { dark: true, width: 500 }),
        ]);
        expect(light).toEqual({ width: 1200, height: 900, corner: [255, 255, 255] });
        expect(dark).toEqual({ width: 500, height: 900, corner: [0x14, 0x17, 0x1c] });
        // On a phone the columns stand below each other: nothing is squeezed, and nobody scrolls sideways.
        for (const width of [360, 420, 600]) {
          const { narrowest, highest, ...lie } = await lieOf(chromium, file, width);
          expect([width, lie.width, narrowest > width / 2]).toEqual([width, width, true]);
          expect(highest).toBeLessThan(700);
        }
        if (name === 'now.html') continue;
        expect(await pagesOf(chromium, file)).toBeGreaterThan(1);
        const text = textIn(dom);
        expect(text).toContain('Ada </td><script>document.title="taken"</script><img src=x onerror=alert(1)>|⟪U+202E⟫');
        expect(text).toContain('Rows by class before and after run 1');
      }
    }
  },
);
