import { describe, expect, test } from 'vitest';
import { NO_COUNTS } from '../../src/model/run.ts';
import { BatchTrace } from '../../src/runbooks/batch-trace.ts';
import { htmlLines, htmlText, markdownLines, markdownText } from '../../src/runbooks/report/escape.ts';
import { htmlOf } from '../../src/runbooks/report/html.ts';
import { markdownOf } from '../../src/runbooks/report/markdown.ts';
import { type Report, table } from '../../src/runbooks/report/report.ts';
import { chartSvg, thinned } from '../../src/runbooks/report/svg.ts';

describe('a text of somebody else', () => {
  test('is no markup in HTML, and what nobody would see is shown', () => {
    expect(htmlText('<script>"a" & \'b\'</script>')).toBe(
      '&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;',
    );
    expect(htmlText('one\ntwo\u001b[31m\u202e')).toBe('one␊two␛[31m⟪U+202E⟫');
    expect(htmlLines('<b>\r\nnext\u0000\n\n')).toBe('&lt;b&gt;\nnext␀');
  });

  test('is no markup in Markdown, ends no cell and opens no link', () => {
    expect(markdownText('a|b `c` *d* [e](f) <i> ~~g~~ $h$ \\ _k_')).toBe(
      'a&#124;b \\`c\\` \\*d\\* \\[e\\](f) &lt;i&gt; \\~\\~g\\~\\~ \\$h\\$ \\\\ \\_k\\_',
    );
    expect(markdownText('see https://example.com\n# no heading')).toBe('see https\\://example.com␊# no heading');
  });

  test('stays in its block whatever fences it holds', () => {
    expect(markdownLines('```\n# heading\n`````\u001b[2J\n')).toBe('``````\n```\n# heading\n`````␛[2J\n``````');
  });
});

describe('a line of many points', () => {
  const points = Array.from({ length: 100_000 }, (_, x) => ({ x, y: x === 77_777 ? 1_000 : x % 10 }));

  test('is thinned out, and keeps its ends, its order and its one peak', () => {
    const few = thinned(points, 240);
    expect(few.length).toBeLessThanOrEqual(240);
    expect(few.filter(({ y }) => y === 1_000)).toEqual([{ x: 77_777, y: 1_000 }]);
    expect(few.every(({ x }, index) => index === 0 || x > (few[index - 1]?.x ?? 0))).toBe(true);
    expect(thinned(points.slice(0, 240), 240)).toEqual(points.slice(0, 240));
  });

  test('keeps its gaps', () => {
    const gaps = points.map(({ x, y }) => ({ x, y: x > 40_000 && x < 60_000 ? undefined : y }));
    const few = thinned(gaps, 240);
    expect(few.some(({ x, y }) => y === undefined && x > 40_000 && x < 60_000)).toBe(true);
    const svg = chartSvg({
      kind: 'lines',
      title: 't',
      measure: 'count',
      x: 'seconds',
      series: [{ name: 'n', points: gaps }],
    });
    expect(svg.match(/d="([^"]*)"/)?.[1]?.match(/M/g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test.each([[[0, 0, 0]], [[1, 1, 1]], [[1e-9, 2e-9]], [[1e15, 2e15]], [[5, 5]], [[0.951, 0.952, 0.949]]])(
    'is drawn whatever its values: %s',
    (values) => {
      for (const measure of ['count', 'share', 'seconds', 'per-second'] as const) {
        const line = values.map((y, x) => ({ x: x * 60_000, y }));
        const svg = chartSvg({ kind: 'lines', title: 't', measure, x: 'time', series: [{ name: 'n', points: line }] });
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        expect((svg.match(/<text/g) ?? []).length).toBeLessThan(30);
      }
    },
  );
});

describe('the way of a run', () => {
  const saw = (trace: BatchTrace, batches: number, scanned = 50) => {
    for (let batch = 0; batch <= batches; batch++) {
      const counts = { ...NO_COUNTS, scanned: batch * scanned, changed: batch };
      trace.saw({ workedMs: batch * 20, counts, batchSize: scanned });
      // Said twice: a reason has changed.
      trace.saw({ workedMs: batch * 20 + 5, counts, batchSize: scanned });
    }
  };

  test('of 10,000 batches is kept evenly in 200 points, from its first to its last', () => {
    const trace = new BatchTrace();
    saw(trace, 10_000);
    const { count, points = [] } = trace.kept ?? {};
    expect(count).toBe(10_000);
    expect(points.length).toBeGreaterThan(100);
    expect(points.length).toBeLessThanOrEqual(202);
    expect([points[0], points.at(-1)]).toEqual([
      [0, 0, 0, 50],
      [200_000, 500_000, 10_000, 50],
    ]);
    const steps = points.slice(1, -1).map(([ms], index) => ms - (points[index]?.[0] ?? 0));
    expect(new Set(steps).size).toBe(1);
  });

  test('of one batch is that, and of none nothing', () => {
    const [one, none] = [new BatchTrace(), new BatchTrace()];
    saw(one, 1);
    saw(none, 0);
    expect(one.kept).toEqual({
      count: 1,
      points: [
        [0, 0, 0, 50],
        [20, 50, 1, 50],
      ],
    });
    expect(none.kept).toBeUndefined();
  });
});

test('a value that would be markup breaks neither document', () => {
  const hostile = '</td></table><img src=x onerror=alert(1)>|`**x**`\n# h\u001b[31m\u202e';
  const report: Report = {
    kind: 'Report',
    title: hostile,
    badge: { text: hostile, tone: 'bad' },
    summary: hostile,
    version: '1',
    facts: [{ name: hostile, text: hostile }],
    sections: [
      {
        title: hostile,
        badge: { text: hostile, tone: 'good' },
        blocks: [
          { kind: 'text', text: hostile },
          { kind: 'text', text: `# ${hostile}` },
          { kind: 'text', text: `1. ${hostile}` },
          { kind: 'list', items: [hostile] },
          table([hostile, 'b'], [[hostile, { text: hostile, tone: 'warn' }]]),
          { kind: 'verbatim', title: hostile, text: hostile },
          {
            kind: 'chart',
            chart: {
              kind: 'bars',
              title: hostile,
              note: hostile,
              measure: 'count',
              series: [hostile, hostile],
              bars: [{ name: hostile, values: [1, 2] }],
            },
          },
        ],
      },
    ],
  };
  const html = htmlOf(report);
  expect(html).not.toMatch(/<img|<\/td><\/table><img|\u001b|\u202e/);
  const tags = new Set([...html.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, tag]) => tag));
  expect([...tags].toSorted()).toEqual([
    'body',
    'dd',
    'div',
    'dl',
    'dt',
    'figcaption',
    'figure',
    'footer',
    'h1',
    'h2',
    'head',
    'header',
    'html',
    'i',
    'li',
    'line',
    'main',
    'meta',
    'p',
    'pre',
    'rect',
    'section',
    'span',
    'style',
    'svg',
    'table',
    'tbody',
    'td',
    'text',
    'th',
    'thead',
    'title',
    'tr',
    'ul',
  ]);
  // In the quotes of an attribute it stays a text.
  expect(html.replace(/"[^"]*"/g, '""')).not.toMatch(/<[a-z][^>]* (?:on\w+|src|href)=/);

  const markdown = markdownOf(report);
  expect(markdown).not.toMatch(/\u001b|\u202e/);
  const outside = markdown.replace(/^`{3,}\n[^]*?^`{3,}$/gm, '');
  expect(outside.replace('<!-- apptop report -->', '')).not.toMatch(/<|(?<!\\)`/);
  // Each row of a table has as many cells as its head.
  const rows = outside.split('\n').filter((line) => line.startsWith('|'));
  expect(rows.every((line) => [3, 4].includes(line.split('|').length - 1))).toBe(true);
  expect(outside.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(2);
});
